/** The name of standard input, or of the step before, among a template's files. */
export const stdinName = "stdin.yml";

/** What ytt says of the files that it is given and of those that it does not print (ytt.md §1), for those who read and print them. */
export const yttMessages: {
  readonly stdinReadTwice: string;
  readonly nonYamlTemplates: string;
  readonly missingFile: (path: string) => string;
  readonly refusedSymlink: (path: string, target: string) => string;
} = {
  stdinReadTwice: `Reading file '${stdinName}': Standard input has already been read, has the '-' argument been used in more than one flag?`,
  nonYamlTemplates:
    "\nWarning: Found Non-YAML templates in input. Non-YAML templates are not rendered to standard output.\n" +
    "If you want to include those results, use the --output-files or --dangerous-emptied-output-directory flag.",
  missingFile: (path) => `Checking file '${path}': lstat ${path}: no such file or directory`,
  refusedSymlink: (path, target) =>
    `Checking symlink file '${path}': Expected symlink file '${path}' -> '${target}' to be allowed, but was not (hint: symlinks are disallowed as a security feature, use '--allow-symlink-destination' flags to override)`,
};
