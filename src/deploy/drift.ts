/** What somebody else changed on an object since it was deployed, and who (design.md §6). Reads nothing and writes nothing. */
import { isMap, type Json, type KubeObject } from "../resource/index.ts";
import { defaultConfig, type DeployConfig } from "./config/deploy-config.ts";
import { removeField } from "./diff/field-copy.ts";
import { type FieldOwner, type FieldOwners, fieldOwners } from "./diff/field-owners.ts";
import { deployedState, withoutHistory, withoutIdentity } from "./diff/history.ts";
import { maskValues } from "./diff/mask.ts";
import { type PatchOp, patchOps } from "./diff/patch-ops.ts";
import { shownValue } from "./diff/shown-value.ts";
import type { DeploymentPlan } from "./plan-types.ts";

/** One field that is not as it was deployed. */
export interface FieldDrift {
  /** JSON pointer: `/spec/replicas`. */
  readonly path: string;
  /** As deployed, as JSON; absent for a field that was added, and for objects that keep no copy of what was deployed. */
  readonly was?: string;
  /** As found; absent for a field that was removed. Values of Secrets are masked in both, long ones clipped. */
  readonly is?: string;
  /** Who changed it; absent where the API server does not know, as with removed fields. */
  readonly by?: FieldOwner;
}

export interface ObjectDrift {
  /** `configmap/cfg (v1) namespace: default`. */
  readonly resource: string;
  /** `missing`: deleted, nobody knows by whom. `unexpected`: carries the app's label and was not deployed. */
  readonly found: "missing" | "changed" | "unexpected";
  readonly fields: readonly FieldDrift[];
  /** Fields that are left out. */
  readonly omitted: number;
}

/** Fields of one object that are told. */
const maxFields = 10;

/**
 * The fields of a live object that are not as they were deployed: what kapp's history holds against what is there. Defaults that the server
 * filled in are told apart by their owner, which is the deployer or nobody. Without history (Secrets) these are the fields that others wrote later.
 */
export function objectDrift(resource: string, live: KubeObject, config: DeployConfig = defaultConfig): ObjectDrift {
  const all = foreignChanges(live, config);
  return {
    resource,
    found: "changed",
    fields: all.slice(0, maxFields).map(asField),
    omitted: Math.max(0, all.length - maxFields),
  };
}

/** What a plan repairs, if its input is what was deployed before. */
export function planDrift(plan: DeploymentPlan): ObjectDrift[] {
  return plan.steps.flatMap(({ op, description: resource, live }): ObjectDrift[] => {
    if (op === "create") return [{ resource, found: "missing", fields: [], omitted: 0 }];
    if (op === "delete") return [{ resource, found: "unexpected", fields: [], omitted: 0 }];
    return op === "update" && live !== undefined ? [objectDrift(resource, live, plan.config)] : [];
  });
}

/** Values are masked already. */
interface Change {
  readonly path: readonly string[];
  readonly was?: Json;
  readonly is?: Json;
}

type OwnedChange = Change & { readonly owner: ReturnType<FieldOwners["ownerOf"]> };

function foreignChanges(live: KubeObject, config: DeployConfig): readonly OwnedChange[] {
  const owners = fieldOwners(live);
  const mask = maskValues(config.maskRules);
  const found = withoutHistory(withoutIdentity(live), config);
  const before = mask(deployedState(live, config) ?? withoutContent(found));
  const changes = changesOf(patchOps(before, mask(found))).map((change) => ({
    ...change,
    owner: owners.ownerOf(change.path),
  }));
  const foreign = changes.filter((change) => isForeign(change, owners.deployedAt));
  if (foreign.length > 0) return foreign;
  // Somebody wrote under the deployer's name: what differs from the deployed value is all that can be told.
  return changes.filter(({ was, is }) => was !== undefined && is !== undefined);
}

function isForeign({ was, is, owner }: OwnedChange, deployedAt: string): boolean {
  // API servers leave out what says nothing.
  if (is === undefined) return !isBlank(was);
  if (owner === undefined) return was !== undefined;
  return !owner.isDeployer && (owner.at === "" || owner.at >= deployedAt);
}

function isBlank(value: Json | undefined): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}

/** Each difference is a test and what follows from it; an added map is told by its members, which may have several owners. */
function changesOf(ops: readonly PatchOp[]): readonly Change[] {
  return ops.flatMap((test, index): readonly Change[] => {
    const change = ops[index + 1];
    if (change === undefined || (test.op !== "test" && test.op !== "test-absent")) return [];
    const path = test.path.split("/").slice(1).map(unescapePointer);
    const was = test.op === "test" ? { was: test.value } : {};
    if (change.op !== "replace") return [{ path, ...was }];
    return test.op === "test" ? [{ path, ...was, is: change.value }] : addedFields(path, change.value);
  });
}

function addedFields(path: readonly string[], value: Json): readonly Change[] {
  if (!isMap(value) || Object.keys(value).length === 0) return [{ path, is: value }];
  return Object.entries(value).flatMap(([key, inner]) => addedFields([...path, key], inner ?? null));
}

function withoutContent(object: KubeObject): KubeObject {
  const { apiVersion = null, kind = null, metadata = null } = object;
  return ["labels", "annotations"].reduce<KubeObject>((result, field) => removeField(result, ["metadata", field]), {
    apiVersion,
    kind,
    metadata,
  });
}

function asField({ path, was, is, owner }: OwnedChange): FieldDrift {
  const pointer = path.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  // Nobody owns what is gone; whoever owns the rest of it did not remove it.
  const by = is === undefined || owner === undefined || owner.isDeployer ? undefined : owner;
  return {
    path: pointer,
    ...(was === undefined ? {} : { was: shownValue(was) }),
    ...(is === undefined ? {} : { is: shownValue(is) }),
    ...(by === undefined
      ? {}
      : { by: { manager: by.manager, operation: by.operation, at: by.at, subresource: by.subresource } }),
  };
}

function unescapePointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
