import { compareCodePoints, isMap, type Json, type KubeObject, setOwn, stringifyJson } from "../../resource/index.ts";
import { isMutableMap } from "../fields.ts";
import { isSecret } from "./history.ts";
import { mutableCopy } from "./rebase.ts";

/** Annotations that repeat a whole object. */
const copies: readonly string[] = ["kubectl.kubernetes.io/last-applied-configuration"];

/**
 * Hides the values of Secrets: `<-- value not shown (#N)`, where equal values have equal numbers (kapp.md §4.4). One call gives one
 * numbering, to be used for everything that is shown together.
 */
export function maskSecrets(): (object: KubeObject) => KubeObject {
  const numbers = new Map<string, number>();
  const masked = (value: Json): string => {
    const key = stringifyJson(value, { sortKeys: true });
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    return `<-- value not shown (#${number})`;
  };
  return (object) => {
    if (!isSecret(object)) return object;
    const copy = mutableCopy(object);
    for (const field of ["data", "stringData"]) {
      const members = object[field];
      if (!isMap(members)) {
        if (members !== undefined && members !== null) copy[field] = masked(members);
        continue;
      }
      const hidden = copy[field];
      if (!isMutableMap(hidden)) continue;
      for (const key of Object.keys(members).sort(compareCodePoints)) setOwn(hidden, key, masked(members[key] ?? null));
    }
    const metadata = copy["metadata"];
    const annotations = isMutableMap(metadata) ? metadata["annotations"] : undefined;
    if (isMutableMap(annotations)) {
      for (const key of copies) if (annotations[key] !== undefined) annotations[key] = masked(annotations[key]);
    }
    return copy;
  };
}
