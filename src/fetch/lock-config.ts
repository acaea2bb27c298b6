/**
 * vendir's LockConfig, which kapp-controller shows as `status.fetch.stdout`: what each fetch entry resolved to.
 */

/** What one fetch entry resolved to. */
export type LockedContent =
  | { readonly kind: "inline" }
  | { readonly kind: "git"; readonly commitTitle: string; readonly sha: string; readonly tags: readonly string[] };

export interface LockedDirectory {
  readonly path: string;
  readonly content: LockedContent;
}

/** The YAML text, keys sorted and scalars quoted as Go's YAML writer does. */
export function formatLockConfig(directories: readonly LockedDirectory[]): string {
  const lines = ["apiVersion: vendir.k14s.io/v1alpha1", "directories:"];
  for (const { path, content } of directories) {
    lines.push("- contents:", ...contentLines(content), "    path: .", `  path: ${scalar(path)}`);
  }
  return `${[...lines, "kind: LockConfig"].join("\n")}\n`;
}

function contentLines(content: LockedContent): string[] {
  if (content.kind === "inline") return ["  - inline: {}"];
  const tags = content.tags.length === 0 ? [] : ["      tags:", ...content.tags.map((tag) => `      - ${scalar(tag)}`)];
  return [
    "  - git:",
    `      commitTitle: ${scalar(content.commitTitle)}`,
    `      sha: ${scalar(content.sha)}`,
    ...tags,
  ];
}

/** Texts that a YAML 1.1 reader would take for something else than text; Go's writer then uses double quotes. */
const otherTypes: readonly RegExp[] = [
  /^(~|null|Null|NULL|true|True|TRUE|false|False|FALSE)$/,
  /^(y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  /^[-+]?(\d[\d_]*(\.[\d_]*)?|\.[\d_]+)([eE][-+]?\d+)?$/,
  /^[-+]?0(x[0-9a-fA-F_]+|b[01_]+|o?[0-7_]+)$/,
  /^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$/,
  /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/,
  /^\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?$/,
  /^(<<|=)$/,
];

/** One line: titles, shas, tags and paths have no line ends (commit titles are escaped). */
function scalar(text: string): string {
  if (text === "" || otherTypes.some((pattern) => pattern.test(text))) return JSON.stringify(text);
  if (/[^\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.test(text))
    return JSON.stringify(text);
  const needsQuotes =
    /^[!"#%&'*>@`{}[\]|,]/.test(text) || /^[-?:]( |$)/.test(text) || /: |:$| #|^ | $|^---|^\.\.\./.test(text);
  return needsQuotes ? `'${text.replaceAll("'", "''")}'` : text;
}
