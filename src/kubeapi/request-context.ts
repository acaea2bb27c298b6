import type { Clock } from "../base/index.ts";
import { ApiError, badRequest, invalid, type Subject, unsupportedValue } from "./api-error.ts";
import type { ObjectStore } from "./object-store.ts";
import type { ResolvedType, TypeRegistry } from "./registry.ts";
import type { ResourceTarget } from "./request-path.ts";
import type { Caller, HookContext } from "./served-type.ts";

/** What one API instance works with. */
export interface ApiDeps {
  readonly store: ObjectStore;
  readonly registry: TypeRegistry;
  readonly clock: Clock;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly limits: ApiLimits;
  readonly watchGate: WatchGate;
  /** Hears of failures that are nobody's input. */
  readonly report: (error: unknown, request: Request) => void;
}

/** Decides whether a caller may open one more watch, and hears of its end through the answer's body. */
export type WatchGate = (caller: Caller, open: () => Response) => Response;

export interface ApiLimits {
  /** Objects in one page of a list, whatever the client asks. A list without a limit is whole. */
  readonly maxPage: number;
  /** Milliseconds a watch lasts at most, also when the client asks for more. */
  readonly maxWatchMs: number;
  /** Milliseconds between looks at a store that cannot tell of changes. */
  readonly watchPollMs: number;
}

/** One request about a resource, after it was authorised. */
export interface ResourceRequest extends HookContext {
  readonly deps: ApiDeps;
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly target: ResourceTarget;
  readonly resolved: ResolvedType;
  /** Empty for cluster-scoped types and lists over all namespaces. */
  readonly namespace: string;
  readonly name: string;
  readonly options: WriteOptions;
  readonly warnings: readonly string[];
}

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  readonly force: boolean;
}

/** Characters of a field manager's name, as in kube-apiserver. */
const maxFieldManagerLength = 128;

/** @throws ApiError Invalid for unknown values of `dryRun` and `fieldValidation`, or an impossible field manager. */
export function parseWriteOptions(request: Request, query: URLSearchParams): WriteOptions {
  const optionsSubject: Subject = { group: "meta.k8s.io", resource: "WriteOptions", name: "" };
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  const strange = dryRun.find((value) => value !== "All");
  if (strange !== undefined) throw invalid(optionsSubject, [unsupportedValue("dryRun", strange, ["All"])]);
  const validation = query.get("fieldValidation") ?? "";
  if (validation !== "" && validation !== "Strict" && validation !== "Warn" && validation !== "Ignore")
    throw invalid(optionsSubject, [unsupportedValue("fieldValidation", validation, ["Ignore", "Strict", "Warn"])]);
  const named = query.get("fieldManager") ?? "";
  if (named.length > maxFieldManagerLength || /[^\P{C}]/u.test(named))
    throw badRequest(`fieldManager must be printable and at most ${maxFieldManagerLength} characters long`);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: named === "" ? managerFromAgent(request.headers.get("user-agent") ?? "") : named,
    fieldValidation: validation === "" ? "Warn" : validation,
    force: isTrue(query.get("force")),
  };
}

/** kube-apiserver's default: what stands before the first slash of the user agent. */
function managerFromAgent(agent: string): string {
  const name = (agent.split("/")[0] ?? "").replace(/[^\x20-\x7e]/g, "").slice(0, maxFieldManagerLength);
  return name === "" ? "unknown" : name;
}

/** As kube-apiserver reads booleans in queries: given at all means true, but for `0` and `false`. */
export const isTrue = (value: string | null): boolean =>
  value !== null && value !== "0" && value.toLowerCase() !== "false";

export const subjectOf = (resolved: ResolvedType, name: string): Subject => ({
  group: resolved.type.group,
  resource: resolved.type.plural,
  name,
});

/** Validation errors name the kind instead of the resource. */
export const kindSubjectOf = (resolved: ResolvedType, name: string): Subject => ({
  group: resolved.type.group,
  resource: resolved.type.kind,
  name,
});

export const methodNotAllowed = (message: string): ApiError => new ApiError("MethodNotAllowed", message);

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export const timestamp = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`;
