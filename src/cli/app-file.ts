import { readFileSync } from "node:fs";
import {
  isMap,
  type KubeObject,
  kindOf,
  nameOf,
  namespaceOf,
  parseYamlStream,
  splitApiVersion,
  apiVersionOf,
} from "../resource/index.ts";
import { UsageError } from "./exit-code.ts";

/** What `-f` gave: one App, and the Secrets and ConfigMaps that it may name. */
export interface AppFile {
  readonly app: KubeObject;
  readonly secrets: readonly KubeObject[];
  readonly configMaps: readonly KubeObject[];
  /** Objects of other kinds, as `Kind/name`: the command makes no use of them. */
  readonly unused: readonly string[];
}

const appGroup = "kappctrl.k14s.io";

/**
 * Reads YAML files (`-` is stdin) that hold an App and what belongs to it. Objects without a namespace get the App's.
 * @param choice `NAME` or `NAMESPACE/NAME`, needed where the files hold several Apps.
 * @throws UsageError that names file and line, or the Apps to choose from.
 */
export function readAppFile(paths: readonly string[], choice?: string): AppFile {
  const objects = paths.flatMap(readObjects);
  const apps = objects.filter(
    (object) => kindOf(object) === "App" && splitApiVersion(apiVersionOf(object)).group === appGroup,
  );
  const fitting =
    choice === undefined ? apps : apps.filter((app) => choice === nameOf(app) || choice === fullName(app));
  const [app] = fitting;
  if (app === undefined || fitting.length > 1) throw new UsageError(whichApp(paths, apps, fitting, choice));
  const namespace = namespaceOf(app) === "" ? "default" : namespaceOf(app);
  const ofKind = (kind: string): KubeObject[] =>
    objects
      .filter((object) => kindOf(object) === kind && apiVersionOf(object) === "v1")
      .map((object) => inNamespace(object, namespace));
  return {
    app: inNamespace(app, namespace),
    secrets: ofKind("Secret"),
    configMaps: ofKind("ConfigMap"),
    unused: objects
      .filter(
        (object) =>
          !apps.includes(object) &&
          !(apiVersionOf(object) === "v1" && ["Secret", "ConfigMap"].includes(kindOf(object))),
      )
      .map((object) => `${kindOf(object)}/${nameOf(object)}`),
  };
}

function readObjects(path: string): readonly KubeObject[] {
  const { documents, diagnostics } = parseYamlStream(readText(path), { file: path });
  const [fault] = diagnostics;
  if (fault !== undefined) throw new UsageError(`${path}:${fault.line}: ${fault.message}`);
  return documents.flatMap(({ value, line }) => {
    if (!isMap(value) || kindOf(value) === "")
      throw new UsageError(`${path}:${line}: not a Kubernetes object (no kind)`);
    const items = value["items"];
    return kindOf(value) === "List" && Array.isArray(items) ? items.filter(isMap) : [value];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new UsageError(`${path}: cannot be read (${reason})`);
  }
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  if (namespaceOf(object) !== "") return object;
  const metadata = isMap(object["metadata"]) ? object["metadata"] : {};
  return { ...object, metadata: { ...metadata, namespace } };
}

function fullName(app: KubeObject): string {
  return `${namespaceOf(app) === "" ? "default" : namespaceOf(app)}/${nameOf(app)}`;
}

function whichApp(
  paths: readonly string[],
  apps: readonly KubeObject[],
  fitting: readonly KubeObject[],
  choice: string | undefined,
): string {
  const where = paths.join(", ");
  if (apps.length === 0) return `${where}: no App (kind App of ${appGroup}/v1alpha1) inside`;
  const names = apps.map(fullName).join(", ");
  if (fitting.length === 0) return `${where}: no App '${choice ?? ""}' inside (there are: ${names})`;
  return `${where}: several Apps inside, choose one with --app (there are: ${names})`;
}
