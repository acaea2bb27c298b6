import { assertNever } from "../base/index.ts";
import { formatGoDuration } from "./options/go-duration.ts";
import { deletionLimitText } from "./text/deletion-limit-text.ts";
import { missingAppText } from "./text/missing-app-text.ts";

/** What a failing call on the cluster was meant to do, in kapp's words (kapp.md §6.1). */
export type CallVerb = "Creating" | "Updating" | "Patching" | "Deleting" | "Getting" | "Checking existence of";

/** Why a deploy or delete did not happen or not succeed. Callers switch on `code`, never on text. */
export type DeployFailure =
  | { readonly code: "DEPLOY_OPTION_FORMAT"; readonly flag: string }
  | { readonly code: "DEPLOY_OPTION_FORBIDDEN"; readonly flag: string }
  | { readonly code: "DEPLOY_OPTION_UNSUPPORTED"; readonly flag: string }
  | {
      readonly code: "DEPLOY_OPTION_VALUE";
      readonly flag: string;
      readonly value: string;
      /** Stands alone when the text is not about one argument (`Expected label to be in …`). */
      readonly problem: string;
      readonly whole: boolean;
    }
  | { readonly code: "DEPLOY_INPUT_INVALID"; readonly errors: readonly string[] }
  | {
      readonly code: "DEPLOY_INPUT_DUPLICATE";
      readonly resources: readonly string[];
      /** Where each was rendered from, to stand behind it; empty texts where that is unknown. */
      readonly hints: readonly string[];
    }
  | {
      readonly code: "DEPLOY_LIST_ITEM";
      readonly origin: string;
      readonly hint: string;
      readonly found: string;
    }
  | {
      readonly code: "DEPLOY_CONFIG";
      readonly resource: string;
      /** A ConfigMap that holds a Config. */
      readonly isLabelled: boolean;
      readonly problem: string;
      readonly hint: string;
    }
  /** A name in the `preflightRules` of a Config. */
  | {
      readonly code: "DEPLOY_PREFLIGHT_RULE";
      readonly check: string;
      readonly problem: "unknown" | "duplicate";
    }
  /** Preflight checks that failed, each with its lines. */
  | {
      readonly code: "DEPLOY_PREFLIGHT";
      readonly checks: readonly { readonly check: string; readonly problem: string }[];
    }
  | { readonly code: "DEPLOY_NAMESPACE_UNMAPPED"; readonly namespace: string }
  | { readonly code: "DEPLOY_KIND_UNKNOWN"; readonly groupVersionKind: string; readonly resource: string }
  | { readonly code: "DEPLOY_TYPE_MISSING"; readonly resource: string }
  | {
      readonly code: "DEPLOY_ANNOTATION_VALUE";
      readonly resource: string;
      readonly annotation: string;
      readonly message: string;
    }
  | {
      readonly code: "DEPLOY_STRATEGY_UNKNOWN";
      readonly strategy: "create" | "update" | "delete";
      readonly value: string;
      readonly resource: string;
    }
  | {
      readonly code: "DEPLOY_OBJECT_SIZE";
      readonly resource: string;
      readonly bytes: number;
      readonly maxBytes: number;
    }
  | { readonly code: "DEPLOY_EMPTY" }
  | {
      readonly code: "DEPLOY_DELETION_LIMIT";
      /** What would be pruned. */
      readonly resources: readonly string[];
      /** Objects of the app. */
      readonly total: number;
      readonly maxObjects?: number;
      readonly maxPercent?: number;
      /** What an approval names. */
      readonly digest: string;
    }
  | { readonly code: "DEPLOY_OWNERSHIP"; readonly errors: readonly string[] }
  | { readonly code: "DEPLOY_DISALLOWED_LABEL"; readonly label: string; readonly resources: readonly string[] }
  | {
      readonly code: "DEPLOY_RULE_INVALID";
      readonly resource: string;
      readonly message: string;
      readonly named: boolean;
    }
  | { readonly code: "DEPLOY_CHANGE_CYCLE"; readonly path: readonly string[]; readonly repeated: string }
  | {
      readonly code: "DEPLOY_RECORD_UNREADABLE";
      readonly app: string;
      readonly namespace: string;
      readonly configMap: string;
      readonly problem: string;
    }
  /** `elsewhere`: namespaces that have the record of an app of this name. */
  | {
      readonly code: "DEPLOY_APP_MISSING";
      readonly app: string;
      readonly namespace: string;
      readonly elsewhere: readonly string[];
    }
  | { readonly code: "DEPLOY_RECORD_LABEL"; readonly label: string }
  | { readonly code: "DEPLOY_REBASE"; readonly resource: string; readonly problem: string }
  | { readonly code: "DEPLOY_REFERENCE"; readonly message: string }
  | { readonly code: "DEPLOY_LIST_INCOMPLETE"; readonly what: string; readonly reason: string }
  | {
      readonly code: "DEPLOY_API";
      /** `create`, `update`, `delete`, `exists`: the change; empty outside of one. */
      readonly op: string;
      readonly verb: CallVerb;
      readonly resource: string;
      readonly status: number;
      readonly reason: string;
      /** The API server's words, without Secret values. */
      readonly message: string;
    }
  /** A read that is about no resource of the input: its message says what was attempted. */
  | { readonly code: "DEPLOY_CALL"; readonly status: number; readonly reason: string; readonly message: string }
  | { readonly code: "DEPLOY_EXTERNAL_MISSING"; readonly resource: string }
  | {
      readonly code: "DEPLOY_CONFLICT";
      readonly op: string;
      readonly resource: string;
      readonly problem: string;
      readonly cause: string;
      readonly diff: string;
    }
  | { readonly code: "DEPLOY_RECALCULATION"; readonly op: string; readonly resource: string; readonly problem: string }
  | { readonly code: "DEPLOY_APPLY_TIMEOUT"; readonly timeoutMs: number; readonly last: DeployFailure }
  | { readonly code: "DEPLOY_RESOURCE_TIMEOUT"; readonly timeoutMs: number }
  | {
      readonly code: "DEPLOY_WAIT_TIMEOUT";
      readonly timeoutMs: number;
      readonly resources: readonly string[];
      readonly reasons: readonly string[];
    }
  | {
      readonly code: "DEPLOY_WAIT_FAILED";
      readonly waitOp: string;
      readonly resource: string;
      readonly message: string;
      /** Lines that say why, beside kapp's own text: faults of Pods and what containers wrote. May be empty. */
      readonly reasons: readonly string[];
    }
  | {
      readonly code: "DEPLOY_WAIT_ERROR";
      readonly waitOp: string;
      readonly resource: string;
      readonly cause: DeployFailure;
    }
  | { readonly code: "DEPLOY_SEVERAL"; readonly failures: readonly DeployFailure[] }
  | {
      readonly code: "DEPLOY_BLOCKED";
      readonly applied: number;
      readonly total: number;
      readonly resources: readonly string[];
    }
  | { readonly code: "DEPLOY_NOT_GONE"; readonly resources: readonly string[] }
  | { readonly code: "DEPLOY_FENCED"; readonly epoch: number; readonly found: number };

/** A failed deploy. `retryable` tells whether the same input may succeed later without anybody changing it. */
export class DeployError extends Error {
  override readonly name: string = "DeployError";
  readonly failure: DeployFailure;
  readonly retryable: boolean;
  constructor(failure: DeployFailure, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(failureText(failure), options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.retryable = options.retryable ?? isRetryable(failure);
  }
}

/**
 * The failure in kapp's words where kapp has them, in one line with causes after `: `; what lateen knows besides follows in lines that begin with
 * `lateen: `.
 */
export function failureText(failure: DeployFailure): string {
  return [kappText(failure), ...reasonsOf(failure).map((reason) => `lateen: ${reason}`)].join("\n");
}

function reasonsOf(failure: DeployFailure): readonly string[] {
  switch (failure.code) {
    case "DEPLOY_WAIT_TIMEOUT":
    case "DEPLOY_WAIT_FAILED":
      return failure.reasons;
    case "DEPLOY_SEVERAL":
      return failure.failures.flatMap(reasonsOf);
    default:
      return [];
  }
}

function kappText(failure: DeployFailure): string {
  switch (failure.code) {
    case "DEPLOY_OPTION_FORMAT":
      return `Expected flag '${failure.flag}' to be in '--name=val' format`;
    case "DEPLOY_OPTION_FORBIDDEN":
      return `Unexpected flag '${failure.flag}' specified (either forbidden or unknown)`;
    case "DEPLOY_OPTION_UNSUPPORTED":
      return `${failure.flag} is not supported by lateen yet`;
    case "DEPLOY_OPTION_VALUE":
      return failure.whole
        ? failure.problem
        : `invalid argument ${JSON.stringify(failure.value)} for "${failure.flag}" flag: ${failure.problem}`;
    case "DEPLOY_INPUT_INVALID":
      return bulleted("Validation errors:", failure.errors);
    case "DEPLOY_INPUT_DUPLICATE":
      return bulleted(
        "Uniqueness errors:",
        failure.resources.map(
          (resource, index) =>
            `Found resource '${resource}' multiple times with different content${failure.hints[index] ?? ""}`,
        ),
      );
    case "DEPLOY_LIST_ITEM":
      return `items member is not an object: ${failure.found} (${failure.origin})${failure.hint}`;
    case "DEPLOY_CONFIG":
      return `Parsing resource '${failure.resource}' ${failure.isLabelled ? "labeled " : ""}as kapp config: ${failure.problem}${failure.hint}`;
    case "DEPLOY_PREFLIGHT_RULE":
      return `preflight configuration settings failed: ${failure.problem} preflight check in configuration: ${JSON.stringify(failure.check)}`;
    case "DEPLOY_PREFLIGHT":
      return `preflight checks failed: ${failure.checks.map(({ check, problem }) => `running preflight check ${JSON.stringify(check)}: ${problem}`).join("\n")}`;
    case "DEPLOY_NAMESPACE_UNMAPPED":
      return `Expected to find mapped namespace for '${failure.namespace}'`;
    case "DEPLOY_KIND_UNKNOWN":
      return bulleted(`Expected to find kind '${failure.groupVersionKind}', but did not:`, [
        "Kubernetes API server did not have matching apiVersion + kind",
        "No matching CRD was found in given configuration",
      ]);
    case "DEPLOY_TYPE_MISSING":
      return `Expected to find type for resource: ${failure.resource}`;
    case "DEPLOY_ANNOTATION_VALUE":
      return failure.message;
    case "DEPLOY_STRATEGY_UNKNOWN":
      return `Unknown ${failure.strategy} strategy: ${failure.value} (hint: of ${failure.resource})`;
    case "DEPLOY_OBJECT_SIZE":
      return `Resource '${failure.resource}' has ${failure.bytes} bytes as JSON, more than the ${failure.maxBytes} (1.5 MiB) that an API server stores`;
    case "DEPLOY_EMPTY":
      return "Trying to apply empty set of resources will result in deletion of resources on cluster. Refusing to continue unless --dangerous-allow-empty-list-of-resources is specified.";
    case "DEPLOY_DELETION_LIMIT":
      return deletionLimitText(failure);
    case "DEPLOY_OWNERSHIP":
      return bulleted("Ownership errors:", failure.errors);
    case "DEPLOY_DISALLOWED_LABEL":
      return bulleted(
        "Disallowed labels errors:",
        failure.resources.map((resource) => `Resource '${resource}' has a disallowed label '${failure.label}'`),
      );
    case "DEPLOY_RULE_INVALID":
      return `Change graph: Calculating required deps: ${failure.named ? `Resource ${failure.resource}: ` : ""}${failure.message}`;
    case "DEPLOY_CHANGE_CYCLE":
      return `Detected cycle while ordering changes: ${failure.path.map((step) => `[${step}]`).join(" -> ")} (found repeated: ${failure.repeated})`;
    case "DEPLOY_RECORD_UNREADABLE":
      return `App '${failure.app}' (namespace: ${failure.namespace}) backed by ConfigMap '${failure.configMap}' did not contain parseable app metadata: ${failure.problem} (hint: ConfigMap was overriden by another user?)`;
    case "DEPLOY_APP_MISSING":
      return missingAppText(failure.app, failure.namespace, failure.elsewhere);
    case "DEPLOY_RECORD_LABEL":
      return `Expected label '${failure.label}' value to remain same`;
    case "DEPLOY_REBASE":
      return `Applying rebase rule to ${failure.resource}: ${failure.problem}`;
    case "DEPLOY_REFERENCE":
      return failure.message;
    case "DEPLOY_LIST_INCOMPLETE":
      return `Listing ${failure.what}: ${failure.reason} (nothing was changed: an incomplete list never leads to a deletion)`;
    case "DEPLOY_API":
      return apiText(failure);
    case "DEPLOY_CALL":
      return failure.message;
    case "DEPLOY_EXTERNAL_MISSING":
      return `exists ${failure.resource}: External resource doesn't exists`;
    case "DEPLOY_CONFLICT":
      return `${failure.op} ${failure.resource}: ${failure.problem}: ${failure.cause}${failure.diff === "" ? "" : `: Recalculated diff:\n${failure.diff}`}`;
    case "DEPLOY_RECALCULATION":
      return `${failure.op} ${failure.resource}: ${failure.problem}`;
    case "DEPLOY_APPLY_TIMEOUT":
      return `Timed out waiting after ${formatGoDuration(failure.timeoutMs)}: Last error: ${failureText(failure.last)}`;
    case "DEPLOY_RESOURCE_TIMEOUT":
      return `Resource timed out waiting after ${formatGoDuration(failure.timeoutMs)}`;
    case "DEPLOY_WAIT_TIMEOUT":
      return `Timed out waiting after ${formatGoDuration(failure.timeoutMs)} for resources: [${failure.resources.join(", ")}]`;
    case "DEPLOY_WAIT_FAILED":
      return `waiting on ${failure.waitOp} ${failure.resource}: Finished unsuccessfully (${failure.message})`;
    case "DEPLOY_WAIT_ERROR":
      return `waiting on ${failure.waitOp} ${failure.resource}: Errored: ${failureText(failure.cause)}`;
    case "DEPLOY_SEVERAL":
      return `[${failure.failures.map(kappText).join(", ")}]`;
    case "DEPLOY_BLOCKED":
      return `Internal inconsistency: did not apply all changes: ${failure.applied} != ${failure.total} (blocked: ${failure.resources.join(", ")})`;
    case "DEPLOY_NOT_GONE":
      return `Expected all resources to be gone, but found: ${failure.resources.join(", ")}`;
    case "DEPLOY_FENCED":
      return `Another run took over this app (its epoch is ${failure.found}, ours ${failure.epoch}): stopped before the next write`;
    default:
      return assertNever(failure);
  }
}

/** Whether the failure is kapp-controller's own, told without the `kapp: Error: ` in front (app.md §1.5). */
export function isControllerFailure(failure: DeployFailure): boolean {
  return (
    failure.code === "DEPLOY_OPTION_FORMAT" ||
    failure.code === "DEPLOY_OPTION_FORBIDDEN" ||
    failure.code === "DEPLOY_OPTION_UNSUPPORTED"
  );
}

function apiText(failure: DeployFailure & { readonly code: "DEPLOY_API" }): string {
  const said =
    failure.reason === "" && failure.status === 0
      ? failure.message
      : `API server says: ${failure.message} (reason: ${failure.reason})`;
  const hint = failure.message.includes("the server does not allow this method on the requested resource")
    ? " (hint: resource is possibly not namespaced but must be)"
    : failure.message.includes("the server could not find the requested resource")
      ? " (hint: resource is possibly namespaced but cannot be)"
      : "";
  const call = `${failure.verb} resource ${failure.resource}: ${said}${hint}`;
  return failure.op === "" ? call : `${failure.op} ${failure.resource}: ${call}`;
}

function bulleted(head: string, errors: readonly string[]): string {
  return [head, ...errors.map((error) => `- ${error}`)].join("\n");
}

/** Input faults stay until somebody edits something; what the cluster said may be different next time. */
function isRetryable(failure: DeployFailure): boolean {
  switch (failure.code) {
    case "DEPLOY_API":
    case "DEPLOY_CALL":
    case "DEPLOY_EXTERNAL_MISSING":
    case "DEPLOY_CONFLICT":
    case "DEPLOY_RECALCULATION":
    case "DEPLOY_APPLY_TIMEOUT":
    case "DEPLOY_RESOURCE_TIMEOUT":
    case "DEPLOY_WAIT_TIMEOUT":
    case "DEPLOY_WAIT_FAILED":
    case "DEPLOY_WAIT_ERROR":
    case "DEPLOY_SEVERAL":
    case "DEPLOY_BLOCKED":
    case "DEPLOY_NOT_GONE":
    case "DEPLOY_LIST_INCOMPLETE":
    case "DEPLOY_APP_MISSING":
    case "DEPLOY_OWNERSHIP":
    case "DEPLOY_KIND_UNKNOWN":
    case "DEPLOY_TYPE_MISSING":
    case "DEPLOY_PREFLIGHT":
      return true;
    default:
      return false;
  }
}
