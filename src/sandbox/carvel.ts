/** Carvel's kinds, and a stand-in for kapp-controller and secretgen-controller that only reports what they would. */
import { ageColumn, type PrinterColumn, type ServedType } from "../kubeapi/index.ts";
import { type Json, type JsonMap, type KubeObject, kindOf, nameOf, namespaceOf, own } from "../resource/index.ts";
import { behaviourOf, timeText, type World } from "./world.ts";

const description: PrinterColumn = { name: "Description", type: "string", value: ".status.friendlyDescription" };

function carvelType(
  type: Pick<ServedType, "group" | "kind" | "plural"> & {
    readonly short?: string;
    readonly columns: readonly PrinterColumn[];
  },
): ServedType {
  const { short, columns, ...identity } = type;
  return {
    ...identity,
    namespaced: true,
    flavour: "custom",
    statusSubresource: true,
    categories: ["carvel"],
    ...(short !== undefined && { shortNames: [short] }),
    versions: [{ name: "v1alpha1", columns }],
  };
}

const text = (name: string, value: string): PrinterColumn => ({ name, type: "string", value });

export const carvelTypes: readonly ServedType[] = [
  carvelType({
    group: "kappctrl.k14s.io",
    kind: "App",
    plural: "apps",
    columns: [description, { name: "Since-Deploy", type: "date", value: ".status.deploy.startedAt" }, ageColumn],
  }),
  carvelType({
    group: "packaging.carvel.dev",
    kind: "PackageInstall",
    plural: "packageinstalls",
    short: "pkgi",
    columns: [
      text("Package Name", ".spec.packageRef.refName"),
      text("Package Version", ".status.version"),
      description,
      ageColumn,
    ],
  }),
  carvelType({
    group: "packaging.carvel.dev",
    kind: "PackageRepository",
    plural: "packagerepositories",
    short: "pkgr",
    columns: [ageColumn, description],
  }),
  carvelType({
    group: "data.packaging.carvel.dev",
    kind: "Package",
    plural: "packages",
    short: "pkg",
    columns: [text("PackageMetadata Name", ".spec.refName"), text("Version", ".spec.version"), ageColumn],
  }),
  carvelType({
    group: "data.packaging.carvel.dev",
    kind: "PackageMetadata",
    plural: "packagemetadatas",
    short: "pkgm",
    columns: [
      text("Display Name", ".spec.displayName"),
      text("Short Description", ".spec.shortDescription"),
      ageColumn,
    ],
  }),
  carvelType({
    group: "secretgen.carvel.dev",
    kind: "SecretExport",
    plural: "secretexports",
    columns: [description, ageColumn],
  }),
  carvelType({
    group: "secretgen.carvel.dev",
    kind: "SecretImport",
    plural: "secretimports",
    columns: [description, ageColumn],
  }),
];

/** The finalizers that kapp-controller puts on what it has installed. */
const finalizers: ReadonlyMap<string, string> = new Map([
  ["App", "finalizers.kapp-ctrl.k14s.io/delete"],
  ["PackageInstall", "finalizers.packageinstall.packaging.carvel.dev/delete"],
]);

const reconciled: ReadonlySet<string> = new Set([
  "App",
  "PackageInstall",
  "PackageRepository",
  "SecretExport",
  "SecretImport",
]);

/** Pauses between tries of something that cannot succeed yet, in reconcile delays. */
const retryFactor = 4;

/** Looks after an object of one of Carvel's kinds; other kinds are left alone. */
export function simulateCarvel(object: KubeObject, world: World): void {
  const kind = kindOf(object);
  if (!reconciled.has(kind)) return;
  const target = { kind, namespace: namespaceOf(object), name: nameOf(object) };
  const key = `${kind}/${target.namespace}/${target.name}`;
  const act = async (): Promise<void> => {
    const live = await world.get(kind, target.namespace, target.name);
    if (live === undefined) return;
    const finalizer = finalizers.get(kind);
    if (own(own(live, "metadata"), "deletionTimestamp") !== undefined) {
      await world.patch(target, { metadata: { finalizers: withoutFinalizer(live, finalizer) } });
      return;
    }
    if (behaviourOf(live) === "never-ready") return;
    if (finalizer !== undefined && !finalizersOf(live).includes(finalizer))
      await world.patch(target, { metadata: { finalizers: [...finalizersOf(live), finalizer] } });
    const outcome = await outcomeOf(live, world);
    await world.patch(target, { status: statusFor(live, outcome, world) }, "status");
    if ("problem" in outcome) world.later(key, world.reconcileDelayMs * retryFactor, act);
  };
  const generation = own(own(object, "metadata"), "generation");
  if (
    own(own(object, "status"), "observedGeneration") !== generation &&
    own(own(object, "metadata"), "deletionTimestamp") === undefined
  )
    world.later(`${key}/start`, 0, () =>
      world.patch(
        target,
        {
          status: {
            observedGeneration: generation ?? 1,
            friendlyDescription: "Reconciling",
            conditions: [{ type: "Reconciling", status: "True" }],
          },
        },
        "status",
      ),
    );
  world.later(key, world.reconcileDelayMs, act);
}

type Outcome = { readonly version?: string } | { readonly problem: string };

async function outcomeOf(object: KubeObject, world: World): Promise<Outcome> {
  if (behaviourOf(object) === "fail") return { problem: "the sandbox was asked to fail" };
  if (kindOf(object) !== "PackageInstall") return {};
  const namespace = namespaceOf(object);
  const account = own(own(object, "spec"), "serviceAccountName");
  if (typeof account === "string" && (await world.get("ServiceAccount", namespace, account)) === undefined)
    return { problem: `Getting service account: serviceaccounts "${account}" not found` };
  const reference = own(own(object, "spec"), "packageRef");
  const name = textAt(reference, "refName");
  const constraints = textAt(own(reference, "versionSelection"), "constraints");
  const versions = (await world.list("Package", namespace))
    .filter((one) => textAt(own(one, "spec"), "refName") === name)
    .map((one) => textAt(own(one, "spec"), "version"));
  const isExact = /^[\w.+-]+$/.test(constraints) && constraints !== "";
  if (isExact) {
    // Without any Package of that name the sandbox takes the repository to hold what is asked for.
    return versions.length === 0 || versions.includes(constraints)
      ? { version: constraints }
      : {
          problem: `Expected to find at least one version, but did not (details: all=${versions.length} -> after-constraints-filter=0): package ${name} ${constraints}`,
        };
  }
  const newest = versions.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  return newest === undefined ? { problem: `Package ${name} not found` } : { version: newest };
}

function statusFor(object: KubeObject, outcome: Outcome, world: World): JsonMap {
  const at = timeText(world.clock.now());
  const failed = "problem" in outcome;
  const version = failed ? undefined : outcome.version;
  return {
    observedGeneration: own(own(object, "metadata"), "generation") ?? 1,
    conditions: [
      {
        type: failed ? "ReconcileFailed" : "ReconcileSucceeded",
        status: "True",
        ...(failed && { message: outcome.problem }),
      },
    ],
    friendlyDescription: failed ? `Reconcile failed: ${outcome.problem}` : "Reconcile succeeded",
    usefulErrorMessage: failed ? outcome.problem : null,
    ...(version !== undefined && { version, lastAttemptedVersion: version }),
    ...(kindOf(object) === "App" && {
      deploy: { startedAt: at, updatedAt: at, exitCode: failed ? 1 : 0, finished: true },
    }),
  };
}

function finalizersOf(object: KubeObject): readonly string[] {
  const list = own(own(object, "metadata"), "finalizers");
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}

const withoutFinalizer = (object: KubeObject, finalizer: string | undefined): readonly string[] =>
  finalizersOf(object).filter((one) => one !== finalizer);

function textAt(value: Json | undefined, key: string): string {
  const member = own(value, key);
  return typeof member === "string" ? member : "";
}
