/** One parsed change rule (kapp.md §5.1): `upsert after upserting GROUP`. */
export interface ChangeRule {
  readonly action: "upsert" | "delete";
  readonly order: "before" | "after";
  readonly target: "upserting" | "deleting";
  readonly group: string;
}

export type ParsedRule = { readonly rule: ChangeRule } | { readonly problem: string };

/** Parses exactly four words between single blanks; placeholders are filled in already. */
export function parseChangeRule(text: string): ParsedRule {
  const words = text.split(" ");
  const [action = "", order = "", target = "", group = ""] = words;
  if (words.length !== 4) {
    return {
      problem: `Expected change rule annotation value to have format '(upsert|delete) (before|after) (upserting|deleting) (change-group)', but was '${text}'`,
    };
  }
  if (action !== "upsert" && action !== "delete") return { problem: "Unknown change rule Action" };
  if (order !== "before" && order !== "after") return { problem: "Unknown change rule Order" };
  if (target !== "upserting" && target !== "deleting") return { problem: "Unknown change rule TargetAction" };
  const problem = checkGroupName(group);
  return problem === undefined ? { rule: { action, order, target, group } } : { problem };
}

const namePattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const namePart = new RegExp(`^${namePattern}$`);
const subdomainPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const subdomainLength = 253;

/** A group is a Kubernetes qualified name whose name part may be longer than 63 characters. Answers what is wrong. */
export function checkGroupName(name: string): string | undefined {
  if (name === "") return "Expected non-empty group name";
  const problems = qualifiedNameProblems(name);
  return problems.length === 0
    ? undefined
    : `Expected change group name ${JSON.stringify(name)} to be a qualified name: ${problems.join(", ")}`;
}

function qualifiedNameProblems(name: string): string[] {
  const parts = name.split("/");
  const problems: string[] = [];
  if (parts.length > 2) {
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${namePattern}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix === "") problems.push("prefix part must be non-empty");
  else if (prefix !== undefined && !isSubdomain(prefix)) {
    problems.push(
      `prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainPattern}')`,
    );
  }
  const own = parts.at(-1) ?? "";
  if (own === "") problems.push("name part must be non-empty");
  else if (!namePart.test(own)) {
    problems.push(
      `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${namePattern}')`,
    );
  }
  return problems;
}

function isSubdomain(text: string): boolean {
  return (
    text.length <= subdomainLength && text.split(".").every((part) => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(part))
  );
}
