import { describeResource, type KubeObject, stringifyJson } from "../../resource/index.ts";
import { DeployError } from "../failure.ts";

/** What etcd takes as one value by default (reliability.md L15). */
const maxStoredBytes = 1.5 * 1024 * 1024;

/**
 * Refuses an object that no API server could store, before anything else is written (reliability.md B106). What the server adds is not known
 * here: an object close below the limit may still be refused by it.
 * @throws DeployError `DEPLOY_OBJECT_SIZE`
 */
export function checkSize(object: KubeObject): void {
  const text = stringifyJson(object);
  // A character has three bytes at most in UTF-8 where JSON counts one.
  if (text.length * 3 <= maxStoredBytes) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxStoredBytes) return;
  throw new DeployError({
    code: "DEPLOY_OBJECT_SIZE",
    resource: describeResource(object),
    bytes,
    maxBytes: maxStoredBytes,
  });
}
