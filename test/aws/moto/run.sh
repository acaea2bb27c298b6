#!/usr/bin/env bash
# What needs Python: cfn-lint over the packaged template, the stack in moto, and the stores' contract suites against moto's services.
# Tools are installed from PyPI into a folder of their own, once per set of versions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
export PATH="$PWD/node_modules/.bin:$PATH"
versions=(cfn-lint==1.58.0 'moto[all,server]==5.2.5')

tools="${XDG_CACHE_HOME:-$HOME/.cache}/lateen/aws-$(printf '%s ' "${versions[@]}" | sha256sum | cut -c1-12)"
if [ ! -e "$tools/installed" ]; then
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "${versions[@]}"
  touch "$tools/installed"
fi

template=.serverless/cloudformation-template-update-stack.json
# W3005: osls writes DependsOn beside what needs it anyway.
"$tools/bin/cfn-lint" --ignore-checks W3005 -- "$template"
echo "cfn-lint: no findings"
AWS_ACCESS_KEY_ID=example AWS_SECRET_ACCESS_KEY=example "$tools/bin/python" test/aws/moto/stack.py "$template"

port=$(node -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
"$tools/bin/python" test/aws/moto/server.py "$port" >/dev/null 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in $(seq 1 100); do
  node -e "fetch('http://127.0.0.1:$port/moto-api/').then(()=>process.exit(0),()=>process.exit(1))" && break
  sleep 0.2
done
LATEEN_TEST_AWS_ENDPOINT="http://127.0.0.1:$port" node --test --test-timeout=120000 --test-reporter=spec test/adapters/aws/dynamo-store.test.ts test/adapters/aws/sqs-wake-ups.test.ts
