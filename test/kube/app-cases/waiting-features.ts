import { parseYaml, type RecordedCase } from "./recorded-case.ts";

/** A part of kapp-controller's surface that lateen does not have yet, told from a case's inputs. */
interface Feature {
  readonly name: string;
  /** What is missing. */
  readonly reason: string;
  readonly isUsedBy: (inputs: CaseInputs) => boolean;
}

interface CaseInputs {
  readonly recorded: RecordedCase;
  /** Every App among the files. */
  readonly apps: readonly AppSpec[];
  /** Text of all files, inline ones included. */
  readonly text: string;
}

interface AppSpec {
  readonly fetch?: readonly Readonly<Record<string, unknown>>[];
  readonly template?: readonly Readonly<Record<string, unknown>>[];
}

const fetches =
  (kind: string) =>
  ({ apps }: CaseInputs) =>
    apps.some((app) => (app.fetch ?? []).some((step) => kind in step));
const templates =
  (kind: string) =>
  ({ apps }: CaseInputs) =>
    apps.some((app) => (app.template ?? []).some((step) => kind in step));

/** The table shrinks as features arrive; a case that uses none of them must pass. */
const features: readonly Feature[] = [
  { name: "fetch.http", reason: "fetching archives over HTTP", isUsedBy: fetches("http") },
  { name: "fetch.image", reason: "fetching images", isUsedBy: fetches("image") },
  { name: "fetch.imgpkgBundle", reason: "fetching imgpkg bundles", isUsedBy: fetches("imgpkgBundle") },
  { name: "fetch.helmChart", reason: "fetching Helm charts", isUsedBy: fetches("helmChart") },
  { name: "template.kbld", reason: "resolving images", isUsedBy: templates("kbld") },
  { name: "template.sops", reason: "decrypting files", isUsedBy: templates("sops") },
  { name: "template.helmTemplate", reason: "rendering Helm charts", isUsedBy: templates("helmTemplate") },
  { name: "template.cue", reason: "rendering CUE", isUsedBy: templates("cue") },
  {
    name: "rawOptions",
    reason: "filters, logs and other forms of output",
    isUsedBy: ({ text }) =>
      /--(?:filter(?:-[a-z-]+)?|column)=|--(?:logs|logs-all|debug|json|diff-anchored)=true|--(?:tty|diff-mask)=false/.test(
        text,
      ),
  },
  {
    name: "git extras",
    reason: "git over SSH, submodules and large file storage",
    isUsedBy: ({ recorded, text }) =>
      /ssh-privatekey|__GITSSH|git-lfs\.github\.com/.test(text) ||
      [...recorded.inputs.keys()].some((path) => path.endsWith(".gitmodules")),
  },
  {
    name: "packaging",
    reason: "a controller for PackageInstalls and PackageRepositories",
    isUsedBy: ({ text }) => /kind: (?:PackageInstall|PackageRepository)$/m.test(text),
  },
];

/** The features that a case waits for; none: it must pass. */
export function waitsFor(recorded: RecordedCase): readonly { readonly name: string; readonly reason: string }[] {
  const files = [...recorded.inputs].filter(
    ([path]) => /\.ya?ml$|\.txt$|\.star$|\.lib/.test(path) || !path.includes("."),
  );
  const apps = files.flatMap(([path, text]) =>
    /\.ya?ml$/.test(path) && !path.startsWith("repo/") ? appsIn(text) : [],
  );
  const text = files.map(([, content]) => content).join("\n");
  return features.filter((feature) => feature.isUsedBy({ recorded, apps, text }));
}

function appsIn(text: string): readonly AppSpec[] {
  return parseYaml(text).flatMap((document) => {
    const { kind, spec } = document as { kind?: string; spec?: AppSpec };
    return kind === "App" && spec !== undefined ? [spec] : [];
  });
}
