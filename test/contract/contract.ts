import { describe, test } from "node:test";

/** Makes a fresh, empty subject and cleans it up after the test. */
export type Make<Subject> = (use: (subject: Subject) => Promise<void>) => Promise<void>;

/** A named list of behaviours that every implementation of a port must show. */
export type Behaviours<Subject> = Readonly<Record<string, (subject: Subject) => Promise<void>>>;

/** Runs each behaviour on a subject of its own. */
export function runContract<Subject>(name: string, make: Make<Subject>, behaviours: Behaviours<Subject>): void {
  describe(name, () => {
    for (const [title, check] of Object.entries(behaviours)) test(title, () => make(check));
  });
}
