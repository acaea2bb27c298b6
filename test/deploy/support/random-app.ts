/** Random Apps of mixed kinds for property tests: some resources with change rules that never contradict one another. */
import fc from "fast-check";
import { yaml } from "./deploy.ts";

/** A resource named `r<index>`, in the change group `g<index>`. */
export interface Item {
  readonly index: number;
  readonly kind: (typeof kinds)[number];
  readonly value: number;
  /** Indexes of resources after whose upserts it is upserted. All are lower: there is no cycle. */
  readonly after: readonly number[];
  /** Indexes of resources before whose upserts it is upserted; all are higher. */
  readonly before: readonly number[];
  /** Indexes of resources after whose deletion it is deleted; all are lower. */
  readonly deletedAfter: readonly number[];
}

export type RandomApp = readonly Item[];

const kinds = ["ConfigMap", "Secret", "Service", "ServiceAccount", "Role", "RoleBinding", "Widget"] as const;
const size = 9;
const indexes = fc.array(fc.nat({ max: size - 1 }), { maxLength: 2 });

export const randomApps: fc.Arbitrary<RandomApp> = fc
  .array(
    fc.option(
      fc.record({
        kind: fc.constantFrom(...kinds),
        value: fc.nat({ max: 2 }),
        after: indexes,
        before: indexes,
        deletedAfter: indexes,
      }),
      { freq: 3 },
    ),
    { minLength: 1, maxLength: size },
  )
  .map((slots) =>
    slots.flatMap((slot, index) => {
      if (slot === null) return [];
      const lower = (others: readonly number[]): readonly number[] => others.filter((other) => other < index);
      return [
        {
          ...slot,
          index,
          after: lower(slot.after),
          before: slot.before.filter((other) => other > index),
          deletedAfter: lower(slot.deletedAfter),
        },
      ];
    }),
  )
  .filter((items) => items.length > 0);

const apiVersions: Readonly<Record<Item["kind"], string>> = {
  ConfigMap: "v1",
  Secret: "v1",
  Service: "v1",
  ServiceAccount: "v1",
  Role: "rbac.authorization.k8s.io/v1",
  RoleBinding: "rbac.authorization.k8s.io/v1",
  Widget: "example.com/v1",
};

/** The CRD of Widgets, which each of these Apps brings along. */
const widgets = JSON.stringify({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets" },
    versions: [{ name: "v1" }],
  },
});

export function documentsOf(app: RandomApp): string[] {
  return [widgets, ...app.map((item) => JSON.stringify(objectOf(item)))].map((text) => `${text}\n`);
}

export const yamlOf = (app: RandomApp): string => yaml(...documentsOf(app));

/** As `short` writes it: `configmap/r1`. */
export const shortOf = ({ kind, index }: Item): string => `${kind.toLowerCase()}/r${index}`;

function objectOf({ index, kind, value, after, before, deletedAfter }: Item): Record<string, unknown> {
  const rules = [
    ...after.map((other) => `upsert after upserting g${other}`),
    ...before.map((other) => `upsert before upserting g${other}`),
    ...deletedAfter.map((other) => `delete after deleting g${other}`),
  ];
  const annotations = {
    "kapp.k14s.io/change-group": `g${index}`,
    ...Object.fromEntries(rules.map((rule, number) => [`kapp.k14s.io/change-rule.${number}`, rule])),
  };
  return {
    apiVersion: apiVersions[kind],
    kind,
    metadata: { name: `r${index}`, annotations },
    ...contentOf(kind, value),
  };
}

function contentOf(kind: Item["kind"], value: number): Record<string, unknown> {
  switch (kind) {
    case "ConfigMap":
      return { data: { value: String(value) } };
    case "Secret":
      return { data: { value: Buffer.from(`secret ${value}`).toString("base64") } };
    case "Service":
      return { spec: { ports: [{ port: 80 + value }] } };
    case "ServiceAccount":
      return { automountServiceAccountToken: value > 0 };
    case "Role":
      return { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"].slice(0, value + 1) }] };
    case "RoleBinding":
      return {
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "some" },
        subjects: [{ kind: "ServiceAccount", name: `user-${value}`, namespace: "app" }],
      };
    case "Widget":
      return { spec: { size: value } };
  }
}

/** Pairs of a resource and one that it must follow, by way of others too: `edges` gives what a resource follows directly. */
export function followsAll(
  app: RandomApp,
  edges: (item: Item) => readonly number[],
): readonly (readonly [Item, Item])[] {
  const byIndex = new Map(app.map((item) => [item.index, item]));
  return app.flatMap((item) => {
    const seen = new Set<number>();
    const visit = (index: number): void => {
      const next = byIndex.get(index);
      if (next === undefined) return;
      for (const other of edges(next)) {
        if (seen.has(other)) continue;
        seen.add(other);
        visit(other);
      }
    };
    visit(item.index);
    return [...seen].flatMap((index) => {
      const target = byIndex.get(index);
      return target === undefined ? [] : [[item, target] as const];
    });
  });
}

/** What an upsert follows directly: its own rules, and those of resources that say that they come before it. */
export const upsertEdges =
  (app: RandomApp) =>
  (item: Item): readonly number[] => [
    ...item.after,
    ...app.filter(({ before }) => before.includes(item.index)).map(({ index }) => index),
  ];
