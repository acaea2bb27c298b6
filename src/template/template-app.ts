import { type App, templateProblem } from "../app/index.ts";
import type { FileTree } from "../fetch/index.ts";
import type { SourcedResource } from "../resource/index.ts";
import type { RenderLimits } from "../ytt/index.ts";
import type { ClusterFacts } from "./downward-api.ts";
import type { ReadReference } from "./inline-files.ts";
import { refused, type TemplateResult } from "./result.ts";
import type { StepOutput, TracedDocument } from "./ytt-step.ts";

export interface TemplateDeps {
  /** Secrets and ConfigMaps of the App's namespace, for `inline.pathsFrom` and `valuesFrom`. */
  readonly readReference: ReadReference;
  readonly cluster: ClusterFacts;
}

export interface TemplateOptions {
  readonly signal: AbortSignal;
  readonly limits?: Partial<RenderLimits>;
  /** Milliseconds that rendering may take (reliability.md L14). Default 30,000. */
  readonly timeLimitMs?: number;
}

/**
 * Runs the App's template steps over the fetched files (app.md §5): the first reads the files, each further one also the output of the
 * one before. A failure carries what kapp-controller's status would say. `signal.reason` is thrown on abort.
 */
export async function templateApp(
  input: { readonly app: App; readonly files: FileTree },
  deps: TemplateDeps,
  options: TemplateOptions,
): Promise<TemplateResult> {
  const { spec } = input.app;
  const problem = templateProblem(spec);
  if (problem !== undefined) return refused(problem);
  // The engine is loaded by the first run that renders: functions that only might do so start without it.
  const { runYtt } = await import("./ytt-step.ts");
  let stream: StepOutput | undefined;
  for (const step of spec.template) {
    options.signal.throwIfAborted();
    if (step.type !== "ytt") return refused("Unsupported way to template");
    const output = await runYtt(step, input, stream, deps, options);
    if (!output.ok) return output;
    stream = output;
  }
  const { documents = [], yaml = "", stderr = "" } = stream ?? {};
  return { ok: true, documents: documents.map(sourced), yaml, stderr };
}

function sourced({ object, file, line }: TracedDocument, index: number): SourcedResource {
  return { object, origin: { file: "stdin", document: index + 1, source: { file, line } } };
}
