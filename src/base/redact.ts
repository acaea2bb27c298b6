/** The one exit for text: knows every secret value in play and removes it in each form it may take. */
export interface Redactor {
  /** Adds a secret value; values shorter than 4 characters are ignored, they would blank out ordinary words. */
  add(secret: string): void;
  redact(text: string): string;
}

const mask = "[redacted]";
const minLength = 4;

/** Removes added secrets as plain text and in their base64, URL-encoded and JSON-escaped forms, and credentials inside URLs. */
export function createRedactor(): Redactor {
  const forms = new Set<string>();
  let sorted: string[] | undefined;
  return {
    add(secret) {
      for (const value of [secret, secret.trim()]) {
        if (value.length < minLength) continue;
        const base64 = Buffer.from(value).toString("base64");
        for (const form of [
          value,
          base64,
          base64.replace(/=+$/, ""),
          encodeURIComponent(value),
          JSON.stringify(value).slice(1, -1),
        ]) {
          if (!forms.has(form)) {
            forms.add(form);
            sorted = undefined;
          }
        }
      }
    },
    redact(text) {
      // Longest first, so that a secret which contains another is removed whole.
      sorted ??= [...forms].sort((a, b) => b.length - a.length);
      let out = text;
      for (const form of sorted) if (out.includes(form)) out = out.replaceAll(form, mask);
      return out.replace(/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:"']{1,256}(?::[^\s/@"']{0,512})?@/gi, `$1${mask}@`);
    },
  };
}

/** The value with every string in it redacted; numbers and keys stay, so that the shape survives. */
export function redactDeep<Value>(redactor: Redactor, value: Value): Value {
  const walk = (member: unknown): unknown => {
    if (typeof member === "string") return redactor.redact(member);
    if (Array.isArray(member)) return member.map(walk);
    if (member instanceof Error)
      return {
        name: member.name,
        message: redactor.redact(member.message),
        stack: redactor.redact(member.stack ?? ""),
      };
    if (typeof member === "bigint") return member.toString();
    if (typeof member !== "object" || member === null) return member;
    return Object.fromEntries(Object.entries(member).map(([key, inner]) => [key, walk(inner)]));
  };
  // The walk keeps the shape: only the texts inside strings change.
  return walk(value) as Value;
}
