/** Letters that spell no words, as Kubernetes takes them. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
/** Characters of the longest generated name before the random part. */
const maxPrefix = 58;

/** A name with five random signs behind the prefix. */
export function generatedName(prefix: string, random: Uint8Array): string {
  return prefix.slice(0, maxPrefix) + [...random].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** A random (version 4) UUID. */
export function newUid(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
