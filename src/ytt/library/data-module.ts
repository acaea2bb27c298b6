import { fromBytes, List, StarlarkFailure, type Value } from "../../starlark/index.ts";
import { asString, onlyArgument, yttFunction } from "../values/builtin.ts";
import { ModuleValue } from "../values/struct.ts";
import type { Library } from "./library-tree.ts";

/** `@ytt:data` for a file: the data values, and the files around it (ytt.md §6). */
export function dataModule(place: { readonly current: Library; readonly root: Library }, values: Value): ModuleValue {
  const list = yttFunction("data.list", (args) => {
    if (args.length > 1) throw new StarlarkFailure("expected exactly zero or one argument");
    const path = args.length === 0 ? "" : asString(args[0] ?? null);
    const isFromRoot = path.startsWith("/");
    const base = isFromRoot ? place.root : place.current;
    const below = isFromRoot ? path.slice(1) : path;
    const directory = below === "" ? base : base.findDirectory(below);
    return new List(
      directory.accessibleFiles().map(({ relativePath }) => (isFromRoot ? `/${relativePath}` : relativePath)),
    );
  });
  const read = yttFunction("data.read", (args) => {
    const path = asString(onlyArgument(args));
    const { file } = path.startsWith("/") ? place.root.findFile(path.slice(1)) : place.current.findFile(path);
    return fromBytes(file.bytes);
  });
  return new ModuleValue(
    "data",
    new Map<string, Value>([
      ["values", values],
      ["list", list],
      ["read", read],
    ]),
  );
}
