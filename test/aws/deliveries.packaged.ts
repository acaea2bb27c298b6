/** Recorded deliveries of GitHub, as API Gateway hands them to the packaged webhook function: what is answered, marked and sent. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { LambdaHttpEvent } from "../../src/http/index.ts";
import { own, parseJson } from "../../src/resource/index.ts";
import { appObject, httpEvent, webhookSecret } from "../functions/aws/lambda-world.ts";
import { recorded, sign } from "../http/deliveries.ts";
import { appsPath } from "./packaged-functions.ts";
import { type PackagedWorld, startPackagedWorld } from "./packaged-world.ts";

/** How a body travels in the event: API Gateway encodes forms and everything that it takes for binary. */
type Encoding = "text" | "base64" | "form";

interface DeliveryOptions {
  readonly encoding?: Encoding;
  readonly secret?: string;
  /** Changes the body after it was signed. */
  readonly tamper?: (body: string) => string;
}

/** A recorded delivery with both signatures that GitHub sends and what CloudFront and API Gateway add. */
function delivery(name: string, options: DeliveryOptions = {}): LambdaHttpEvent {
  const { encoding = "text", secret = webhookSecret, tamper = (body: string) => body } = options;
  const { headers, payload } = recorded(name);
  const json = JSON.stringify(payload);
  const signed = encoding === "form" ? `payload=${encodeURIComponent(json)}` : json;
  const sent = tamper(signed);
  return httpEvent("POST", "/webhooks/github", {
    headers: {
      ...headers,
      ...(encoding === "form" ? { "content-type": "application/x-www-form-urlencoded" } : {}),
      "content-length": String(Buffer.byteLength(sent)),
      "x-amzn-trace-id": "Root=1-69284f1e-5f1d6b0f3c2a4f0d1b2c3d4e",
      "x-forwarded-for": "140.82.115.63",
      "x-forwarded-port": "443",
      "x-hub-signature": `sha1=${createHmac("sha1", secret).update(signed).digest("hex")}`,
      "x-hub-signature-256": sign(signed, secret),
    },
    body: encoding === "text" ? sent : Buffer.from(sent).toString("base64"),
    isBase64Encoded: encoding !== "text",
  });
}

describe("recorded deliveries to the packaged webhook function", { concurrency: false }, () => {
  let started: PackagedWorld;
  before(async () => {
    started = await startPackagedWorld();
    const app = appObject("config", "https://github.com/Contoso/delivery-config", "app", "cluster");
    const { statusCode, body } = await started.packaged.hub("POST", appsPath, app);
    assert.equal(statusCode, 201, body);
  });
  after(() => started.stop());

  /** How often a source has been asked for, over all sources. */
  const wanted = async (): Promise<number> =>
    [...(await started.rows())].reduce((sum, [key, row]) => sum + (key.startsWith("source/") ? row.wanted : 0), 0);

  const cases: readonly {
    readonly name: string;
    readonly file: string;
    readonly options?: DeliveryOptions;
    readonly status: number;
    readonly outcome: string;
    readonly marks: boolean;
  }[] = [
    { name: "a push to main", file: "push-branch", status: 202, outcome: "accepted", marks: true },
    { name: "the same delivery once more", file: "push-branch", status: 202, outcome: "accepted", marks: true },
    {
      name: "a push whose body came as base64",
      file: "push-branch",
      options: { encoding: "base64" },
      status: 202,
      outcome: "accepted",
      marks: true,
    },
    {
      name: "a push as a form",
      file: "push-branch",
      options: { encoding: "form" },
      status: 202,
      outcome: "accepted",
      marks: true,
    },
    { name: "a forced push", file: "push-force", status: 202, outcome: "accepted", marks: true },
    { name: "a push of a bot", file: "push-bot", status: 202, outcome: "accepted", marks: true },
    { name: "a tag that no App follows", file: "push-tag", status: 202, outcome: "unknown", marks: false },
    { name: "a deleted branch", file: "push-delete", status: 202, outcome: "ignored", marks: false },
    { name: "an event of no interest", file: "pull-request", status: 202, outcome: "ignored", marks: false },
    { name: "a ping", file: "ping", status: 200, outcome: "ping", marks: false },
  ];
  for (const { name, file, options, status, outcome, marks } of cases) {
    test(`${name} is answered ${status} ${outcome}, and ${marks ? "its row marked and woken" : "marks nothing"}`, async () => {
      const marked = await wanted();
      const answer = await started.packaged.ingress(delivery(file, options));
      assert.equal(answer.statusCode, status, answer.body);
      assert.equal(own(parseJson(answer.body), "outcome"), outcome);
      assert.equal((await wanted()) - marked, marks ? 1 : 0);
      const woken = await started.takeMessages("source");
      assert.deepEqual(
        woken.map((message) => own(message, "cause")),
        marks ? ["push"] : [],
      );
      for (const message of woken) assert.ok((await started.rows()).has(String(own(message, "key"))));
    });
  }

  const forged: Readonly<Record<string, DeliveryOptions>> = {
    "signed with another secret": { secret: "f".repeat(32) },
    "changed after it was signed": { tamper: (body) => body.replace("refs/heads/main", "refs/heads/evil") },
    "with a space behind it": { tamper: (body) => `${body} ` },
    "a form that was changed": { encoding: "form", tamper: (body) => body.replace("main", "evil") },
  };
  for (const [name, options] of Object.entries(forged)) {
    test(`a forged delivery, ${name}, is answered 401 and marks nothing (T1)`, async () => {
      const stored = await started.tableText();
      const answer = await started.packaged.ingress(delivery("push-branch", options));
      assert.equal(answer.statusCode, 401, answer.body);
      assert.equal(await started.tableText(), stored);
      assert.deepEqual(await started.takeMessages("source"), []);
    });
  }
});
