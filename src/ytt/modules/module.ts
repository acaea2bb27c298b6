import { asString, unpackPositional } from "../../starlark/index.ts";
import { yttFunction } from "../values/builtin.ts";
import { ModuleValue } from "../values/struct.ts";
import { type ModuleMembers, moduleOf } from "./builtin.ts";

/** `@ytt:module`. */
export const moduleModule: ModuleMembers = moduleOf("module", {
  make: yttFunction("module.make", (args, kwargs) => {
    const [name] = unpackPositional("module.make", args, [], [asString]);
    return new ModuleValue(name, new Map(kwargs));
  }),
});
