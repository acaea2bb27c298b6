import type { Terminal } from "../terminal.ts";
import type { Show } from "./show.ts";
import type { World } from "./world.ts";

/** What every act of the demo works with. */
export interface Stage {
  readonly world: World;
  readonly show: Show;
  readonly terminal: Terminal;
  /** Folder with both guides' repositories. */
  readonly examples: string;
}
