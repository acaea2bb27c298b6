import { type App, stageError, type YttStep } from "../app/index.ts";
import type { FileTree } from "../fetch/index.ts";
import { isMap, type KubeObject } from "../resource/index.ts";
import { render, type RenderedDocument, shapeYttError, stdinName, YttError, yttMessages } from "../ytt/index.ts";
import { readInline } from "./inline-files.ts";
import { refused, type TemplateFailure } from "./result.ts";
import type { TemplateDeps, TemplateOptions } from "./template-app.ts";
import { valuesFiles } from "./values-from.ts";
import { collectYttInputs, type YttInput } from "./ytt-input.ts";

const defaultTimeLimitMs = 30_000;

export interface StepOutput {
  readonly ok: true;
  readonly documents: readonly TracedDocument[];
  readonly yaml: string;
  readonly stderr: string;
}

/** A document and the file that it was rendered from first. */
export interface TracedDocument {
  readonly object: KubeObject;
  readonly file: string;
  readonly line: number;
}

/** One ytt step: its files, values and the output of the step before go in, documents come out. */
export async function runYtt(
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
    hugeIntegers: "fault",
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
      stderr: stderr + (rendered.texts.length > 0 ? `${yttMessages.nonYamlTemplates}\n` : ""),
    };
  } catch (error) {
    if (error instanceof YttError) return yttFailure(error.message, stderr);
    throw error;
  }
}

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
