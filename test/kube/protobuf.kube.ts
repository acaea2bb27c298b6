import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { getRequestListener } from "@hono/node-server";
import {
  builtinTypes,
  createKubeApi,
  createMemoryObjectStore,
  type KubeApi,
  reviewTypes,
  type ServedType,
} from "../../src/kubeapi/index.ts";
import { isList, isMap, type Json, parseJson } from "../../src/resource/index.ts";
import { controlPlaneBinaries } from "./binaries.ts";
import { createKubectl, type Kubectl } from "./kubectl.ts";

const apiOf = (types: readonly ServedType[]): KubeApi =>
  createKubeApi({
    types,
    store: createMemoryObjectStore(),
    authenticate: async () => ({ user: "kubectl", groups: [], may: async () => true }),
  });

/** k8s.io/api holds every kind with every field filled, as protobuf and as JSON, for several releases. */
describe("every field of every built-in kind is read as its JSON", () => {
  const module = fileURLToPath(new URL("kubernetes", import.meta.url));
  const list = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "k8s.io/api"];
  const folder = join(execFileSync("go", list, { cwd: module, encoding: "utf8" }).trim(), "testdata");
  // Kinds of other modules: clients send those as JSON.
  const kinds = builtinTypes.filter((type) => !/^api(?:extensions|registration)\./.test(type.group));
  // Values such as nameValue are no valid objects: the answer is what was read, before any rule.
  const api = apiOf(
    kinds.map((type) => ({ ...type, namespaced: true, hooks: { answerCreate: async (object) => object } })),
  );

  const read = async (type: ServedType, body: Uint8Array, mediaType: string): Promise<Json> => {
    const { group, plural, versions } = type;
    const prefix = group === "" ? "/api" : `/apis/${group}`;
    const request = new Request(`http://api.test${prefix}/${versions[0].name}/namespaces/namespaceValue/${plural}`, {
      method: "POST",
      headers: { "content-type": mediaType },
      body: new Uint8Array(body),
    });
    const response = await api.handle(request);
    const text = await response.text();
    assert.equal(response.status, 201, text);
    return withoutNulls(parseJson(text));
  };

  for (const release of readdirSync(folder).filter((name) => name !== "README.md"))
    it(`of ${release}`, async () => {
      let compared = 0;
      for (const type of kinds) {
        const group = type.group === "" ? "core" : type.group;
        const file = join(folder, release, `${group}.${type.versions[0].name}.${type.kind}`);
        if (!existsSync(`${file}.pb`)) continue;
        const got = await read(type, readFileSync(`${file}.pb`), "application/vnd.kubernetes.protobuf");
        assert.deepEqual(got, await read(type, readFileSync(`${file}.json`), "application/json"));
        compared++;
      }
      assert.ok(compared > 30, `only ${compared} kinds in ${folder}/${release}`);
    });
});

function withoutNulls(value: Json): Json {
  if (isList(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member ?? null)]));
}

/** These commands send protobuf and do not try again with JSON. */
const commands: readonly { readonly command: string; readonly says: string }[] = [
  { command: "create namespace blue", says: "namespace/blue created" },
  { command: "create secret generic creds -n blue --from-file=value.yaml", says: "secret/creds created" },
  { command: "create configmap settings -n blue --from-literal=a=1", says: "configmap/settings created" },
  { command: "create serviceaccount deployer -n blue", says: "serviceaccount/deployer created" },
  {
    command: "create role reader -n blue --verb=get --resource=configmaps",
    says: "role.rbac.authorization.k8s.io/reader created",
  },
  {
    command: "create rolebinding readers -n blue --role=reader --serviceaccount=blue:deployer",
    says: "rolebinding.rbac.authorization.k8s.io/readers created",
  },
  {
    command: "create clusterrole viewer --verb=get --resource=pods",
    says: "clusterrole.rbac.authorization.k8s.io/viewer created",
  },
  {
    command: "create clusterrolebinding viewers --clusterrole=viewer --group=staff",
    says: "clusterrolebinding.rbac.authorization.k8s.io/viewers created",
  },
  { command: "create deployment web -n blue --image=nginx:1 --replicas=0", says: "deployment.apps/web created" },
  { command: "create job once -n blue --image=busybox:1 -- true", says: "job.batch/once created" },
  { command: "create service clusterip web -n blue --tcp=80:8080", says: "service/web created" },
  { command: "create quota cap -n blue --hard=cpu=1500m", says: "resourcequota/cap created" },
  { command: "auth can-i create configmaps -n blue", says: "yes" },
  { command: "auth whoami -o jsonpath={.status.userInfo.username}", says: "kubectl" },
  { command: "get deployment web -n blue -o jsonpath={.spec.replicas}", says: "0" },
];

describe("kubectl's commands that send protobuf", () => {
  let server: Server;
  let kubectl: Kubectl;
  const dir = mkdtempSync(join(tmpdir(), "lateen-protobuf-"));
  const sent = new Set<string>();
  before(async () => {
    const api = apiOf([...builtinTypes, ...reviewTypes({ rulesOf: async () => [] })]);
    const listener = getRequestListener(async (request) => {
      if (request.method === "POST") sent.add(request.headers.get("content-type") ?? "");
      return api.handle(request);
    });
    server = createServer((request, response) => void listener(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "api",
      contexts: [{ name: "api", context: { cluster: "api", user: "api" } }],
      clusters: [{ name: "api", cluster: { server: `http://127.0.0.1:${address.port}` } }],
      users: [{ name: "api", user: {} }],
    });
    kubectl = createKubectl(join(await controlPlaneBinaries(), "kubectl"), dir, kubeconfig);
    writeFileSync(join(dir, "value.yaml"), "apiVersion: v1\nkind: Config\n");
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(dir, { recursive: true });
  });

  for (const { command, says } of commands)
    it(`kubectl ${command}`, async () => {
      const output = await kubectl(command.replace("=value.yaml", `=${join(dir, "value.yaml")}`).split(" "));
      assert.equal(output.trim(), says);
    });

  it("all of them sent it", () => {
    assert.deepEqual([...sent], ["application/vnd.kubernetes.protobuf"]);
  });
});
