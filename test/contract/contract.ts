import { describe, test } from "node:test";

/** Makes a fresh, empty subject and cleans it up after the test. */
export type Make<Subject> = (use: (subject: Subject) => Promise<void>) => Promise<void>;

/** A named list of behaviours that every implementation of a port must show. */
export type Behaviours<Subject> = Readonly<Record<string, (subject: Subject) => Promise<void>>>;

/** Behaviours that a subject cannot show, by title, each with the reason. */
export type Exceptions = Readonly<Record<string, string>>;

/** Runs each behaviour on a subject of its own. */
export function runContract<Subject>(
  name: string,
  make: Make<Subject>,
  behaviours: Behaviours<Subject>,
  exceptions: Exceptions = {},
): void {
  const unknown = Object.keys(exceptions).filter((title) => !Object.hasOwn(behaviours, title));
  if (unknown.length > 0)
    throw new Error(`${name}: exceptions name no behaviour of the contract: ${unknown.join("; ")}`);
  describe(name, () => {
    for (const [title, check] of Object.entries(behaviours)) {
      test(title, { skip: exceptions[title] ?? false }, () => make(check));
    }
  });
}
