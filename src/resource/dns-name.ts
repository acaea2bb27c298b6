const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** A name that Kubernetes allows for namespaces: RFC 1123, at most 63 characters. It holds no slash, no dot and no `..`. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && label.test(text);
}

/** A name that Kubernetes allows for most objects, Secrets and Apps among them: labels joined by dots, at most 253 characters. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((part) => label.test(part));
}
