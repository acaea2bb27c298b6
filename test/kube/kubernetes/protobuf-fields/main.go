// Prints src/kubeapi/protobuf-fields.ts: which field of which message has which number, for the built-in kinds that lateen serves.
//
//	cd test/kube/kubernetes && go run ./protobuf-fields > ../../../src/kubeapi/protobuf-fields.ts
//
// The Go types of k8s.io/api tell both the protobuf numbers and the JSON form; the .proto files know nothing of inlined structs and omitted zeros.
package main

import (
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"sort"
	"strings"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The kinds whose bodies are read, by API version. DeleteOptions are sent under any API version.
var roots = map[string][]any{
	"v1": {
		core.ConfigMap{}, core.Secret{}, core.ServiceAccount{}, core.Namespace{}, core.Event{}, core.Service{}, core.Pod{},
		core.PersistentVolume{}, core.PersistentVolumeClaim{}, core.Endpoints{}, core.Node{}, core.LimitRange{},
		core.ResourceQuota{}, core.ReplicationController{}, core.PodTemplate{},
	},
	"apps/v1":                         {apps.Deployment{}, apps.StatefulSet{}, apps.ReplicaSet{}, apps.DaemonSet{}, apps.ControllerRevision{}},
	"batch/v1":                        {batch.Job{}, batch.CronJob{}},
	"rbac.authorization.k8s.io/v1":    {rbac.Role{}, rbac.RoleBinding{}, rbac.ClusterRole{}, rbac.ClusterRoleBinding{}},
	"networking.k8s.io/v1":            {networking.Ingress{}, networking.IngressClass{}, networking.NetworkPolicy{}},
	"policy/v1":                       {policy.PodDisruptionBudget{}},
	"storage.k8s.io/v1":               {storage.StorageClass{}},
	"scheduling.k8s.io/v1":            {scheduling.PriorityClass{}},
	"autoscaling/v1":                  {autoscalingv1.Scale{}},
	"autoscaling/v2":                  {autoscaling.HorizontalPodAutoscaler{}},
	"admissionregistration.k8s.io/v1": {admissionregistration.MutatingWebhookConfiguration{}, admissionregistration.ValidatingWebhookConfiguration{}},
	"coordination.k8s.io/v1":          {coordination.Lease{}},
	"discovery.k8s.io/v1":             {discovery.EndpointSlice{}},
	"authorization.k8s.io/v1":         {authorization.SelfSubjectAccessReview{}, authorization.SelfSubjectRulesReview{}},
	"authentication.k8s.io/v1":        {authentication.SelfSubjectReview{}, authentication.TokenRequest{}},
}

// Types with a form of their own on one of the two sides.
var special = map[reflect.Type]string{
	reflect.TypeFor[meta.Time]():            "time",
	reflect.TypeFor[meta.MicroTime]():       "micro-time",
	reflect.TypeFor[resource.Quantity]():    "quantity",
	reflect.TypeFor[intstr.IntOrString]():   "int-or-string",
	reflect.TypeFor[meta.FieldsV1]():        "json",
	reflect.TypeFor[runtime.RawExtension](): "json",
}

// Message by name: its fields in notation.
var messages = map[string]string{}
var types = map[string]reflect.Type{}

func main() {
	var kinds []string
	for version, types := range roots {
		for _, one := range types {
			kind := reflect.TypeOf(one)
			kinds = append(kinds, version+"/"+kind.Name()+" "+messageOf(kind))
		}
	}
	messageOf(reflect.TypeFor[meta.DeleteOptions]())
	messageOf(reflect.TypeFor[runtime.TypeMeta]())
	sort.Strings(kinds)
	var names []string
	for name := range messages {
		names = append(names, name)
	}
	sort.Strings(names)

	fmt.Printf("// Made by test/kube/kubernetes/protobuf-fields from the Go types of k8s.io/api %s: run it again instead of editing this file.\n\n", version())
	fmt.Printf("/** The message of each kind: `apiVersion/kind message`. */\nexport const protobufKinds: string = `\n%s\n`;\n\n", strings.Join(kinds, "\n"))
	fmt.Printf("/** The fields of each message, in the notation of protobuf-messages.ts. */\nexport const protobufFields: string = `\n")
	for _, name := range names {
		fmt.Printf("%s\n", strings.TrimSpace(name+" "+messages[name]))
	}
	fmt.Printf("`;\n")
}

// messageOf notes the fields of a struct and those of all structs below it, and returns the message's name.
func messageOf(message reflect.Type) string {
	path := strings.Split(strings.TrimSuffix(strings.TrimSuffix(message.PkgPath(), "/v1"), "/v2"), "/")
	name := path[len(path)-1] + "." + message.Name()
	if known, ok := types[name]; ok {
		if known != message {
			fail("two messages are named %s", name)
		}
		return name
	}
	types[name] = message
	var fields []string
	for i := range message.NumField() {
		if field := fieldOf(name, message.Field(i)); field != "" {
			fields = append(fields, field)
		}
	}
	messages[name] = strings.Join(fields, " ")
	return name
}

func fieldOf(message string, field reflect.StructField) string {
	tag := strings.Split(field.Tag.Get("protobuf"), ",")
	if len(tag) < 2 {
		// `kind` and `apiVersion` travel in the envelope.
		if field.Type == reflect.TypeFor[meta.TypeMeta]() {
			return ""
		}
		fail("%s.%s has no number", message, field.Name)
	}
	options := strings.Split(field.Tag.Get("json"), ",")
	name := options[0]
	has := func(option string) bool {
		for _, one := range options[1:] {
			if one == option {
				return true
			}
		}
		return false
	}
	switch {
	case has("inline"):
		name = ""
	case name == "" || name == "-":
		fail("%s.%s has no name in JSON", message, field.Name)
	}
	goType := field.Type
	label := ""
	for {
		switch {
		case goType.Kind() == reflect.Pointer:
			goType = goType.Elem()
			if label == "" {
				label = "!"
			}
			continue
		case special[goType] == "" && goType.Kind() == reflect.Slice && goType.Elem().Kind() != reflect.Uint8 && goType.Name() == "":
			goType, label = goType.Elem(), "[]"
			continue
		case goType.Kind() == reflect.Map:
			if goType.Key().Kind() != reflect.String {
				fail("%s.%s: a map with strange keys", message, field.Name)
			}
			goType, label = goType.Elem(), "{}"
			continue
		}
		break
	}
	if label == "" && !has("omitempty") {
		label = "!"
	}
	kind := typeOf(message, field.Name, goType)
	if kind == "string" {
		return tag[1] + "=" + name + label
	}
	return tag[1] + "=" + name + label + ":" + kind
}

func typeOf(message, field string, goType reflect.Type) string {
	if name := special[goType]; name != "" {
		return name
	}
	switch goType.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int32:
		return "int32"
	case reflect.Int64:
		return "int64"
	case reflect.Struct:
		return messageOf(goType)
	case reflect.Slice:
		if goType.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		// A list that is a type of its own travels as a message with its items.
		if goType.Elem().Kind() == reflect.String {
			return "texts"
		}
	}
	fail("%s.%s: no notation for %s", message, field, goType)
	return ""
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "k8s.io/api" {
			if module.Replace != nil {
				return module.Replace.Version
			}
			return module.Version
		}
	}
	return "of an unknown version"
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
