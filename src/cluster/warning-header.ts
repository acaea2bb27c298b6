/**
 * The texts of `Warning` headers (RFC 7234 §5.5): `299 - "text"`, several in one header separated by commas. Only code 299 is a message
 * of the API server for users.
 */
export function parseWarnings(header: string | readonly string[] | undefined): readonly string[] {
  const values = header === undefined ? [] : typeof header === "string" ? [header] : header;
  return values.flatMap((value) =>
    [...value.matchAll(/\b299 [^ ]+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replace(/\\(.)/g, "$1")),
  );
}
