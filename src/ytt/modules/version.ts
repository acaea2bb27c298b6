import type { SemVer } from "semver";
import compare from "semver/functions/compare.js";
import parse from "semver/functions/parse.js";
import { StarlarkFailure } from "../../starlark/index.ts";
import { yttFunction } from "../values/builtin.ts";
import { type ModuleMembers, moduleOf, oneString } from "./builtin.ts";

/**
 * `@ytt:version`.
 * @param yttVersion The version of ytt that templates may count on.
 */
export function versionModule(yttVersion: string): ModuleMembers {
  return moduleOf("version", {
    require_at_least: yttFunction("version.require_at_least", (args, _kwargs, context) => {
      const text = oneString(args, context);
      const wanted = /^[0-9]\S*$/.test(text) ? parse(text) : null;
      if (wanted === null) throw new StarlarkFailure(`version string '${text}' must be a valid semver`);
      const own = parse(yttVersion);
      if (own === null) throw new StarlarkFailure(`Malformed version: ${yttVersion}`);
      if (!satisfies(own, wanted))
        throw new StarlarkFailure(`ytt version '${yttVersion}' does not meet the minimum required version '${text}'`);
      return null;
    }),
  });
}

/** A pre-release is enough only where a pre-release of the same version is asked for. */
function satisfies(own: SemVer, wanted: SemVer): boolean {
  const isSameRelease = own.compareMain(wanted) === 0;
  if (own.prerelease.length > 0 && (wanted.prerelease.length === 0 || !isSameRelease)) return false;
  return compare(own, wanted) >= 0;
}
