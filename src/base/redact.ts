/** The one exit for text: knows every secret value in play and removes it in each form it may take. */
export interface Redactor {
  /** Adds a secret value; values shorter than 4 characters are ignored, they would blank out ordinary words. */
  add(secret: string): void;
  redact(text: string): string;
  /**
   * A redactor for the texts of one tenant: knows what this one knows, and what is added to it stays its own, so that nobody's secret can
   * blank out words in the texts of others.
   */
  scope(): Redactor;
}

export interface RedactorOptions {
  /** Is told of every secret, also of those that scopes learn: for the log, which speaks of all tenants. */
  readonly witness?: Pick<Redactor, "add">;
}

const mask = "[redacted]";
const minLength = 4;
/** Lines of a value of several lines, such as a PEM key, are secrets of their own from this length. */
const minLineLength = 12;
/** Values that were clipped somewhere are still recognised by pieces of this length. */
const pieceLength = 32;
const maxPieces = 8;
/** Below this too little of a value is left inside the base64 of a longer text. */
const minEncodedLength = 10;
/** Secrets that one redactor remembers; the oldest are forgotten, since rotation would let it grow for ever. */
const maxSecrets = 4_000;

/** Removes added secrets as plain text and in their base64, URL-encoded and JSON-escaped forms, and credentials inside URLs. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  return makeRedactor(options.witness, undefined);
}

function makeRedactor(witness: Pick<Redactor, "add"> | undefined, parent: Redactor | undefined): Redactor {
  const secrets = new Map<string, readonly string[]>();
  let sorted: readonly string[] | undefined;
  const redactor: Redactor = {
    add(secret) {
      witness?.add(secret);
      for (const value of [secret, secret.trim()]) {
        if (value.length < minLength) continue;
        if (!secrets.delete(value)) sorted = undefined;
        secrets.set(value, formsOf(value));
      }
      for (const oldest of secrets.keys()) {
        if (secrets.size <= maxSecrets) break;
        secrets.delete(oldest);
        sorted = undefined;
      }
    },
    redact(text) {
      // Longest first, so that a secret which contains another is removed whole.
      sorted ??= [...new Set([...secrets.values()].flat())].sort((a, b) => b.length - a.length);
      let out = text;
      for (const form of sorted) if (out.includes(form)) out = out.replaceAll(form, mask);
      if (parent !== undefined) return parent.redact(out);
      return out.replace(/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:"']{1,256}(?::[^\s/@"']{0,512})?@/gi, `$1${mask}@`);
    },
    scope: () => makeRedactor(witness, redactor),
  };
  return redactor;
}

function formsOf(value: string): readonly string[] {
  const base64 = Buffer.from(value).toString("base64");
  const forms = [value, base64, base64.replace(/=+$/, ""), encodeURIComponent(value.toWellFormed()), jsonText(value)];
  if (value.length >= minEncodedLength) forms.push(...[0, 1, 2].flatMap((shift) => base64Inside(value, shift)));
  const lines = value.includes("\n") ? value.split("\n") : [];
  for (const line of lines) {
    const text = line.trim();
    // The frame of a PEM file is no secret.
    if (text.length >= minLineLength && !text.startsWith("-----")) forms.push(text, jsonText(text));
  }
  if (lines.length > 0 || value.length <= 2 * pieceLength) return forms;
  for (let piece = 0; piece < maxPieces && (piece + 1) * pieceLength <= value.length; piece++) {
    const text = value.slice(piece * pieceLength, (piece + 1) * pieceLength);
    forms.push(text, jsonText(text));
  }
  return forms;
}

/** What is the same of the base64 of every text that holds `value` behind `shift` (modulo 3) bytes; in both alphabets. */
function base64Inside(value: string, shift: number): readonly string[] {
  const bytes = Buffer.from("x".repeat(shift) + value);
  // Four characters for three bytes: groups that other bytes take part in are left out.
  const whole = bytes.toString("base64").slice(shift === 0 ? 0 : 4, Math.floor(bytes.length / 3) * 4);
  return [whole, whole.replaceAll("+", "-").replaceAll("/", "_")];
}

function jsonText(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/**
 * The value with every string in it redacted; numbers and keys stay, so that the shape survives.
 * @param kept Keys whose members are words of ours and stay too: a secret that happens to be such a word must not break what reads them.
 */
export function redactDeep<Value>(
  redactor: Pick<Redactor, "redact">,
  value: Value,
  kept: ReadonlySet<string> = new Set(),
): Value {
  /** What is being walked, outermost first: an object inside itself would never end. */
  const around = new Set<object>();
  const walk = (member: unknown): unknown => {
    if (typeof member === "string") return redactor.redact(member);
    if (typeof member !== "object" || member === null) return typeof member === "bigint" ? member.toString() : member;
    if (around.has(member)) return "[circular]";
    around.add(member);
    const walked = walkObject(member);
    around.delete(member);
    return walked;
  };
  const walkObject = (member: object): unknown => {
    if (Array.isArray(member)) return member.map(walk);
    if (member instanceof Error)
      return {
        name: member.name,
        message: redactor.redact(member.message),
        stack: redactor.redact(member.stack ?? ""),
      };
    return Object.fromEntries(
      Object.entries(member).map(([key, inner]) => [
        key,
        kept.has(key) && typeof inner === "string" ? inner : walk(inner),
      ]),
    );
  };
  // The walk keeps the shape: only the texts inside strings change.
  return walk(value) as Value;
}
