import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatDeployError,
  isControllerFailure,
  parseDeleteOptions,
  parseDeployOptions,
} from "../../src/deploy/index.ts";

function parse(
  rawOptions: readonly string[],
  more: { readonly intoNs?: string; readonly mapNs?: readonly string[] } = {},
): unknown {
  const parsed = parseDeployOptions({ rawOptions, ...more });
  return "failure" in parsed ? formatDeployError(parsed.failure) : parsed.options;
}

describe("deploy options", () => {
  it("begin with what kapp-controller passes", () => {
    const options = parse([]) as Record<string, unknown>;
    assert.equal(options["appChangesMaxToKeep"], 5);
    assert.equal(options["applyTimeoutMs"], 300_000);
    assert.equal(options["waitTimeoutMs"], 900_000);
  });

  const taken: { readonly raw: string[]; readonly want: Readonly<Record<string, unknown>> }[] = [
    { raw: ["--wait-timeout=1h2m3.5s"], want: { waitTimeoutMs: 3_723_500 } },
    { raw: ["--apply-timeout=10s", "--apply-timeout=500ms"], want: { applyTimeoutMs: 500 } },
    { raw: ["--wait-timeout=10000h"], want: { waitTimeoutMs: 36_000_000_000 } },
    { raw: ["--wait-check-interval=1ns"], want: { waitCheckIntervalMs: 100 } },
    { raw: ["--apply-check-interval=-1s"], want: { applyCheckIntervalMs: 100 } },
    { raw: ["--wait=false"], want: { wait: false } },
    { raw: ["--wait=T"], want: { wait: true } },
    {
      raw: ["--labels=a=1,b=2", "--labels=c="],
      want: {
        labels: [
          ["a", "1"],
          ["b", "2"],
          ["c", ""],
        ],
      },
    },
    {
      raw: ["--map-ns=a=b", "--map-ns=c=d"],
      want: {
        mapNamespaces: [
          { from: "a", to: "b" },
          { from: "c", to: "d" },
        ],
      },
    },
    { raw: ["--into-ns=x"], want: { intoNamespace: "x" } },
    { raw: ["--dangerous-allow-empty-list-of-resources=true"], want: { allowEmpty: true } },
    { raw: ["--apply-concurrency=3"], want: { applyConcurrency: 3 } },
    { raw: ["--apply-default-update-strategy=always-replace"], want: { applyDefaultUpdateStrategy: "always-replace" } },
    { raw: ["--debug=true", "--tty=false", "--diff-anchored=true", "--kube-api-qps=50"], want: {} },
    { raw: ["--logs=false", "--logs-all=true"], want: { logs: false, logsAll: true } },
    { raw: ["--column=name,kind", "--column=Op"], want: { columns: ["name", "kind", "Op"] } },
  ];
  for (const { raw, want } of taken) {
    it(`take ${raw.join(" ")} [B93]`, () => {
      const options = parse(raw) as Record<string, unknown>;
      for (const [key, value] of Object.entries(want)) assert.deepEqual(options[key], value);
    });
  }

  const refused: { readonly raw: string; readonly says: string }[] = [
    { raw: "--wait", says: "Expected flag '--wait' to be in '--name=val' format" },
    { raw: "wait=true", says: "Expected flag 'wait=true' to be in '--name=val' format" },
    { raw: "--namespace=x", says: "Unexpected flag '--namespace' specified (either forbidden or unknown)" },
    { raw: "--kubeconfig=x", says: "Unexpected flag '--kubeconfig' specified (either forbidden or unknown)" },
    {
      raw: "--wait-timeout=soon",
      says: 'invalid argument "soon" for "--wait-timeout" flag: time: invalid duration "soon"',
    },
    {
      raw: "--wait-timeout=5",
      says: 'invalid argument "5" for "--wait-timeout" flag: time: missing unit in duration "5"',
    },
    {
      raw: "--wait=maybe",
      says: 'invalid argument "maybe" for "--wait" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    },
    {
      raw: "--apply-concurrency=x",
      says: 'invalid argument "x" for "--apply-concurrency" flag: strconv.ParseInt: parsing "x": invalid syntax',
    },
    { raw: "--map-ns=one", says: "Expected map namespace 'one' to be in 'src-ns=dst-ns' format" },
    { raw: "--labels=x", says: "Expected label to be in 'key=val' format" },
    {
      raw: "--apply-default-update-strategy=x",
      says: "Unknown update strategy: x (hint: of --apply-default-update-strategy)",
    },
    { raw: "--json=true", says: "--json is not supported by lateen yet" },
  ];
  for (const { raw, says } of refused) it(`refuse ${raw} [B93]`, () => assert.equal(parse([raw]), says));

  it("tell kapp-controller's refusals from kapp's", () => {
    const codes = ["--namespace=x", "--wait-timeout=soon"].map((raw) => {
      const parsed = parseDeployOptions({ rawOptions: [raw] });
      return "failure" in parsed && isControllerFailure(parsed.failure);
    });
    assert.deepEqual(codes, [true, false]);
  });
});

it("delete options refuse what only a deploy has", () => {
  const parsed = parseDeleteOptions({ rawOptions: ["--labels=a=b"] });
  assert.ok("failure" in parsed);
  assert.equal(formatDeployError(parsed.failure), "Unexpected flag '--labels' specified (either forbidden or unknown)");
});
