import { isMap, type Json, own } from "../resource/index.ts";
import { type FieldFault, invalidValue, tooLong } from "./api-error.ts";

/** Bytes of all annotations of an object, keys and values (reliability.md L16). */
const maxAnnotationBytes = 262_144;

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${subdomain}$`);
const qualifiedPattern = new RegExp(`^${qualified}$`);

/** Why a name is not allowed, in Kubernetes' words; `undefined` when it is. */
export function nameProblem(name: string, rule: "subdomain" | "label" | "path-segment"): string | undefined {
  switch (rule) {
    case "path-segment":
      if (name === "." || name === "..") return `may not be '${name}'`;
      if (name.includes("/")) return "may not contain '/'";
      return name.includes("%") ? "may not contain '%'" : undefined;
    case "label":
      if (name.length > 63) return "must be no more than 63 characters";
      return labelPattern.test(name)
        ? undefined
        : `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
    case "subdomain":
      if (name.length > 253) return "must be no more than 253 characters";
      return subdomainPattern.test(name)
        ? undefined
        : `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
  }
}

/** Faults of `metadata.labels` and `metadata.annotations`. */
export function labelFaults(metadata: Json | undefined): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  for (const [key, value] of entries(own(metadata, "labels"))) {
    const problem = keyProblem(key);
    if (problem !== undefined) faults.push(invalidValue("metadata.labels", key, problem));
    if (value.length > 63) faults.push(invalidValue("metadata.labels", value, "must be no more than 63 characters"));
    else if (value !== "" && !qualifiedPattern.test(value))
      faults.push(
        invalidValue(
          "metadata.labels",
          value,
          `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${qualified})?')`,
        ),
      );
  }
  let bytes = 0;
  for (const [key, value] of entries(own(metadata, "annotations"))) {
    const problem = keyProblem(key.toLowerCase());
    if (problem !== undefined) faults.push(invalidValue("metadata.annotations", key, problem));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxAnnotationBytes) faults.push(tooLong("metadata.annotations", maxAnnotationBytes));
  return faults;
}

function entries(value: Json | undefined): readonly (readonly [string, string])[] {
  return isMap(value)
    ? Object.entries(value).flatMap(([key, member]) => (typeof member === "string" ? [[key, member] as const] : []))
    : [];
}

function keyProblem(key: string): string | undefined {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  const shape = `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualified}')`;
  if (parts.length > 2) return `${shape} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    if (prefix === "") return "prefix part must be non-empty";
    const problem = nameProblem(prefix, "subdomain");
    if (problem !== undefined) return `prefix part ${problem}`;
  }
  if (name === "") return "name part must be non-empty";
  if (name.length > 63) return "name part must be no more than 63 characters";
  return qualifiedPattern.test(name) ? undefined : `name part ${shape}`;
}
