import type { AppSpec } from "./app.ts";

/**
 * What kapp-controller says of a spec when a stage starts (app.md §1.5), and which known kinds of steps cannot be run yet. A stage
 * asks before it does anything, so that an App with such a step never runs halfway.
 */
export function fetchProblem(spec: AppSpec): string | undefined {
  if (spec.fetch.length === 0) return "Expected at least one fetch option";
  for (const [index, step] of spec.fetch.entries()) {
    if (step.type !== "unsupported") continue;
    if (step.kind === "none") return `Fetching (${index}): Unsupported way to fetch templates`;
    return `Fetching (${index}): spec.fetch[${index}].${step.kind} is not supported by lateen yet (supported: git, inline)`;
  }
  return undefined;
}

export function templateProblem(spec: AppSpec): string | undefined {
  if (spec.template.length === 0) return "Expected at least one template option";
  for (const [index, step] of spec.template.entries()) {
    if (step.type !== "unsupported") continue;
    if (step.kind === "none" || step.kind === "kustomize" || step.kind === "jsonnet")
      return "Unsupported way to template";
    return `spec.template[${index}].${step.kind} is not supported by lateen yet (supported: ytt)`;
  }
  return undefined;
}

/** Also asked before a delete and an inspection. */
export function deployProblem(spec: AppSpec, to: "deploy" | "delete" | "inspect" = "deploy"): string | undefined {
  const [only, ...others] = spec.deploy;
  if (only === undefined || others.length > 0) return "Expected exactly one deploy option";
  return only.type === "kapp" ? undefined : `Unsupported way to ${to}`;
}
