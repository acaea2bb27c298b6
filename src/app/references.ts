import type { App, AppReference, GitFetch } from "./app.ts";
import { referencesOfInline, referencesOfValues } from "./parse-steps.ts";
import type { JsonMap } from "../resource/index.ts";

/** Names in the App's namespace, sorted and without repetitions. */
export interface AppReferences {
  readonly secrets: readonly string[];
  readonly configMaps: readonly string[];
}

/** Everything in the App's namespace that a run reads (app.md §3.4) and, unlike kapp-controller, the kubeconfig and private keys. */
export function appReferences(app: App): AppReferences {
  const { spec } = app;
  const kubeconfig = spec.cluster?.kubeconfigSecretRef?.name ?? "";
  const all: readonly AppReference[] = [
    ...spec.fetch.flatMap((step): readonly AppReference[] => {
      if (step.type === "inline") return referencesOfInline(step);
      if (step.type === "git") return step.secretName === undefined ? [] : [{ kind: "secret", name: step.secretName }];
      return step.references;
    }),
    ...spec.template.flatMap((step): readonly AppReference[] => {
      if (step.type === "unsupported") return step.references;
      return [
        ...(step.inline === undefined ? [] : referencesOfInline(step.inline)),
        ...referencesOfValues(step.valuesFrom),
      ];
    }),
    ...(kubeconfig === "" ? [] : [{ kind: "secret", name: kubeconfig } as const]),
  ];
  const names = (kind: AppReference["kind"]): readonly string[] =>
    [...new Set(all.filter((reference) => reference.kind === kind).map((reference) => reference.name))].sort();
  return { secrets: names("secret"), configMaps: names("configMap") };
}

/** A repository that an App fetches from. */
export interface GitSource {
  readonly url: string;
  /** Absent when empty. */
  readonly ref?: string;
  readonly refSelection?: JsonMap;
  /** Absent: the whole repository. */
  readonly subPath?: string;
  readonly secretName?: string;
}

/** The git entries of an App's fetch step, in order. */
export function gitSourcesOf(app: App): readonly GitSource[] {
  return app.spec.fetch.flatMap((step) => (step.type === "git" ? [gitSource(step)] : []));
}

function gitSource(git: GitFetch): GitSource {
  return {
    url: git.url,
    ...(git.ref === "" ? {} : { ref: git.ref }),
    // `ref` wins when both are given.
    ...(git.ref !== "" || git.refSelection === undefined ? {} : { refSelection: git.refSelection.raw }),
    ...(git.subPath === "" ? {} : { subPath: git.subPath }),
    ...(git.secretName === undefined ? {} : { secretName: git.secretName }),
  };
}
