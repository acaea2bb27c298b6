import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RecordedCase } from "./recorded-case.ts";

/** A relative path and nothing else, not even a line end: a symbolic link that the recordings keep as a plain file. */
const linkText = /^\.\.?\/[^\n]+$/;

/** Gives `work` a copy of one of the case's folders, with its placeholders replaced and its links made links. */
export async function withFolder<Result>(
  recorded: RecordedCase,
  folder: string,
  fill: (text: string) => string,
  work: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "lateen-case-"));
  try {
    for (const [path, bytes] of recorded.inputs) {
      if (!path.startsWith(`${folder}/`)) continue;
      const target = join(directory, path.slice(folder.length + 1));
      mkdirSync(dirname(target), { recursive: true });
      if (linkText.test(bytes)) symlinkSync(bytes, target);
      else if (bytes.includes("__")) writeFileSync(target, fill(bytes));
      // Files that are no text are copied as they are.
      else writeFileSync(target, readFileSync(join(recorded.directory, path)));
    }
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
