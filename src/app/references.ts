import type { App, AppReference, FetchStep, TemplateStep } from "./app.ts";
import { referencesOfInline, referencesOfValues } from "./parse-steps.ts";

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
