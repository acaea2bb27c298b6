import type { App, AppReference, FetchStep, GitFetch, TemplateStep } from "./app.ts";
import { referencesOfInline, referencesOfValues } from "./parse-steps.ts";
import type { JsonMap } from "../resource/index.ts";

/** Everything in the App's namespace that a run reads (app.md §3.4) and, unlike kapp-controller, the kubeconfig and private keys. Each once. */
export function appReferences(app: App): readonly AppReference[] {
  const { spec } = app;
  const kubeconfig = spec.cluster?.kubeconfigSecretRef?.name ?? "";
  const all: readonly AppReference[] = [
    ...spec.fetch.flatMap(referencesOfFetch),
    ...spec.template.flatMap(referencesOfTemplate),
    ...(kubeconfig === "" ? [] : [{ kind: "secret", name: kubeconfig } as const]),
  ];
  return [...new Map(all.map((reference) => [`${reference.kind}/${reference.name}`, reference])).values()];
}

function referencesOfFetch(step: FetchStep): readonly AppReference[] {
  switch (step.type) {
    case "inline":
      return referencesOfInline(step);
    case "git":
      return step.secretName === undefined ? [] : [{ kind: "secret", name: step.secretName }];
    case "unsupported":
      return step.references;
  }
}

function referencesOfTemplate(step: TemplateStep): readonly AppReference[] {
  if (step.type === "unsupported") return step.references;
  return [
    ...(step.inline === undefined ? [] : referencesOfInline(step.inline)),
    ...referencesOfValues(step.valuesFrom),
  ];
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
