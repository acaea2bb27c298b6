import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigSources, type LocalConfig, parseConfig, settings } from "../../src/functions/index.ts";

const longSecret = "0123456789abcdef0123456789abcdef";

function config(sources: ConfigSources = {}): LocalConfig {
  const parsed = parseConfig(sources);
  assert.ok("config" in parsed, `faults: ${JSON.stringify(parsed)}`);
  return parsed.config;
}

function faults(sources: ConfigSources): readonly string[] {
  const parsed = parseConfig(sources);
  assert.ok("faults" in parsed, "expected faults");
  return parsed.faults;
}

test("without any setting lateen serves on the loopback address with TLS and local secrets", () => {
  const { host, port, tls, secrets, syncPeriodMs, dataDir, allowedAddresses } = config();
  assert.deepEqual(
    { host, port, tls, secrets, syncPeriodMs, dataDir, allowedAddresses },
    {
      host: "127.0.0.1",
      port: 8080,
      tls: { mode: "self-signed" },
      secrets: { backend: "files" },
      syncPeriodMs: 30_000,
      dataDir: ".lateen",
      allowedAddresses: ["loopback", "private"],
    },
  );
});

test("a flag wins over the environment, the environment over lateen.yml, that over the default", () => {
  const file = { port: 1 };
  const environment = { LATEEN_PORT: "2" };
  assert.equal(config({ file }).port, 1);
  assert.equal(config({ file, environment }).port, 2);
  assert.equal(config({ file, environment, flags: { port: "3" } }).port, 3);
});

test("an empty environment variable counts as unset", () => {
  assert.equal(config({ environment: { LATEEN_PORT: "" }, file: { port: 7 } }).port, 7);
});

const spellings: { name: string; sources: ConfigSources; want: Partial<LocalConfig> }[] = [
  { name: "durations add up", sources: { flags: { syncPeriod: "1h30m" } }, want: { syncPeriodMs: 5_400_000 } },
  { name: "fractions of a unit", sources: { flags: { syncPeriod: "0.5s" } }, want: { syncPeriodMs: 500 } },
  {
    name: "lists in the environment are separated by white space",
    sources: { environment: { LATEEN_ALLOWED_ADDRESSES: " loopback  10.0.0.0/8\nfd00::/8 " } },
    want: { allowedAddresses: ["loopback", "10.0.0.0/8", "fd00::/8"] },
  },
  { name: "adaptive calls unless somebody says no", sources: {}, want: { adaptiveCalls: true } },
  {
    name: "no adaptive calls by the environment",
    sources: { environment: { LATEEN_ADAPTIVE_CALLS: "false" } },
    want: { adaptiveCalls: false },
  },
  {
    name: "no TLS by the environment",
    sources: { environment: { LATEEN_TLS: "false" } },
    want: { tls: { mode: "off" } },
  },
  {
    name: "a certificate of one's own",
    sources: { file: { tlsCert: "a.pem", tlsKey: "b.pem" } },
    want: { tls: { mode: "files", certFile: "a.pem", keyFile: "b.pem" } },
  },
  {
    name: "AWS Secrets Manager with its default prefix",
    sources: { flags: { secrets: "aws-secrets-manager", awsRegion: "eu-central-1" } },
    want: { secrets: { backend: "aws-secrets-manager", prefix: "lateen", region: "eu-central-1" } },
  },
  {
    name: "a public URL loses the slash at its end",
    sources: { flags: { publicUrl: "https://lateen.example.com/" } },
    want: { publicUrl: "https://lateen.example.com" },
  },
];
for (const { name, sources, want } of spellings) {
  test(`settings: ${name}`, () => {
    const got = config(sources);
    // Object.keys of a literal of this type gives its keys.
    for (const key of Object.keys(want) as (keyof LocalConfig)[]) assert.deepEqual(got[key], want[key]);
  });
}

test("all faults are told at once, each with the place it came from", () => {
  const got = faults({
    flags: { port: "99999", syncPeriod: "soon" },
    environment: { LATEEN_SECRETS: "vault", LATEEN_TLS_KEY: "key.pem" },
    file: { colour: "blue", host: 3, forbiddenRawOptions: ["yes please"] },
  });
  const places = [
    "lateen.yml colour",
    "lateen.yml host",
    "lateen.yml forbiddenRawOptions",
    "--port",
    "LATEEN_SECRETS",
    "--sync-period",
  ];
  for (const place of places) {
    assert.ok(
      got.some((fault) => fault.startsWith(`${place}:`)),
      `no fault for ${place} in ${JSON.stringify(got)}`,
    );
  }
});

for (const period of ["0s", "1ns", "-5m", "10000h", "99999999999h", "abc", ""]) {
  test(`B91: a sync period of ${JSON.stringify(period)} is refused before a timer is set by it`, () => {
    assert.deepEqual(
      faults({ flags: { syncPeriod: period } }).map((fault) => fault.split(":")[0]),
      ["--sync-period"],
    );
  });
}

test("a certificate without its key, or beside the wish for plain HTTP, is a fault", () => {
  assert.deepEqual(faults({ flags: { tlsCert: "a" } }), ["--tls-cert: needs tlsKey beside it"]);
  assert.deepEqual(faults({ flags: { tlsCert: "a", tlsKey: "b", tls: false } }), [
    "--tls-cert: contradicts the wish for plain HTTP",
  ]);
});

test("T1: an empty or short webhook secret is refused, and no value stands in a fault", () => {
  const got = faults({
    environment: { LATEEN_WEBHOOK_SECRETS: `hunter2 ${longSecret}` },
    flags: { logLevel: "hunter2", port: "hunter2" },
  });
  assert.equal(got.length, 3);
  assert.ok(!got.join().includes("hunter2"));
  assert.deepEqual(config({ environment: { LATEEN_WEBHOOK_SECRETS: longSecret } }).webhookSecrets, [longSecret]);
});

test("webhook secrets may not stand in lateen.yml nor on the command line", () => {
  assert.match(faults({ file: { webhookSecrets: [longSecret] } }).join(), /only come from the environment/);
  assert.deepEqual(config({ flags: { webhookSecrets: [longSecret] } }).webhookSecrets, []);
});

test("lateen.yml must be a map, and hostile keys are unknown settings like any other", () => {
  assert.deepEqual(faults({ file: ["port"] }), ["lateen.yml: must be a map of settings"]);
  assert.match(
    faults({ file: JSON.parse('{"__proto__": {"port": 1}}') as unknown }).join(),
    /lateen.yml __proto__: unknown setting/,
  );
});

test("each setting has its own flag, variable and key", () => {
  for (const pick of [
    settings.map(({ key }) => key),
    settings.map(({ variable }) => variable),
    settings.flatMap(({ flag }) => flag ?? []),
  ]) {
    assert.equal(new Set(pick).size, pick.length);
  }
});
