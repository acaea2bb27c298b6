import type { AssociatedResources } from "../app/index.ts";

/** What kapp is run for: begins its errors in the App's status. */
export type KappVerb = "Deploying" | "Deleting" | "Inspecting";

/** A stage of a run that failed: what the App's status says about it. Not a fault of lateen. */
export class StageFailure extends Error {
  override readonly name = "StageFailure";
  readonly stage: "fetch" | "template" | "deploy";
  /** The stage's `error` in the App's status. */
  readonly error: string;
  readonly stderr: string;
  readonly stdout: string;
  /** `-1` when the failure was not a tool's exit (app.md §1.5). */
  readonly exitCode: number;
  /** What a failed deploy knew of the App's resources. */
  readonly associated: AssociatedResources | undefined;
  /** Trying again before this time is in vain. */
  readonly retryAt: number | undefined;

  constructor(
    stage: StageFailure["stage"],
    failure: {
      readonly error: string;
      readonly stderr?: string;
      readonly stdout?: string;
      readonly exitCode: number;
      readonly cause?: unknown;
      readonly associated?: AssociatedResources | undefined;
      readonly retryAt?: number;
    },
  ) {
    super(failure.error, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.stage = stage;
    this.error = failure.error;
    this.stderr = failure.stderr ?? "";
    this.stdout = failure.stdout ?? "";
    this.exitCode = failure.exitCode;
    this.associated = failure.associated;
    this.retryAt = failure.retryAt;
  }
}
