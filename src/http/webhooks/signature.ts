import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { Webhooks } from "@octokit/webhooks";
import type { WebhookSecret } from "./webhook-secret.ts";

/** Hex decoding drops what is no digit, and two headers arrive joined by a comma: only this exact form is ever compared. */
const signatureForm = /^sha256=[0-9a-f]{64}$/;

/** Whether `X-Hub-Signature-256` has the one form that GitHub sends; anything else need not be verified. */
export function isSignature(header: string | null): header is string {
  return header !== null && signatureForm.test(header);
}

/** A body and its text; `text` is absent when the bytes are no UTF-8. */
export interface SignedBody {
  readonly bytes: Uint8Array;
  readonly text: string | undefined;
}

/**
 * The secrets whose HMAC-SHA256 over the raw bytes is the given signature. More than one
 * when a secret stands there twice with other repositories.
 */
export async function secretsThatSigned(
  body: SignedBody,
  signature: string,
  secrets: readonly WebhookSecret[],
): Promise<readonly WebhookSecret[]> {
  const signers: WebhookSecret[] = [];
  for (const secret of secrets) if (await isSignedWith(secret.secret, body, signature)) signers.push(secret);
  return signers;
}

async function isSignedWith(secret: string, body: SignedBody, signature: string): Promise<boolean> {
  // The library throws on an empty body, which no forge sends.
  if (body.bytes.byteLength === 0) return false;
  if (body.text !== undefined) return new Webhooks({ secret }).verify(body.text, signature);
  // @octokit/webhooks takes text only. What is no UTF-8 cannot pass through text unchanged, and is still told apart from a forgery.
  const expected = `sha256=${createHmac("sha256", secret).update(body.bytes).digest("hex")}`;
  return timingSafeEqual(digest(expected), digest(signature));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
