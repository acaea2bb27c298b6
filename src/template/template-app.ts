import {
  type App,
  type AppReference,
  stageError,
  templateProblem,
  type ValuesFrom,
  type YttStep,
} from "../app/index.ts";
import type { FileTree } from "../fetch/index.ts";
import type { SourcedResource } from "../resource/index.ts";
import { markFiles } from "./file-marks.ts";
import { readInline, type ReadReference } from "./inline-files.ts";
import { type PlainDocument, type RenderLimits, renderPlain } from "./plain-ytt.ts";
import { refused, type TemplateFailure, type TemplateResult } from "./result.ts";
import { shapeYttError } from "./shape-error.ts";
import { collectYttInputs, stdinName } from "./ytt-input.ts";

export interface TemplateDeps {
  /** Secrets and ConfigMaps of the App's namespace, for `inline.pathsFrom` and `valuesFrom`. */
  readonly readReference: ReadReference;
}

export interface TemplateOptions {
  readonly signal: AbortSignal;
  readonly limits?: Partial<RenderLimits>;
}

const defaultLimits: RenderLimits = { maxDocuments: 5000, maxOutput: 32 * 1024 * 1024 };

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
  const limits = { ...defaultLimits, ...options.limits };
  let stream: StepOutput | undefined;
  for (const step of spec.template) {
    options.signal.throwIfAborted();
    if (step.type !== "ytt") return refused("Unsupported way to template");
    const output = await runYtt(step, input.files, stream, deps, { signal: options.signal, limits });
    if (!output.ok) return output;
    stream = output;
  }
  const { documents = [], yaml = "", stderr = "" } = stream ?? {};
  return { ok: true, documents: documents.map(sourced), yaml, stderr };
}

interface StepOutput {
  readonly ok: true;
  readonly documents: readonly PlainDocument[];
  readonly yaml: string;
  readonly stderr: string;
}

async function runYtt(
  step: YttStep,
  files: FileTree,
  before: StepOutput | undefined,
  deps: TemplateDeps,
  options: { readonly signal: AbortSignal; readonly limits: RenderLimits },
): Promise<StepOutput | TemplateFailure> {
  const inline =
    step.inline === undefined
      ? { contents: new Map<string, Uint8Array>() }
      : await readInline(step.inline, deps.readReference, options);
  if ("refusal" in inline) return refused(inline.refusal);
  const stdin = before === undefined ? undefined : new TextEncoder().encode(before.yaml);
  const collected = collectYttInputs(step, files, inline.contents, stdin);
  if ("refusal" in collected) return refused(collected.refusal);
  const values = await missingValues(step.valuesFrom, deps.readReference, options);
  if (values !== undefined) return refused(values);
  if ("yttError" in collected) return yttFailure(collected.yttError);
  const marked = markFiles(collected.inputs, step.fileMarks);
  if ("yttError" in marked) return yttFailure(marked.yttError);
  const rendered = renderPlain(marked.files, options.limits);
  if ("yttError" in rendered) return yttFailure(rendered.yttError);
  return {
    ok: true,
    ...rendered,
    documents: trace(rendered.documents, before),
  };
}

/** Plain files use no values, so what `valuesFrom` names must only exist. */
async function missingValues(
  valuesFrom: readonly ValuesFrom[],
  read: ReadReference,
  options: { readonly signal: AbortSignal },
): Promise<string | undefined> {
  for (const source of valuesFrom) {
    if (source.type === "none")
      return "Preparing template values: Expected one of secretRef, configMapRef, downwardAPI, or path as a source";
    if (source.type !== "secret" && source.type !== "configMap") continue;
    const reference: AppReference = { kind: source.type, name: source.name };
    if ((await read(reference, options)) === undefined)
      return `Preparing template values: ${source.type === "secret" ? "secrets" : "configmaps"} "${source.name}" not found`;
  }
  return undefined;
}

/** Documents that came through standard input keep the file that they were rendered from first. */
function trace(documents: readonly PlainDocument[], before: StepOutput | undefined): readonly PlainDocument[] {
  let fromStdin = 0;
  return documents.map((document) => {
    const origin = document.file === stdinName ? before?.documents[fromStdin++] : undefined;
    return origin === undefined ? document : { ...document, file: origin.file, line: origin.line };
  });
}

function sourced({ object, file, line }: PlainDocument, index: number): SourcedResource {
  return { object, origin: { file: "stdin", document: index + 1, source: { file, line } } };
}

function yttFailure(message: string): TemplateFailure {
  const stderr = `ytt: Error: ${shapeYttError(message)}\n`;
  return {
    ok: false,
    error: stageError("Templating dir", "exit status 1"),
    stderr,
    exitCode: 1,
    usefulErrorMessage: stderr,
  };
}
