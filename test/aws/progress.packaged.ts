/** A run by hand through the packaged function behind the function URL, whose answer is streamed. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { LambdaHttpEvent } from "../../src/http/index.ts";
import { type Json, own, parseJson } from "../../src/resource/index.ts";
import { httpEvent } from "../functions/aws/lambda-world.ts";
import { configMap, type PackagedWorld, startPackagedWorld } from "./packaged-world.ts";
import type { StreamedAnswer } from "./streamed-answer.ts";

describe("progress from the packaged by-hand function", { concurrency: false }, () => {
  let started: PackagedWorld;
  before(async () => {
    started = await startPackagedWorld();
    await started.world.repository.commitFiles({ "one/a.yml": configMap("one", "1") });
    await started.packaged.createSecret("cluster", started.world.sandbox.kubeconfig);
    await started.packaged.createApp("one", "one");
    await started.takeMessages("app");
  });
  after(() => started.stop());

  /** As a function URL hands it over: signed for IAM, the hub's token beside the signature. */
  const byUrl = (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = { "x-lateen-token": started.world.token },
  ): LambdaHttpEvent => {
    const event = httpEvent(method, path, {
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261127/eu-central-1/lambda/aws4_request",
        ...headers,
      },
    });
    const domainName = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws";
    const authorizer = { iam: { accessKey: "ASIAEXAMPLE", accountId: "123456789012", userId: "AIDAEXAMPLE" } };
    const requestContext = { ...event.requestContext, authorizer, domainName };
    return { ...event, requestContext };
  };
  const reconcile = (headers?: Readonly<Record<string, string>>): Promise<StreamedAnswer> =>
    started.packaged.byhand(byUrl("POST", "/api/apps/default/one/reconcile", headers));
  /** The lines of an answer, each as soon as it has come. */
  async function* linesOf({ body }: StreamedAnswer): AsyncGenerator<string, void, void> {
    let open = "";
    for await (const chunk of body) {
      const lines = (open + chunk).split("\n");
      open = lines.pop() ?? "";
      yield* lines;
    }
    assert.equal(open, "");
  }

  test("lines come while the run has not begun, and the last one says how it ended", async () => {
    const answer = await reconcile();
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers["content-type"], "application/x-ndjson");
    const lines = linesOf(answer);
    const first = await lines.next();
    assert.equal(own(parseJson(String(first.value)), "type"), "accepted");
    // Only now does somebody work: what has come until here came through an answer that was not over.
    started.packaged.startMappings();
    const types: (Json | undefined)[] = [];
    for await (const line of lines) types.push(own(parseJson(line), "type"));
    await started.packaged.stopMappings();
    assert.deepEqual([types[0], types.at(-1)], ["started", "finished"], types.join(" "));
    assert.ok(types.includes("applied"), types.join(" "));
  });

  test("a caller who leaves early stops neither the run nor the function's next answer", async () => {
    const left = await reconcile({ "x-lateen-token": started.world.token, accept: "text/plain" });
    assert.match(left.headers["content-type"] ?? "", /^text\/plain/);
    for await (const line of linesOf(left)) {
      assert.notEqual(line, "");
      break;
    }
    const again = await reconcile();
    started.packaged.startMappings();
    let last = "";
    for await (const line of linesOf(again)) last = line;
    await started.packaged.stopMappings();
    assert.equal(own(parseJson(last), "type"), "finished");
    assert.equal(own(parseJson(last), "outcome"), "succeeded", last);
  });

  const refusals: readonly {
    readonly name: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly status: number;
    readonly code: string;
  }[] = [
    {
      name: "IAM's signature alone",
      path: "/api/apps/default/one/reconcile",
      headers: {},
      status: 401,
      code: "TOKEN_NEEDED",
    },
    { name: "an App that is none", path: "/api/apps/default/none/reconcile", status: 404, code: "APP_NOT_FOUND" },
  ];
  for (const { name, path, headers, status, code } of refusals) {
    test(`${name} is answered ${status} with its reason, over the same stream`, async () => {
      const answer = await started.packaged.byhand(byUrl("POST", path, headers));
      assert.equal(answer.statusCode, status);
      const { value: line } = await linesOf(answer).next();
      assert.equal(own(parseJson(String(line)), "code"), code, String(line));
    });
  }

  test("an answer without a body has its status too", async () => {
    const answer = await started.packaged.byhand(byUrl("HEAD", "/api/apps/default/one"));
    assert.equal(answer.statusCode, 200);
    for await (const chunk of answer.body) assert.equal(chunk, "");
  });

  test("neither token nor signature stands in the log", () => {
    const log = started.packaged.functions.byhand.log();
    assert.ok(!log.includes(started.world.token));
    assert.ok(!log.includes("AWS4-HMAC"));
  });
});
