import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isClusterError, type KubeconfigPolicy, parseKubeconfig } from "../../src/cluster/index.ts";
import { pem } from "./fault-server.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const ca = base64(pem("authority"));
const cert = base64(pem("client"));
const key = base64(pem("client-key"));

interface Parts {
  readonly cluster?: string;
  readonly user?: string;
  readonly context?: string;
  readonly rest?: string;
}

/** A complete kubeconfig with the given flow maps in its places. */
function kubeconfig(parts: Parts = {}): string {
  return `apiVersion: v1
kind: Config
preferences: {}
clusters:
- name: other
  cluster: {server: "https://other.example.com", certificate-authority: /etc/other.pem}
- name: run-1
  cluster: {${parts.cluster ?? "server: https://run-1.example.com:6443"}}
users:
- name: other
  user: {exec: {command: evil}, tokenFile: /etc/passwd}
- name: deployer
  user: {${parts.user ?? "token: s3cret-token"}}
contexts:
- name: prod
  context: {${parts.context ?? "cluster: run-1, user: deployer, namespace: team-a"}}
${parts.rest ?? "current-context: prod"}
`;
}

describe("a kubeconfig that can be used", () => {
  const cases: { name: string; parts: Parts; policy?: Partial<KubeconfigPolicy>; want: object }[] = [
    {
      name: "B87 token, no authority: the system's roots are used",
      parts: {},
      want: {
        server: "https://run-1.example.com:6443",
        skipTlsVerify: false,
        namespace: "team-a",
        token: "s3cret-token",
      },
    },
    {
      name: "authority, server name, a path below the host and blanks around the token",
      parts: {
        cluster: `server: "https://rancher.example.com/k8s/c-1/", certificate-authority-data: ${ca}, tls-server-name: api.internal`,
        user: 'token: "s3cret-token\\n"',
        context: "cluster: run-1, user: deployer",
      },
      want: {
        server: "https://rancher.example.com/k8s/c-1",
        skipTlsVerify: false,
        ca: pem("authority"),
        tlsServerName: "api.internal",
        token: "s3cret-token",
      },
    },
    {
      name: "client certificate pair",
      parts: { user: `client-certificate-data: ${cert}, client-key-data: ${key}` },
      want: {
        server: "https://run-1.example.com:6443",
        skipTlsVerify: false,
        namespace: "team-a",
        clientCertificate: { certificate: pem("client"), key: pem("client-key") },
      },
    },
    {
      name: "user name and password",
      parts: { user: "username: admin, password: s3cret-token" },
      want: {
        server: "https://run-1.example.com:6443",
        skipTlsVerify: false,
        namespace: "team-a",
        basic: { username: "admin", password: "s3cret-token" },
      },
    },
    {
      name: "plain http on this machine",
      parts: { cluster: 'server: "http://127.0.0.1:8001"' },
      want: { server: "http://127.0.0.1:8001", skipTlsVerify: false, namespace: "team-a", token: "s3cret-token" },
    },
    {
      name: "everything that an operator may allow",
      parts: {
        cluster: 'server: "http://run-1:8080", insecure-skip-tls-verify: true, proxy-url: "http://proxy:3128"',
        user: "token: s3cret-token, as: jane, as-uid: u1, as-groups: [a, b], as-user-extra: {scopes: [x, z]}",
      },
      policy: { allowHttp: true, allowInsecureTls: true, allowProxy: true, allowImpersonation: true },
      want: {
        server: "http://run-1:8080",
        skipTlsVerify: true,
        proxyUrl: "http://proxy:3128",
        namespace: "team-a",
        token: "s3cret-token",
        impersonate: {
          user: "jane",
          uid: "u1",
          groups: ["a", "b"],
          extra: [
            ["scopes", "x"],
            ["scopes", "z"],
          ],
        },
      },
    },
  ];
  for (const { name, parts, policy, want } of cases) {
    it(name, () => assert.deepEqual(parseKubeconfig(kubeconfig(parts), { now, ...policy }), want));
  }

  it("may be JSON", () => {
    const text = JSON.stringify({
      "current-context": "a",
      clusters: [{ name: "a", cluster: { server: "https://a" } }],
      users: [{ name: "a", user: { token: "t" } }],
      contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    });
    assert.equal(parseKubeconfig(text, { now }).server, "https://a");
  });
});

describe("a kubeconfig that is refused names the field and what to do", () => {
  const user = "users[deployer].user";
  const cluster = "clusters[run-1].cluster";
  const cases: {
    name: string;
    text: string;
    policy?: Partial<KubeconfigPolicy>;
    code: string;
    field?: string;
    message: RegExp;
  }[] = [
    { name: "B85 nothing", text: "", code: "KUBECONFIG_SYNTAX", message: /is empty/ },
    { name: "B85 not YAML", text: "a: [\nb", code: "KUBECONFIG_SYNTAX", message: /not YAML: fault on line \d/ },
    { name: "B85 a bare text", text: "s3cret-token", code: "KUBECONFIG_SYNTAX", message: /is not a map/ },
    { name: "B85 another kind", text: "kind: Secret", code: "KUBECONFIG_SYNTAX", message: /another kind than Config/ },
    { name: "B85 two documents", text: "a: 1\n---\nb: 1\n", code: "KUBECONFIG_SYNTAX", message: /2 documents/ },
    {
      name: "B85 L18 too long",
      text: "x".repeat(65_537),
      code: "KUBECONFIG_SYNTAX",
      message: /longer than 65536 bytes/,
    },
    {
      name: "B85 no current context",
      text: kubeconfig({ rest: "" }),
      code: "KUBECONFIG_MISSING",
      field: "current-context",
      message: /current-context is not set; contexts present: "prod"/,
    },
    {
      name: "B85 a current context that is not there",
      text: kubeconfig({ rest: "current-context: staging" }),
      code: "KUBECONFIG_MISSING",
      field: "current-context",
      message: /names "staging", which is not in contexts; present: "prod"/,
    },
    {
      name: "B85 a dangling cluster",
      text: kubeconfig({ context: "cluster: run-9, user: deployer" }),
      code: "KUBECONFIG_MISSING",
      field: "contexts[prod].context.cluster",
      message: /names "run-9", which is not in clusters; present: "other", "run-1"/,
    },
    {
      name: "B85 a dangling user",
      text: kubeconfig({ context: "cluster: run-1, user: nobody" }),
      code: "KUBECONFIG_MISSING",
      field: "contexts[prod].context.user",
      message: /names "nobody"/,
    },
    {
      name: "B85 a context without a user",
      text: kubeconfig({ context: "cluster: run-1" }),
      code: "KUBECONFIG_MISSING",
      field: "contexts[prod].context.user",
      message: /user is not set; users present/,
    },
    {
      name: "B85 no server",
      text: kubeconfig({ cluster: "" }),
      code: "KUBECONFIG_MISSING",
      field: `${cluster}.server`,
      message: /cluster "run-1" has no server/,
    },
    {
      name: "B84 T12 exec",
      text: kubeconfig({ user: "exec: {command: /bin/sh, args: [-c, id]}" }),
      code: "KUBECONFIG_REFUSED",
      field: `${user}.exec`,
      message: /user "deployer" has exec, and lateen runs no program.*use a ServiceAccount token/,
    },
    {
      name: "B84 T12 exec of an EKS token",
      text: kubeconfig({ user: "exec: {command: aws, args: [eks, get-token, --cluster-name, run-1]}" }),
      code: "KUBECONFIG_REFUSED",
      field: `${user}.exec`,
      message: /EKS token \(get-token\).*ServiceAccount token/,
    },
    ...[
      { field: `${user}.auth-provider`, parts: { user: "auth-provider: {name: gcp}" } },
      { field: `${user}.tokenFile`, parts: { user: "tokenFile: /var/run/token" } },
      { field: `${user}.client-certificate`, parts: { user: "client-certificate: /a.pem" } },
      { field: `${user}.client-key`, parts: { user: "client-key: /a.key" } },
      {
        field: `${cluster}.certificate-authority`,
        parts: { cluster: "server: https://a, certificate-authority: /ca.pem" },
      },
    ].map(({ field, parts }) => ({
      name: `B84 T12 the file or program of ${field}`,
      text: kubeconfig(parts),
      code: "KUBECONFIG_REFUSED",
      field,
      message: /opens no file and runs no program named by a kubeconfig/,
    })),
    {
      name: "B86 plain http to another machine",
      text: kubeconfig({ cluster: 'server: "http://10.0.0.1:8080"' }),
      code: "CLUSTER_SERVER_REFUSED",
      field: `${cluster}.server`,
      message: /http:\/\/10\.0\.0\.1:8080\) is not encrypted/,
    },
    {
      name: "B86 http to a host that only looks like this machine",
      text: kubeconfig({ cluster: 'server: "http://127.0.0.1.example.com"' }),
      code: "CLUSTER_SERVER_REFUSED",
      message: /not encrypted/,
    },
    {
      name: "B86 user info in the address",
      text: kubeconfig({ cluster: 'server: "https://admin:s3cret-token@run-1"' }),
      code: "CLUSTER_SERVER_REFUSED",
      message: /https:\/\/run-1\) has user info/,
    },
    {
      name: "B86 another scheme",
      text: kubeconfig({ cluster: 'server: "file:///etc/passwd"' }),
      code: "CLUSTER_SERVER_REFUSED",
      message: /is not an https:\/\/ address/,
    },
    {
      name: "B86 a server that the operator does not allow",
      text: kubeconfig(),
      policy: { allowServer: (server) => `${server.hostname} is no run cluster` },
      code: "CLUSTER_SERVER_REFUSED",
      message: /not allowed: run-1\.example\.com is no run cluster/,
    },
    {
      name: "B87 T8 no check of the certificate",
      text: kubeconfig({ cluster: "server: https://a, insecure-skip-tls-verify: true" }),
      code: "KUBECONFIG_REFUSED",
      field: `${cluster}.insecure-skip-tls-verify`,
      message: /the operator has not allowed/,
    },
    {
      name: "B87 T8 no check of the certificate, and an authority",
      text: kubeconfig({
        cluster: `server: https://a, insecure-skip-tls-verify: true, certificate-authority-data: ${ca}`,
      }),
      policy: { allowInsecureTls: true },
      code: "KUBECONFIG_REFUSED",
      message: /has both insecure-skip-tls-verify and certificate-authority-data/,
    },
    {
      name: "B89 a proxy",
      text: kubeconfig({ cluster: "server: https://a, proxy-url: http://proxy" }),
      code: "KUBECONFIG_REFUSED",
      field: `${cluster}.proxy-url`,
      message: /asks for a proxy/,
    },
    ...["as: jane", "as-groups: [a]", "as-uid: u", "as-user-extra: {a: [b]}"].map((field) => ({
      name: `B89 impersonation: ${field}`,
      text: kubeconfig({ user: `token: t, ${field}` }),
      code: "KUBECONFIG_REFUSED",
      field: `${user}.${field.split(":")[0]}`,
      message: /acting as another user/,
    })),
    {
      name: "B88 an authority that is not base64",
      text: kubeconfig({ cluster: 'server: https://a, certificate-authority-data: "%%%"' }),
      code: "KUBECONFIG_INVALID",
      field: `${cluster}.certificate-authority-data`,
      message: /is not base64/,
    },
    {
      name: "B88 an authority that is not PEM",
      text: kubeconfig({ cluster: `server: https://a, certificate-authority-data: ${base64("s3cret-token")}` }),
      code: "KUBECONFIG_INVALID",
      message: /holds no PEM certificate/,
    },
    {
      name: "B88 an authority with a damaged certificate",
      text: kubeconfig({
        cluster: `server: https://a, certificate-authority-data: ${base64("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}`,
      }),
      code: "KUBECONFIG_INVALID",
      message: /cannot be read/,
    },
    {
      name: "B88 a client certificate without its key",
      text: kubeconfig({ user: `client-certificate-data: ${cert}` }),
      code: "KUBECONFIG_INVALID",
      field: `${user}.client-key-data`,
      message: /is absent although/,
    },
    {
      name: "B88 a key that belongs to another certificate",
      text: kubeconfig({ user: `client-certificate-data: ${cert}, client-key-data: ${base64(pem("server-key"))}` }),
      code: "KUBECONFIG_INVALID",
      field: `${user}.client-key-data`,
      message: /does not belong to/,
    },
    {
      name: "B88 a key that is none",
      text: kubeconfig({ user: `client-certificate-data: ${cert}, client-key-data: ${cert}` }),
      code: "KUBECONFIG_INVALID",
      message: /is not an unencrypted PEM private key/,
    },
    {
      name: "B88 an expired client certificate",
      text: kubeconfig({ user: `client-certificate-data: ${cert}, client-key-data: ${key}` }),
      policy: { now: Date.parse("2300-01-01") },
      code: "KUBECONFIG_INVALID",
      field: `${user}.client-certificate-data`,
      message: /expired on .* 21\d\d GMT/,
    },
    {
      name: "a token with a line break inside",
      text: kubeconfig({ user: 'token: "s3cret\\ntoken"' }),
      code: "KUBECONFIG_INVALID",
      field: `${user}.token`,
      message: /blanks or characters/,
    },
    {
      name: "a token that YAML reads as a number",
      text: kubeconfig({ user: "token: 123456" }),
      code: "KUBECONFIG_SYNTAX",
      field: `${user}.token`,
      message: /no text; put quotes around it/,
    },
    {
      name: "two ways to log in",
      text: kubeconfig({ user: "token: t, username: a, password: b" }),
      code: "KUBECONFIG_INVALID",
      message: /both token and username/,
    },
  ];
  for (const { name, text, policy, code, field, message } of cases) {
    it(name, () => {
      assert.throws(
        () => parseKubeconfig(text, { now, ...policy }),
        (error: unknown) => {
          assert.ok(isClusterError(error), String(error));
          assert.equal(error.code, code);
          assert.match(error.message, message);
          if (field !== undefined) assert.equal(error.field, field);
          assert.doesNotMatch(`${error.message}${String(error.cause)}`, /s3cret/);
          return true;
        },
      );
    });
  }
});

it("any text gives access or a ClusterError", () => {
  const odd = fc.oneof(
    fc.string(),
    fc.constantFrom("__proto__", "null", "[]", "{}", "&a [*a]", "~", "1", "true", "!!binary x"),
  );
  const pieces = fc.record({ cluster: odd, user: odd, context: odd, rest: odd }, { requiredKeys: [] });
  fc.assert(
    fc.property(pieces, (parts) => {
      const given: Parts = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
      try {
        parseKubeconfig(kubeconfig(given), { now });
      } catch (error) {
        assert.ok(isClusterError(error), String(error));
      }
    }),
  );
});
