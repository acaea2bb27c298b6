import * as z from "zod";
import type { Caller } from "./route.ts";

/** What stands in paths and queries, checked before anything is looked up. */

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export const namespaceName: z.ZodString = z.string().regex(label, "must be a namespace's name");
export const appParams: z.ZodObject<{ readonly namespace: z.ZodString; readonly name: z.ZodString }, z.core.$strict> =
  z.strictObject({ namespace: namespaceName, name: z.string().regex(subdomain, "must be an App's name") });
export const nothing: z.ZodObject<Record<never, never>, z.core.$strict> = z.strictObject({});
export const refName: z.ZodString = z
  .string()
  .min(1)
  .max(1_024)
  .describe("branch, tag or full ref name: main, origin/main, v1.2, refs/heads/main");

export interface AppParams {
  readonly namespace: string;
  readonly name: string;
}

export function mayTouch(caller: Caller, namespace: string): boolean {
  return caller.namespaces === "*" || caller.namespaces.includes(namespace);
}

/** Apps are keyed `NS/NAME`. */
export function mayTouchApp(caller: Caller, app: string): boolean {
  return mayTouch(caller, app.split("/", 1)[0] ?? "");
}
