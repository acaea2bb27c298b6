import type { ControlPlane } from "./control-plane.ts";

interface PackagingType {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  /** Column name to path, beside name and age. */
  readonly columns: Readonly<Record<string, string>>;
}

const types: readonly PackagingType[] = [
  {
    group: "packaging.carvel.dev",
    kind: "PackageRepository",
    plural: "packagerepositories",
    shortName: "pkgr",
    columns: { Description: ".status.friendlyDescription" },
  },
  {
    group: "packaging.carvel.dev",
    kind: "PackageInstall",
    plural: "packageinstalls",
    shortName: "pkgi",
    columns: {
      "Package name": ".spec.packageRef.refName",
      "Package version": ".status.version",
      Description: ".status.friendlyDescription",
    },
  },
  {
    group: "data.packaging.carvel.dev",
    kind: "Package",
    plural: "packages",
    shortName: "pkg",
    columns: { Packagemetadata: ".spec.refName", Version: ".spec.version" },
  },
  {
    group: "data.packaging.carvel.dev",
    kind: "PackageMetadata",
    plural: "packagemetadatas",
    shortName: "pkgm",
    columns: { Display: ".spec.displayName" },
  },
];

/** Installs the packaging kinds, which take any spec and status, and waits until they are served. */
export async function installPackagingTypes(plane: ControlPlane): Promise<void> {
  const definitions = types.map((type) => JSON.stringify(definitionOf(type)));
  await plane.kubectl(["apply", "--server-side", "-f", "-"], { input: definitions.join("\n---\n") });
  const names = types.map(({ plural, group }) => `crd/${plural}.${group}`);
  await plane.kubectl(["wait", "--for=condition=Established", "--timeout=30s", ...names]);
}

function definitionOf({ group, kind, plural, shortName, columns }: PackagingType): unknown {
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), shortNames: [shortName] },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            ...Object.entries(columns).map(([name, jsonPath]) => ({ name, type: "string", jsonPath })),
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
          schema: { openAPIV3Schema: { type: "object", properties: { spec: anything, status: anything } } },
        },
      ],
    },
  };
}
