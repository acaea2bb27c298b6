import { md5 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { toBytes } from "../../starlark/index.ts";
import { yttFunction } from "../values/builtin.ts";
import { type ModuleMembers, moduleOf, oneString } from "./builtin.ts";

/** `@ytt:md5` and `@ytt:sha256`: checksums of names and files, not secrets. */
export const md5Module: ModuleMembers = hashModule("md5", md5);
export const sha256Module: ModuleMembers = hashModule("sha256", sha256);

function hashModule(name: string, hash: (bytes: Uint8Array) => Uint8Array): ModuleMembers {
  return moduleOf(name, {
    sum: yttFunction(`${name}.sum`, (args, _kwargs, context) => {
      const text = oneString(args, context);
      return bytesToHex(hash(toBytes(text)));
    }),
  });
}
