/** Input that looks bad and is fine: taken exactly, shown harmlessly, and repeated without cost. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { own } from "../../src/resource/index.ts";
import { hasGitHttpBackend } from "../support/git-server.ts";
import { configMap, deliverPush, gitApp, settled, startWorld, succeeded, textAt, type World } from "./world.ts";

const skip = (await hasGitHttpBackend()) ? false : "git http-backend is not installed";
/** Colours, a bell, a line that goes back, an override of the reading direction. */
const hostile = "\u001b[31mred\u0007\rback \u202eoverride\u2066";

describe("odd input", { skip }, () => {
  let world: World;
  let commit: string;
  const files: Record<string, string> = {
    "app/.gitattributes": "* filter=evil working-tree-encoding=UTF-16 ident eol=crlf\n",
    ".gitattributes": "* filter=evil\n",
    "app/Case.yml": configMap("upper", {}),
    "app/case.yml": configMap("lower", {}),
    "app/\u00e9.yml": configMap("composed", {}),
    "app/e\u0301.yml": configMap("decomposed", {}),
    "app/crlf.yml": "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: crlf\r\ndata:\r\n  v: a\r\n",
    "app/keys.yml":
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keys}\ndata: {__proto__: "1", constructor: "2", toString: "3", "no": "no", on: "0755"}\n',
  };
  for (let n = 0; n < 1_000; n++) files[`outside/${n}.yml`] = `n: ${n}\n`;

  before(async () => {
    world = await startWorld();
    commit = await world.repository.commitFiles(files, { message: `${hostile} ${"x".repeat(100_000)}` });
    await world.apply(gitApp("odd", world.repository, "app"));
    await world.until("odd", succeeded(1));
  });
  after(() => world.stop());

  it("B50: attributes are only a file, and what lies outside of the subPath is not fetched", async () => {
    const lines = world.logs.filter((line) => line.includes('"repository read"'));
    const read = JSON.parse(lines.find((line) => line.includes('"app"')) ?? "{}") as { readonly bytesReceived: number };
    assert.ok(read.bytesReceived > 0 && read.bytesReceived < 150_000, String(read.bytesReceived));
    assert.equal(textAt(await world.live("ConfigMap", "crlf"), "data", "v"), "a");
  });

  it("B44: names that differ by case or form of accents only are all there", async () => {
    for (const name of ["upper", "lower", "composed", "decomposed"])
      assert.notEqual(await world.live("ConfigMap", name), undefined, name);
  });

  it("B65 B67 T17: odd keys and values arrive as they are", async () => {
    const data = own(await world.live("ConfigMap", "keys"), "data");
    assert.deepEqual(
      new Map(Object.entries(data as object)),
      new Map([
        ["__proto__", "1"],
        ["constructor", "2"],
        ["no", "no"],
        ["toString", "3"],
        ["true", "0755"],
      ]),
    );
    assert.equal(Object.getPrototypeOf({}), Object.prototype);
  });

  it("B40 T26: a commit's text is shown without controls, and clipped", async () => {
    const app = await world.lateen.hub.apps.get("ns1", "odd");
    const { token } = await world.lateen.hub.tokens.create({ scopes: ["apps:write"] });
    const answer = await fetch(`${world.lateen.url}/api/apps/ns1/odd/reconcile`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, accept: "text/plain" },
    });
    const texts = [textAt(app, "status", "fetch", "stdout"), await answer.text(), ...world.logs];
    for (const text of texts) {
      // oxlint-disable-next-line no-control-regex -- these are what must not be there
      assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/);
      assert.ok(text.length < 20_000);
    }
    assert.match(textAt(app, "status", "fetch", "stdout"), /commitTitle: .*red/);
  });

  it("T2: one delivery a hundred times is one run at most, and no write", async () => {
    await settled(world);
    const runs = async (): Promise<number> =>
      (await world.lateen.deps.items.query("APP#ns1/odd", Date.now(), { prefix: "RUN#" })).length;
    const before = await runs();
    world.sandbox.requests.clear();
    const answers = await Promise.all(Array.from({ length: 100 }, () => deliverPush(world, commit)));
    assert.ok(answers.every(({ status }) => status === 202));
    await settled(world);
    assert.ok((await runs()) <= before + 1);
    assert.equal(
      world.sandbox.requests.count(({ method }) => method !== "GET"),
      0,
    );
  });
});
