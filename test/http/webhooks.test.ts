import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver, deliverRecorded, recorded, secret, sign, startWebhooks } from "./deliveries.ts";

const body = JSON.stringify(recorded("push-branch").payload);

test("a recorded push is accepted with every spelling of its repository", async () => {
  const { app, accepted, counted } = startWebhooks();
  const response = await app.fetch(deliverRecorded("push-branch"));
  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), { outcome: "accepted", message: "1 App fetches this repository and ref" });
  assert.deepEqual(accepted, [
    {
      provider: "github",
      repositoryUrls: [
        "https://github.com/Contoso/delivery-config.git",
        "git@github.com:Contoso/delivery-config.git",
        "git://github.com/Contoso/delivery-config.git",
        "https://github.com/Contoso/delivery-config",
      ],
      ref: "refs/heads/main",
      after: "9b2d7e31c05f48a6bd1e2c3f4a5b6c7d8e9f0a1b",
      deliveryId: "a8f5e5d0-c6b7-11f0-9c1e-3b2a4d5e6f70",
    },
  ]);
  assert.deepEqual(counted, ["lateen_webhooks_received_total github accepted"]);
});

const recordedOutcomes = [
  { name: "push-tag", status: 202, outcome: "accepted", ref: "refs/tags/v1.17.2" },
  { name: "push-force", status: 202, outcome: "accepted", ref: "refs/heads/main" },
  { name: "push-bot", status: 202, outcome: "accepted", ref: "refs/heads/main" },
  { name: "push-delete", status: 202, outcome: "ignored", ref: undefined },
  { name: "pull-request", status: 202, outcome: "ignored", ref: undefined },
  { name: "ping", status: 200, outcome: "ping", ref: undefined },
];
for (const { name, status, outcome, ref } of recordedOutcomes) {
  test(`B10 B11 T4: the recorded delivery ${name} is ${outcome}`, async () => {
    const { app, accepted } = startWebhooks();
    const response = await app.fetch(deliverRecorded(name));
    assert.equal(response.status, status);
    assert.equal((await answer(response)).outcome, outcome);
    assert.equal(accepted[0]?.ref, ref);
  });
}

test("B10: a repository that no App fetches is answered 202 and said so", async () => {
  const { app } = startWebhooks({ acceptPush: () => Promise.resolve({ apps: [] }) });
  const response = await app.fetch(deliverRecorded("push-branch"));
  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), { outcome: "unknown", message: "no App fetches this repository and ref" });
});

test("B6: a form-encoded payload is read after its signature held", async () => {
  const { app, accepted } = startWebhooks();
  const form = `payload=${encodeURIComponent(body)}`;
  const response = await app.fetch(deliver(form, { "content-type": "application/x-www-form-urlencoded" }));
  assert.equal(response.status, 202);
  assert.equal(accepted.length, 1);
});

const good = sign(body);
const badSignatures: Readonly<Record<string, string | undefined>> = {
  missing: undefined,
  empty: "",
  "of another secret": sign(body, `${secret}x`),
  "of another body": sign(`${body} `),
  "too short": good.slice(0, -1),
  "too long": `${good}0`,
  "of an odd number of digits": good.slice(0, -3),
  "no hex": `sha256=${"zz".repeat(32)}`,
  "hex with junk behind it": `${good.slice(0, -2)}g0`,
  "in capitals": good.toUpperCase(),
  "without its scheme": good.slice("sha256=".length),
  "of another scheme": good.replace("sha256", "sha1"),
  "sent twice": `${good}, ${good}`,
  "a wrong and a right one": `${sign(body, "other")}, ${good}`,
};
for (const [name, signature] of Object.entries(badSignatures)) {
  test(`B1 T1: a signature ${name} is answered 401 and makes no work`, async () => {
    const { app, accepted } = startWebhooks();
    const request = deliver(body);
    request.headers.delete("x-hub-signature-256");
    if (signature !== undefined) request.headers.set("x-hub-signature-256", signature);
    const response = await app.fetch(request);
    assert.equal(response.status, 401);
    assert.equal(await response.text(), await (await app.fetch(deliver(body, { "x-hub-signature-256": "" }))).text());
    assert.deepEqual(accepted, []);
  });
}

test("B2: SHA-1 alone, GitLab's token and Gitea's header open nothing", async () => {
  const { app, accepted } = startWebhooks();
  for (const headers of [
    { "x-hub-signature": "sha1=00" },
    { "x-gitlab-token": secret },
    { "x-gitea-signature": good.slice(7) },
  ]) {
    const request = deliver(body, { "x-hub-signature-256": "", ...headers });
    assert.equal((await app.fetch(request)).status, 401);
  }
  assert.deepEqual(accepted, []);
});

test("T1: every flipped bit of body and signature is refused and makes no work", async () => {
  const { app, accepted } = startWebhooks();
  const bytes = Buffer.from(JSON.stringify(recorded("push-branch").payload));
  const signature = Buffer.from(sign(bytes));
  // Each byte once, each of its bits in turn; the signature wholly.
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
    const response = await app.fetch(deliver(flipped, { "x-hub-signature-256": signature.toString() }));
    assert.equal(response.status, 401, `bit ${at % 8} of byte ${at}`);
  }
  for (let bit = 0; bit < signature.length * 8; bit++) {
    const flipped = Buffer.from(signature);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const header = flipped.toString("latin1");
    const isAHeader = /^[\t\x20-\x7e\x80-\xff]*$/.test(header) && header.trim() === header;
    if (!isAHeader) continue;
    assert.equal((await app.fetch(deliver(bytes, { "x-hub-signature-256": header }))).status, 401, `bit ${bit}`);
  }
  assert.deepEqual(accepted, []);
});

test("rotation: old and new secrets both open, a removed one no longer does", async () => {
  const next = "n".repeat(32);
  let secrets = [{ secret: next }, { secret }];
  const { app, accepted } = startWebhooks({ secrets: () => secrets });
  assert.equal((await app.fetch(deliverRecorded("push-branch", secret))).status, 202);
  assert.equal((await app.fetch(deliverRecorded("push-branch", next))).status, 202);
  secrets = [{ secret: next }];
  assert.equal((await app.fetch(deliverRecorded("push-branch", secret))).status, 401);
  assert.equal(accepted.length, 2);
});

test("T1: a secret that became empty while lateen runs opens nothing", async () => {
  let secrets = [{ secret }];
  const { app } = startWebhooks({ secrets: () => secrets });
  secrets = [{ secret: "" }];
  assert.equal((await app.fetch(deliver(body, { "x-hub-signature-256": sign(body, "") }))).status, 401);
});

test("T1 B2: a secret speaks for its repositories only, in every spelling of their URLs", async () => {
  const forRepositories = (...repositories: readonly string[]): ReturnType<typeof startWebhooks> =>
    startWebhooks({ secrets: () => [{ secret, repositories }] });
  for (const pattern of ["contoso/delivery-config", "Contoso/*", "github.com/contoso/delivery-*", "*/*"]) {
    const { app } = forRepositories("other/one", pattern);
    assert.equal((await app.fetch(deliverRecorded("push-branch"))).status, 202, pattern);
  }
  for (const pattern of ["contoso/delivery", "evil/*", "ghe.contoso.example/Contoso/*", "*/delivery"]) {
    const { app, accepted } = forRepositories(pattern);
    assert.equal((await app.fetch(deliverRecorded("push-branch"))).status, 401, pattern);
    assert.deepEqual(accepted, []);
  }
  const { app } = forRepositories("contoso/delivery-config");
  const { payload } = recorded("push-branch");
  const mixed = JSON.stringify({
    ...payload,
    repository: { clone_url: "https://github.com/Contoso/delivery-config", ssh_url: "git@github.com:other/app.git" },
  });
  assert.equal((await app.fetch(deliver(mixed))).status, 401);
});

const refusedSecrets: readonly { readonly secrets: readonly string[]; readonly says: RegExp }[] = [
  { secrets: [""], says: /^webhook secret 1 of 1 is empty \(hint: openssl rand -hex 32\)$/ },
  { secrets: ["x".repeat(32), "   "], says: /webhook secret 2 of 2 is empty/ },
  { secrets: ["fifteen-bytes-x"], says: /webhook secret 1 of 1 has 15 bytes, the least that is accepted is 16/ },
];
for (const { secrets, says } of refusedSecrets) {
  test(`T1: the start is refused: ${says.source}`, () => {
    assert.throws(
      () => startWebhooks({ secrets: () => secrets.map((text) => ({ secret: text })) }),
      (error) => error instanceof Error && says.test(error.message) && !error.message.includes("fifteen"),
    );
  });
}

test("T1: a pattern that names no repository is refused at the start", () => {
  assert.throws(
    () => startWebhooks({ secrets: () => [{ secret, repositories: ["contoso"] }] }),
    /"contoso" is no repository pattern/,
  );
});

test("without any secret every delivery is refused", async () => {
  const { app } = startWebhooks({ secrets: () => [] });
  assert.equal((await app.fetch(deliverRecorded("push-branch"))).status, 401);
});

const { payload } = recorded("push-branch");
const oddPayloads: Readonly<Record<string, { readonly body: string; readonly says: RegExp }>> = {
  "B4 deep": {
    body: `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    says: /nested deeper than 64 levels at offset 68/,
  },
  "B4 a million keys": {
    body: `{${Array.from({ length: 300_000 }, (_, index) => `"${index}":0`).join(",")}}`,
    says: /more than 200000 keys at offset \d+/,
  },
  "B4 cut off": { body: body.slice(0, 1_000), says: /no JSON at offset 974/ },
  "B4 with a byte order mark": { body: `\ufeff${body}`, says: /no JSON at offset 0/ },
  "B4 with bytes behind it": { body: `${body}x`, says: /bytes follow the end/ },
  "B4 no JSON": { body: "hello", says: /no JSON at offset 0/ },
  "B4 no object": { body: '["ref"]', says: /no text in ref/ },
  "B5 two refs": { body: `{"ref":"refs/heads/a",${body.slice(1)}`, says: /key "ref" stands twice/ },
  "B5 two refs, one escaped": { body: `{"\\u0072ef":"refs/heads/a",${body.slice(1)}`, says: /key "ref" stands twice/ },
  "B5 two repositories": { body: `{"repository":{},${body.slice(1)}`, says: /key "repository" stands twice/ },
  "B5 __proto__": {
    body: `{"__proto__":{"ref":"refs/heads/main"},${body.slice(1)}`,
    says: /key "__proto__" at offset 1/,
  },
  "B7 half a surrogate pair in ref": {
    body: changed({ ref: "refs/heads/\ud800" }),
    says: /^ref holds half of a surrogate pair/,
  },
  "B7 half a surrogate pair in a URL": {
    body: changed({ repository: { clone_url: "https://github.com/a/\udc00" } }),
    says: /^repository\.clone_url is no URL/,
  },
  "B8 dots": { body: changed({ ref: "refs/heads/../../x" }), says: /^ref is no ref name/ },
  "B8 a newline": { body: changed({ ref: "refs/heads/a\nb" }), says: /^ref is no ref name/ },
  "B8 4 KB": { body: changed({ ref: `refs/heads/${"x".repeat(4_096)}` }), says: /^ref has 4107 bytes, more than 1024/ },
  "B8 no full name": { body: changed({ ref: "main" }), says: /^ref does not begin with refs\// },
  "B8 no text": { body: changed({ ref: 7 }), says: /no text in ref/ },
  "no commit": { body: changed({ after: "HEAD" }), says: /after is no object id/ },
  "no repository": { body: changed({ repository: null }), says: /no repository\.clone_url/ },
  "a repository without URLs": {
    body: changed({ repository: { full_name: "a/b" } }),
    says: /no repository\.clone_url/,
  },
};
for (const [name, { body: odd, says }] of Object.entries(oddPayloads)) {
  test(`T4: an authentic but odd payload is ignored with a reason: ${name}`, async () => {
    const { app, accepted } = startWebhooks();
    const response = await app.fetch(deliver(odd));
    assert.equal(response.status, 202);
    const { outcome, message } = await answer(response);
    assert.equal(outcome, "ignored");
    assert.match(message.replace(/^payload: /, ""), says);
    assert.deepEqual(accepted, []);
    assert.equal(Object.hasOwn(Object.prototype, "ref"), false);
  });
}

test("B7: bytes that are no UTF-8 are authentic still, and the field is named", async () => {
  const { app, accepted } = startWebhooks();
  const bytes = Buffer.from(changed({ ref: "refs/heads/§" }), "latin1");
  const response = await app.fetch(deliver(bytes));
  assert.equal(response.status, 202);
  assert.equal((await answer(response)).message, "the payload is not UTF-8: ref");
  assert.equal((await app.fetch(deliver(bytes, { "x-hub-signature-256": sign("x") }))).status, 401);
  assert.deepEqual(accepted, []);
});

for (const commits of [null, undefined, [], Array.from({ length: 2_500 }, () => ({ id: "0" }))]) {
  test(`B11: commits ${commits === null ? "null" : (commits?.length ?? "missing")} change nothing`, async () => {
    const { app, accepted } = startWebhooks();
    assert.equal((await app.fetch(deliver(changed({ commits })))).status, 202);
    assert.equal(accepted.length, 1);
  });
}

test("B12: a delivery id that is missing or endless is replaced by a hash", async () => {
  const { app, accepted } = startWebhooks();
  const withoutId = deliver(body);
  withoutId.headers.delete("x-github-delivery");
  await app.fetch(withoutId);
  await app.fetch(deliver(body, { "x-github-delivery": "x".repeat(10_000) }));
  await app.fetch(deliver(changed({ ref: "refs/heads/other" }), { "x-github-delivery": "x".repeat(10_000) }));
  const ids = accepted.map(({ deliveryId }) => deliveryId);
  assert.ok(ids.every((id) => /^[0-9a-f]{64}$/.test(id)));
  assert.equal(new Set(ids).size, 3);
});

test("F23: a store that fails is answered 503, never 2xx, and tells no details", async () => {
  const { app, counted } = startWebhooks({ acceptPush: () => Promise.reject(new Error("disk full at /var/lib")) });
  const response = await app.fetch(deliverRecorded("push-branch"));
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "10");
  assert.doesNotMatch(await response.text(), /disk/);
  assert.deepEqual(counted, ["lateen_webhooks_received_total github failed"]);
});

test("L3: a store that hangs is given up in time, and told so", async () => {
  let aborted = false;
  const { app } = startWebhooks({
    limits: { acceptTimeoutMs: 30 },
    acceptPush: (_push, { signal }) =>
      new Promise(() => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
      }),
  });
  assert.equal((await app.fetch(deliverRecorded("push-branch"))).status, 503);
  assert.ok(aborted);
});

test("L2 F11: equal deliveries at once share one call and one follow-up, all are answered 2xx", async () => {
  let calls = 0;
  let release = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { app } = startWebhooks({
    acceptPush: async () => {
      calls += 1;
      await first;
      return { apps: ["a/b"] };
    },
  });
  const answers = Array.from({ length: 200 }, () => app.fetch(deliverRecorded("push-branch")));
  const other = app.fetch(deliverRecorded("push-tag"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(calls, 2);
  release();
  assert.deepEqual(new Set((await Promise.all([...answers, other])).map(({ status }) => status)), new Set([202]));
  assert.equal(calls, 3);
});

test("L2 T24: refused deliveries of one address turn into 429, authentic ones never do", async () => {
  const { app } = startWebhooks({ limits: { refusedPerSecond: 2 } });
  const env = (address: string): unknown => ({ incoming: { socket: { remoteAddress: address } } });
  const forged = (address: string, headers = {}): Response | Promise<Response> =>
    app.fetch(deliver(body, { "x-hub-signature-256": sign(body, "wrong"), ...headers }), env(address) as object);
  const statuses: number[] = [];
  for (let n = 0; n < 6; n++)
    statuses.push((await forged("198.51.100.7", { "x-forwarded-for": `203.0.113.${n}` })).status);
  assert.deepEqual(statuses, [401, 401, 401, 401, 429, 429]);
  assert.equal((await forged("198.51.100.8")).status, 401);
  assert.equal((await app.fetch(deliver(body), env("198.51.100.7") as object)).status, 202);
});

test("only POST is served, and nothing else below /webhooks", async () => {
  const { app } = startWebhooks();
  assert.equal((await app.request("/webhooks/github")).status, 405);
  assert.equal((await app.request("/webhooks/gitlab", { method: "POST" })).status, 404);
});

function changed(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...payload, ...members });
}

async function answer(response: Response): Promise<{ readonly outcome: string; readonly message: string }> {
  return (await response.json()) as { outcome: string; message: string };
}
