import type { JsonMap } from "../resource/index.ts";

/**
 * The App's structural schema (OpenAPI v3, app.md §1 and §2): one value from which fields are pruned, types are checked and
 * `kubectl explain` is answered. It holds no enum, pattern or minimum: what a field means is checked when its stage runs.
 */
export interface Schema {
  readonly type: "object" | "array" | "string" | "boolean" | "integer";
  readonly description?: string;
  readonly format?: "int64" | "date-time";
  readonly nullable?: true;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
}

const object = (properties: Readonly<Record<string, Schema>>, description?: string): Schema => ({
  type: "object",
  ...(description === undefined ? {} : { description }),
  properties,
});
const list = (items: Schema, description?: string): Schema => ({
  type: "array",
  ...(description === undefined ? {} : { description }),
  items,
});
const text = (description?: string): Schema => ({
  type: "string",
  ...(description === undefined ? {} : { description }),
});
const flag = (description?: string): Schema => ({
  type: "boolean",
  ...(description === undefined ? {} : { description }),
});
const integer = (description?: string): Schema => ({
  type: "integer",
  format: "int64",
  ...(description === undefined ? {} : { description }),
});
const time = (description?: string): Schema => ({
  type: "string",
  format: "date-time",
  nullable: true,
  ...(description === undefined ? {} : { description }),
});

const named = (description: string): Schema => object({ name: text() }, description);
const secretRef: Schema = named("Secret in the App's namespace.");
const selection: Schema = object(
  {
    semver: object({
      constraints: text("Version constraints, e.g. `>=1.2.0 <2.0.0`."),
      prereleases: object({ identifiers: list(text()) }),
    }),
  },
  "Chooses the highest version that satisfies the constraints.",
);
const sourceOfFiles: Schema = object({ name: text(), directoryPath: text("Folder in which the keys become files.") });
const inline: Schema = object({
  paths: { type: "object", description: "Contents by file path.", additionalProperties: text() },
  pathsFrom: list(
    object({ secretRef: sourceOfFiles, configMapRef: sourceOfFiles }),
    "Secrets and ConfigMaps whose keys become files.",
  ),
});
const versions: Schema = object({ version: text() });
const groupVersions: Schema = object({ groupVersions: list(text()) });
const valuesFrom: Schema = list(
  object({
    secretRef: named("Every key is a values file."),
    configMapRef: named("Every key is a values file."),
    path: text("File or folder of the fetched files, `-` for the step before."),
    downwardAPI: object({
      items: list(
        object({
          name: text("Name of the value; dots nest."),
          fieldPath: text(),
          kubernetesVersion: versions,
          kappControllerVersion: versions,
          kubernetesAPIs: groupVersions,
        }),
      ),
    }),
  }),
  "Values for the templates, later ones win.",
);
const paths = (description: string): Schema => list(text(), description);
const privateKeys: Schema = object({ privateKeysSecretRef: secretRef });

const fetchStep: Schema = object({
  path: text("Folder for this entry's files; default is its index, or the root when it is the only entry."),
  inline,
  image: object({ url: text(), tagSelection: selection, secretRef, subPath: text() }, "Files of a container image."),
  http: object({ url: text(), sha256: text(), secretRef, subPath: text() }, "A file or archive behind a URL."),
  git: object(
    {
      url: text("Repository, over https or ssh."),
      ref: text("`origin/BRANCH`, branch, tag or commit."),
      refSelection: selection,
      secretRef,
      subPath: text("Only this folder of the repository."),
      lfsSkipSmudge: flag(),
      forceHTTPBasicAuth: flag("Send the credentials with the first request."),
      depth: integer("History to fetch; default 1, 0 is all."),
    },
    "Files of a git repository.",
  ),
  helmChart: object({ name: text(), version: text(), repository: object({ url: text(), secretRef }) }, "A Helm chart."),
  imgpkgBundle: object({ image: text(), tagSelection: selection, secretRef }, "Files of an imgpkg bundle."),
});

const templateStep: Schema = object({
  ytt: object(
    {
      ignoreUnknownComments: flag(),
      strict: flag(),
      inline,
      paths: paths("Files and folders to template, `-` for the step before; default everything."),
      fileMarks: list(text()),
      valuesFrom,
    },
    "Render with ytt; plain YAML passes through.",
  ),
  kbld: object({ paths: paths("Files and folders, `-` for the step before.") }, "Resolve image references to digests."),
  helmTemplate: object(
    {
      name: text(),
      namespace: text(),
      path: text(),
      valuesFrom,
      kubernetesVersion: versions,
      kubernetesAPIs: groupVersions,
    },
    "Render a Helm chart.",
  ),
  kustomize: object({}, "Not implemented."),
  jsonnet: object({}, "Not implemented."),
  sops: object({ pgp: privateKeys, age: privateKeys, paths: paths("Files and folders to decrypt.") }, "Decrypt files."),
  cue: object(
    { paths: paths("Files and folders."), valuesFrom, inputExpression: text(), outputExpression: text() },
    "Render with CUE.",
  ),
});

const rawOptions: Schema = list(text(), "Options of kapp, each as `--name=value`.");
const deployStep: Schema = object({
  kapp: object(
    {
      intoNs: text("Namespace for all namespaced resources."),
      mapNs: list(text(), "Namespaces to replace, each as `from=to`."),
      rawOptions,
      inspect: object({ rawOptions }, "Also record the tree of deployed resources."),
      delete: object({ rawOptions }),
    },
    "Apply in order, wait, prune.",
  ),
});

const spec: Schema = object({
  serviceAccountName: text("Deploy to the home cluster as this ServiceAccount of the App's namespace."),
  cluster: object(
    {
      namespace: text("Namespace on the run cluster for resources without one and for the record of the App."),
      kubeconfigSecretRef: object(
        { name: text(), key: text("Default `value`.") },
        "Secret that holds the kubeconfig of the run cluster.",
      ),
    },
    "Deploy to another cluster.",
  ),
  defaultNamespace: text("Namespace for resources that name none."),
  fetch: list(fetchStep, "Where the files come from; at least one."),
  template: list(templateStep, "Steps that turn files into resources; at least one."),
  deploy: list(deployStep, "How to deploy; exactly one."),
  paused: flag("No further deploys; deletion goes on."),
  canceled: flag("No further deploys or deletion; stops the run in hand."),
  syncPeriod: text("Time between runs without a trigger, e.g. `10m`."),
  noopDelete: flag("Deleting the App leaves its resources alone."),
});

const outcome: Readonly<Record<string, Schema>> = {
  stderr: text(),
  exitCode: integer(),
  error: text(),
  updatedAt: time(),
};
const status: Schema = object({
  observedGeneration: integer(),
  conditions: list({
    ...object({ type: text(), status: text(), reason: text("Never set."), message: text() }),
    required: ["status", "type"],
  }),
  friendlyDescription: text(),
  usefulErrorMessage: text(),
  consecutiveReconcileSuccesses: integer(),
  consecutiveReconcileFailures: integer(),
  managedAppName: text("Never written."),
  fetch: object({ ...outcome, stdout: text(), startedAt: time() }),
  template: object(outcome),
  deploy: object({
    ...outcome,
    stdout: text(),
    startedAt: time(),
    finished: flag(),
    kapp: object({
      associatedResources: object({
        label: text("Label on every resource of the App."),
        namespaces: list(text()),
        groupKinds: list(object({ group: text(), kind: text() })),
      }),
    }),
  }),
  inspect: object({ ...outcome, stdout: text() }),
});

export const appSchema: Schema = {
  ...object(
    { apiVersion: text(), kind: text(), metadata: { type: "object" }, spec, status },
    "Delivers files from a source to a cluster.",
  ),
  required: ["spec"],
};

/** Structural OpenAPI v3 schema of the App, as its CustomResourceDefinition holds it. */
// A Schema is JSON through and through; its interface only names the members.
export const appOpenApiSchema: JsonMap = appSchema as unknown as JsonMap;

export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "date";
  readonly jsonPath: string;
  readonly description: string;
}

/** Columns of `kubectl get apps` after the name (app.md §2.3). */
export const appPrinterColumns: readonly PrinterColumn[] = [
  { name: "Description", type: "string", jsonPath: ".status.friendlyDescription", description: "Friendly description" },
  {
    name: "Since-Deploy",
    type: "date",
    jsonPath: ".status.deploy.startedAt",
    description: "Last time app started being deployed",
  },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
];

/** How API servers name the App: group, version and names for discovery. */
export const appResource = {
  group: "kappctrl.k14s.io",
  version: "v1alpha1",
  kind: "App",
  listKind: "AppList",
  plural: "apps",
  singular: "app",
  categories: ["carvel"],
  shortNames: [],
} as const;

/** Set on an App before its first deploy; keeps it until its resources are gone. */
export const appFinalizer = "finalizers.kapp-ctrl.k14s.io/delete";
