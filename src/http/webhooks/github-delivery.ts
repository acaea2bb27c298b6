import type { Push } from "../../reconcile/index.ts";
import { parseCheckedJson } from "./checked-json.ts";
import type { SignedBody } from "./signature.ts";

/** What a delivery asks for. A delivery is a hint: everything that is odd in it is ignored with a reason, and the next tick finds the commit anyway. */
export type GithubDelivery =
  | { readonly type: "push"; readonly push: Push }
  | { readonly type: "ping" }
  | { readonly type: "ignored"; readonly reason: string };

/** Levels and keys of a payload; the largest push (2,048 commits) has some 50,000 keys on 6 levels (reliability.md L1). */
const jsonLimits = { maxDepth: 64, maxKeys: 200_000 };
const maxRefBytes = 1_024;
const maxUrlLength = 2_048;
const urlFields = ["clone_url", "ssh_url", "git_url", "html_url", "url"] as const;
const objectId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const zeroId = /^0+$/;

/**
 * Reads an authentic delivery. Never throws.
 * @param delivery.contentType GitHub sends JSON, or a form with one field `payload` if the hook was set up so (B6).
 */
export function readGithubDelivery(delivery: {
  readonly event: string;
  readonly deliveryId: string;
  readonly contentType: string;
  readonly body: SignedBody;
}): GithubDelivery {
  const { event, body } = delivery;
  if (event === "ping") return { type: "ping" };
  if (event !== "push")
    return ignored(
      `lateen does nothing on ${event === "" ? "deliveries without X-GitHub-Event" : `"${clip(event)}" events`}`,
    );
  if (body.text === undefined) return ignored(oddBytes(body.bytes, delivery.contentType));
  const json = payloadText(body.text, delivery.contentType);
  if (json === undefined) return ignored("the form has no field payload");
  const parsed = parseCheckedJson(json, jsonLimits);
  return "fault" in parsed ? ignored(`payload: ${parsed.fault}`) : readPush(parsed.value, delivery.deliveryId);
}

function readPush(payload: unknown, deliveryId: string): GithubDelivery {
  const ref = own(payload, "ref");
  if (typeof ref !== "string") return ignored("the payload has no text in ref");
  const refFault = findRefFault(ref);
  if (refFault !== undefined) return ignored(`ref ${refFault}`);
  const after = own(payload, "after");
  if (typeof after !== "string" || !objectId.test(after)) return ignored("after is no object id");
  const repository = own(payload, "repository");
  const repositoryUrls: string[] = [];
  for (const field of urlFields) {
    const url = own(repository, field);
    if (url === undefined || url === null) continue;
    if (typeof url !== "string" || !isPlainUrl(url)) return ignored(`repository.${field} is no URL`);
    repositoryUrls.push(url);
  }
  if (repositoryUrls.length === 0) return ignored("the payload has no repository.clone_url");
  // A deleted branch has no commit to deploy; the tick notices Apps that still follow it.
  if (own(payload, "deleted") === true || zeroId.test(after)) return ignored(`${clip(ref)} was deleted`);
  return {
    type: "push",
    push: { provider: "github", repositoryUrls: [...new Set(repositoryUrls)], ref, after, deliveryId },
  };
}

/** What is wrong with a full ref name, by the rules of git check-ref-format. */
function findRefFault(ref: string): string | undefined {
  if (!ref.isWellFormed()) return "holds half of a surrogate pair";
  const bytes = Buffer.byteLength(ref);
  if (bytes > maxRefBytes) return `has ${bytes} bytes, more than ${maxRefBytes}`;
  if (!ref.startsWith("refs/")) return "does not begin with refs/";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[/.]$/.test(ref))
    return "is no ref name that git accepts";
  return undefined;
}

function isPlainUrl(url: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return url.length > 0 && url.length <= maxUrlLength && url.isWellFormed() && !/[\u0000-\u0020\u007f]/.test(url);
}

function payloadText(text: string, contentType: string): string | undefined {
  return isForm(contentType) ? (new URLSearchParams(text).get("payload") ?? undefined) : text;
}

function isForm(contentType: string): boolean {
  return contentType.split(";", 1)[0]?.trim().toLowerCase() === "application/x-www-form-urlencoded";
}

/** Names the first field whose text cannot be read (B7); the offset when the JSON cannot be read either. */
function oddBytes(bytes: Uint8Array, contentType: string): string {
  const json = payloadText(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), contentType) ?? "";
  const parsed = parseCheckedJson(json, jsonLimits);
  const path = "value" in parsed ? pathOfReplacement(parsed.value, "") : undefined;
  return path === undefined ? "the payload is not UTF-8" : `the payload is not UTF-8: ${clip(path)}`;
}

/** Depth is bounded by the check before. */
function pathOfReplacement(value: unknown, path: string): string | undefined {
  if (typeof value === "string") return value.includes("\ufffd") ? path : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const inner = path === "" ? key : `${path}.${key}`;
    const found = key.includes("\ufffd") ? inner : pathOfReplacement(member, inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function own(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function clip(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function ignored(reason: string): GithubDelivery {
  return { type: "ignored", reason };
}
