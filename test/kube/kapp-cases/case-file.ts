/** The recorded cases as files: case.json, inputs and expected answers, with the case's namespace filled in for `NS`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export interface Mutation {
  readonly verb: "create" | "mergePatch" | "jsonPatch" | "delete" | "copy" | "waitFor" | "sleep";
  readonly file?: string;
  readonly target?: Target;
  readonly patch?: unknown;
  readonly subresource?: string;
  readonly name?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly seconds?: number;
  readonly when?: Target & { readonly fields?: Readonly<Record<string, unknown>> };
  readonly after?: number;
}

export interface Target {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface CommandStep {
  readonly op: "deploy" | "delete";
  readonly app?: string;
  readonly namespace?: string;
  readonly args?: readonly string[];
  readonly files?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly during?: readonly (Mutation | readonly Mutation[])[];
  readonly settle?: number;
  /** `false`: the differences were not recorded. */
  readonly diff?: boolean;
}

export interface MutateStep {
  readonly op: "mutate";
  readonly do: readonly Mutation[];
  readonly settle?: number;
}

export interface CaseFile {
  readonly name: string;
  readonly dir: string;
  readonly namespace: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly namespaces: readonly string[];
  readonly extraNamespaces: readonly string[];
  readonly steps: readonly (CommandStep | MutateStep)[];
  /** Kinds whose whole status is part of the state. */
  readonly statusKinds: readonly string[];
}

export interface ChangeRow {
  readonly op: string;
  readonly opStrategy: string;
  readonly waitTo: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly rs: string;
  readonly ri: string;
}

export interface ExpectedStep {
  readonly exit: number;
  readonly errorLines: readonly string[];
  readonly changes: readonly ChangeRow[] | null;
  readonly summary: { readonly ops: string | null; readonly wait: string | null };
  readonly applyOrder: readonly (readonly string[])[];
  readonly waitLines: readonly string[];
  readonly retryLines: readonly string[];
  readonly otherLines: readonly string[];
}

export interface ExpectedState {
  readonly appRecords: readonly Record<string, unknown>[];
  readonly appChanges: readonly Record<string, unknown>[];
  readonly objects: readonly { readonly object: Record<string, unknown>; readonly sinceStep: number }[];
}

/** The folder of the cases, or `undefined` when it is not there. */
export function casesFolder(): string | undefined {
  const folder = process.env["LATEEN_CASES_KAPP"] ?? "../shared/data/kapp/cases";
  return existsSync(folder) ? folder : undefined;
}

export function readCases(folder: string): CaseFile[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "case.json")))
    .sort()
    .map((name) => readCase(join(folder, name), name));
}

function readCase(dir: string, name: string): CaseFile {
  const namespace = `kg-${name}`;
  // The file is ours to trust: it was recorded, and the runner fails on anything that does not fit.
  const raw = JSON.parse(withNamespace(readFileSync(join(dir, "case.json"), "utf8"), namespace)) as Partial<CaseFile>;
  return {
    name,
    dir,
    namespace,
    description: raw.description ?? "",
    tags: raw.tags ?? [],
    namespaces: raw.namespaces ?? [namespace],
    extraNamespaces: raw.extraNamespaces ?? [],
    steps: raw.steps ?? [],
    statusKinds: raw.statusKinds ?? [],
  };
}

/** `NS` as a whole word means the case's namespace. */
export function withNamespace(text: string, namespace: string): string {
  return text.replace(/\bNS\b/g, namespace);
}

export function expectedStep(file: CaseFile, number: number): ExpectedStep {
  return JSON.parse(readFileSync(join(file.dir, "expected", `step${number}.json`), "utf8")) as ExpectedStep;
}

export function expectedState(file: CaseFile, number: number): ExpectedState {
  return parse(readFileSync(join(file.dir, "expected", `step${number}.state.yaml`), "utf8")) as ExpectedState;
}

export function expectedDiff(file: CaseFile, number: number): string {
  const path = join(file.dir, "expected", `step${number}.diff.txt`);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
