import { type App, stageError, templateProblem, type YttStep } from "../app/index.ts";
import type { FileTree } from "../fetch/index.ts";
import { isMap, type KubeObject, type SourcedResource } from "../resource/index.ts";
import { render, type RenderedDocument, type RenderLimits, shapeYttError, YttError } from "../ytt/index.ts";
import type { ClusterFacts } from "./downward-api.ts";
import { readInline, type ReadReference } from "./inline-files.ts";
import { refused, type TemplateFailure, type TemplateResult } from "./result.ts";
import { valuesFiles } from "./values-from.ts";
import { collectYttInputs, stdinName, type YttInput } from "./ytt-input.ts";

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

const defaultTimeLimitMs = 30_000;

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

interface StepOutput {
  readonly ok: true;
  readonly documents: readonly TracedDocument[];
  readonly yaml: string;
  readonly stderr: string;
}

/** A document and the file that it was rendered from first. */
interface TracedDocument {
  readonly object: KubeObject;
  readonly file: string;
  readonly line: number;
}

async function runYtt(
  step: YttStep,
  input: { readonly app: App; readonly files: FileTree },
  before: StepOutput | undefined,
  deps: TemplateDeps,
  options: TemplateOptions,
): Promise<StepOutput | TemplateFailure> {
  const inline =
    step.inline === undefined
      ? { contents: new Map<string, Uint8Array>() }
      : await readInline(step.inline, deps.readReference, options);
  if ("refusal" in inline) return refused(inline.refusal);
  const stdin = before === undefined ? undefined : new TextEncoder().encode(before.yaml);
  const collected = collectYttInputs(step, input.files, inline.contents, stdin);
  if ("refusal" in collected) return refused(collected.refusal);
  const values = await valuesFiles(step.valuesFrom, { ...input, ...deps, stdin }, options);
  if ("refusal" in values) return refused(values.refusal);
  if ("yttError" in collected) return yttFailure(collected.yttError, "");
  const printed: string[] = [];
  const rendered = render(collected.inputs, {
    fileMarks: step.fileMarks,
    ignoreUnknownComments: step.ignoreUnknownComments,
    dataValues: { files: values.values },
    print: (line) => printed.push(`${line}\n`),
    checkTime: timeCheck(options),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const stderr = printed.join("");
  if (!rendered.ok) return yttFailure(rendered.error.message, stderr);
  try {
    const documents = traced(rendered.documents, before);
    return {
      ok: true,
      documents,
      yaml: rendered.yaml,
      stderr: stderr + (rendered.texts.length > 0 ? nonYamlWarning : ""),
    };
  } catch (error) {
    if (error instanceof YttError) return yttFailure(error.message, stderr);
    throw error;
  }
}

const nonYamlWarning =
  "\nWarning: Found Non-YAML templates in input. Non-YAML templates are not rendered to standard output.\n" +
  "If you want to include those results, use the --output-files or --dangerous-emptied-output-directory flag.\n";

function timeCheck({ signal, timeLimitMs = defaultTimeLimitMs }: TemplateOptions): () => void {
  const end = performance.now() + timeLimitMs;
  return () => {
    signal.throwIfAborted();
    if (performance.now() > end)
      throw new YttError(`Expected templates to be rendered within ${timeLimitMs} ms (timeLimitMs)`);
  };
}

/** Documents that came through standard input keep the file that they were rendered from first. */
function traced(documents: readonly RenderedDocument[], before: StepOutput | undefined): readonly TracedDocument[] {
  let fromStdin = 0;
  return documents.map((document) => {
    const { input, line = 1 } = document;
    // Every input of this step is one of ours.
    const file = "source" in input ? (input as YttInput).source : input.path;
    const origin = file === stdinName ? before?.documents[fromStdin++] : undefined;
    const object = document.toJson();
    if (!isMap(object))
      throw new YttError(`Expected the document at ${file}:${line} to be a map, as a Kubernetes resource is`);
    return { object, file: origin?.file ?? file, line: origin?.line ?? line };
  });
}

function sourced({ object, file, line }: TracedDocument, index: number): SourcedResource {
  return { object, origin: { file: "stdin", document: index + 1, source: { file, line } } };
}

function yttFailure(message: string, printed: string): TemplateFailure {
  const stderr = `${printed}ytt: Error: ${shapeYttError(message)}\n`;
  return {
    ok: false,
    error: stageError("Templating dir", "exit status 1"),
    stderr,
    exitCode: 1,
    usefulErrorMessage: stderr,
  };
}
