import { followedKappVersion } from "../../deploy/index.ts";
import type { Output } from "./output.ts";

export async function printVersion(output: Output): Promise<void> {
  output.print({ part: "block", text: `kapp version ${followedKappVersion}\n` });
}
