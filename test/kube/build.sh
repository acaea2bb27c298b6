#!/bin/sh
# Builds the control plane that the tests in this folder run against: kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, kwok and etcd.
# Needs Go and its module proxy only. The binaries go outside the checkout and are built once per set of versions; the last line of stdout
# is the folder that holds them. LATEEN_KUBE_CACHE names another cache folder.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cache=${LATEEN_KUBE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lateen/kube}
key=$(cd "$here" && cat etcd/go.mod etcd/go.sum etcd/main.go kubernetes/go.mod kubernetes/go.sum kwok/go.mod kwok/go.sum | sha256sum | cut -c1-16)
bin=$cache/$key
mkdir -p "$bin"

# version MODULE: the version that go.mod asks for, without Go, so that a machine with the binaries needs nothing else.
version() { sed -n "s|^.*$1 \(v[0-9][0-9.]*\).*\$|\1|p" "$here"/*/go.mod | head -n 1; }
kubernetes=$(version k8s.io/kubernetes)
kwok=$(version sigs.k8s.io/kwok)
minor=${kubernetes#v1.}
minor=${minor%%.*}
package=k8s.io/component-base/version
stamp="-X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=$minor -X $package.gitTreeState=clean"

# build MODULE PACKAGE NAME [LDFLAGS]: a finished binary appears under its name at once, so an interrupted build is never taken for one.
build() {
  if [ -x "$bin/$3" ]; then return; fi
  echo "building $3 …" >&2
  (
    cd "$here/$1"
    GOFLAGS=-mod=readonly CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w ${4:-}" -o "$bin/.$3.$$" "$2"
  )
  mv "$bin/.$3.$$" "$bin/$3"
}

build etcd . etcd
build kubernetes k8s.io/kubernetes/cmd/kube-apiserver kube-apiserver "$stamp"
build kubernetes k8s.io/kubernetes/cmd/kube-controller-manager kube-controller-manager "$stamp"
build kubernetes k8s.io/kubernetes/cmd/kube-scheduler kube-scheduler "$stamp"
build kubernetes k8s.io/kubernetes/cmd/kubectl kubectl "$stamp"
build kwok sigs.k8s.io/kwok/cmd/kwok kwok "-X sigs.k8s.io/kwok/pkg/consts.Version=$kwok"
echo "$bin"
