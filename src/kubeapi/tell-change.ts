import type { KubeObject } from "../resource/index.ts";
import type { ResourceRequest } from "./request-context.ts";
import type { StoredChange } from "./served-type.ts";

/** Tells the type of a stored write. It is stored whatever the listener does: its failure is told as a warning. */
export async function tellChange(change: StoredChange, context: ResourceRequest): Promise<void> {
  try {
    await context.resolved.type.hooks?.changed?.(change, context);
  } catch (error) {
    context.deps.report(error, context.request);
    context.warn("the change is stored, but could not be noted for work yet; it will be found by the next tick");
  }
}

/** Lets go of what was sealed away for an object that is gone. */
export async function forgetObject(object: KubeObject, context: ResourceRequest): Promise<void> {
  try {
    await context.resolved.type.hooks?.forget?.(object);
  } catch (error) {
    context.deps.report(error, context.request);
    context.warn(
      "the object is deleted, but its data could not be removed from where it is kept; remove it there by hand",
    );
  }
}
