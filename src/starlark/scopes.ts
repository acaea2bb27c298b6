import { nearestName } from "./spell.ts";
import type { Binding, FunctionScope, Identifier } from "./syntax/ast.ts";
import type { Place } from "./syntax/tokens.ts";

export interface KnownNames {
  readonly isPredeclared: (name: string) => boolean;
  readonly isUniversal: (name: string) => boolean;
}

export interface ResolveError {
  readonly message: string;
  readonly place: Place;
}

/** Most names that are unknown and compared with all others, to say what may be meant. */
const maxHints = 100;

/** A region of names: the file, a function or a comprehension. */
class Block {
  readonly parent: Block | undefined;
  /** Of a function. */
  readonly scope: FunctionScope | undefined;
  readonly bindings = new Map<string, Binding>();
  readonly children: Block[] = [];
  /** Of a function or the file: the names used within that are not resolved yet, with the block each one stands in. */
  uses: { readonly identifier: Identifier; readonly block: Block }[] = [];

  constructor(parent?: Block, scope?: FunctionScope) {
    this.parent = parent;
    this.scope = scope;
    parent?.children.push(this);
  }
}

/** Keeps which names are bound where, and gives identifiers their bindings. */
export class Scopes {
  readonly #known: KnownNames;
  readonly #file = new Block();
  readonly #fileScope: FunctionScope = { locals: [], cells: [], free: [] };
  readonly #globals = new Map<string, Binding>();
  readonly #outside = new Map<string, Binding>();
  readonly #errors: ResolveError[] = [];
  #block: Block = this.#file;
  /** Names that are still compared with all others. */
  #hints = maxHints;

  constructor(known: KnownNames) {
    this.#known = known;
  }

  get errors(): readonly ResolveError[] {
    return this.#errors;
  }

  get globals(): readonly string[] {
    return [...this.#globals.keys()];
  }

  /** Variables of the file that are no globals. */
  get fileScope(): FunctionScope {
    return this.#fileScope;
  }

  get isInFunction(): boolean {
    return this.#container() !== this.#file;
  }

  report(place: Place, message: string): void {
    this.#errors.push({ place, message });
  }

  /** Runs an action within a comprehension, or a function if its scope is given. */
  within(scope: FunctionScope | undefined, action: () => void): void {
    const outer = this.#block;
    const inner = new Block(outer, scope);
    this.#block = inner;
    action();
    if (scope !== undefined) resolveOwnUses(inner);
    this.#block = outer;
  }

  /** Resolves what is left at the end of the file. */
  finish(): void {
    resolveOwnUses(this.#file);
    // Functions may use globals that are bound further down.
    this.#resolveOuterUses(this.#file);
  }

  /** The function or file that holds the current block. */
  #container(): Block {
    let block = this.#block;
    while (block.scope === undefined && block.parent !== undefined) block = block.parent;
    return block;
  }

  /** Binds a name that is assigned. Answers whether it was bound there before. */
  bind(identifier: Identifier): boolean {
    if (this.#block !== this.#file) return this.bindLocal(identifier);
    const { name } = identifier;
    const bound = this.#file.bindings.get(name) ?? this.#globals.get(name);
    identifier.binding = bound ?? { scope: "global", name, index: this.#globals.size };
    if (bound === undefined) this.#globals.set(name, identifier.binding);
    return bound !== undefined;
  }

  /** Binds a name in the current block, also where that is the file: what `load` names. */
  bindLocal(identifier: Identifier): boolean {
    const { name } = identifier;
    const bound = this.#block.bindings.has(name);
    if (!bound) {
      const { locals } = this.#container().scope ?? this.#fileScope;
      const binding: Binding = { scope: "local", name, index: locals.length, cell: undefined };
      locals.push(binding);
      this.#block.bindings.set(name, binding);
    }
    this.use(identifier);
    return bound;
  }

  /** Notes that a name is used. */
  use(identifier: Identifier): void {
    if (this.#block === this.#file) identifier.binding = this.#lookUpTopLevel(identifier, this.#block);
    else this.#container().uses.push({ identifier, block: this.#block });
  }

  #lookUpTopLevel(identifier: Identifier, block: Block): Binding {
    const { name } = identifier;
    const known = this.#file.bindings.get(name) ?? this.#globals.get(name) ?? this.#outside.get(name);
    if (known !== undefined) return known;
    const scope = this.#known.isPredeclared(name)
      ? "predeclared"
      : this.#known.isUniversal(name)
        ? "universal"
        : "undefined";
    const binding: Binding = { scope, name };
    if (scope === "undefined") this.#reportUndefined(identifier, block);
    else this.#outside.set(name, binding);
    return binding;
  }

  #reportUndefined({ name, place }: Identifier, from: Block): void {
    if (this.#hints-- <= 0) {
      this.report(place, `undefined: ${name}`);
      return;
    }
    const names = [...this.#globals.keys()];
    for (let block: Block | undefined = from; block !== undefined; block = block.parent)
      names.push(...block.bindings.keys());
    const nearest = nearestName(name, names.sort());
    this.report(place, `undefined: ${name}${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`);
  }

  /** What the names used in functions and comprehensions mean outside of them. */
  #resolveOuterUses(block: Block): void {
    for (const child of block.children) this.#resolveOuterUses(child);
    for (const { identifier, block: from } of block.uses) identifier.binding = this.#lookUp(identifier, from, from);
  }

  #lookUp(identifier: Identifier, block: Block, from: Block): Binding {
    if (block === this.#file || block.parent === undefined) return this.#lookUpTopLevel(identifier, from);
    const own = block.bindings.get(identifier.name);
    if (own !== undefined) return own;
    let found = this.#lookUp(identifier, block.parent, from);
    if (block.scope !== undefined && (found.scope === "local" || found.scope === "free"))
      found = this.#capture(found, block.scope, block.parent);
    block.bindings.set(identifier.name, found);
    return found;
  }

  #capture(outer: Binding & { scope: "local" | "free" }, scope: FunctionScope, parent: Block): Binding {
    if (outer.scope === "local" && outer.cell === undefined) {
      const { cells } = scopeOf(parent) ?? this.#fileScope;
      outer.cell = cells.length;
      cells.push(outer);
    }
    scope.free.push(outer);
    return { scope: "free", name: outer.name, index: scope.free.length - 1 };
  }
}

/** Resolves what is bound in the function (or file) itself; the rest stays to be looked up outside. */
function resolveOwnUses(container: Block): void {
  container.uses = container.uses.filter(({ identifier, block }) => {
    const found = lookUpOwn(identifier.name, block);
    if (found?.scope !== "local") return true;
    identifier.binding = found;
    return false;
  });
}

function lookUpOwn(name: string, from: Block): Binding | undefined {
  for (let block: Block | undefined = from; block !== undefined; block = block.parent) {
    const found = block.bindings.get(name);
    if (found !== undefined || block.scope !== undefined) return found;
  }
  return undefined;
}

/** The variables of the function around a block; `undefined`: those of the file. */
function scopeOf(from: Block): FunctionScope | undefined {
  let block: Block | undefined = from;
  while (block !== undefined && block.scope === undefined) block = block.parent;
  return block?.scope;
}
