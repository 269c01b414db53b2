/**
 * A Lua table that fills itself when it is first touched, in whatever way: `#`, `pairs`, `next`, `rawget`, `table.*`.
 * Lua code cannot tell it from another table; a metatable with `__index` would be seen by `next` and `rawget`.
 *
 * `fill` may throw; the script then sees an error at the line that touched the table, and the next touch tries again.
 */
import { internals } from './fengari-overrides.js'
import type { LuaState, TableEntry } from './fengari-types.js'
import { append, number, string } from './values.js'

type Entries = Map<unknown, TableEntry>

export abstract class LazyTable extends internals.Table {
  #entries: Entries | undefined
  #first: TableEntry | undefined
  #last: TableEntry | undefined
  #filled = false

  protected abstract fill(): void

  protected newMap(): Entries {
    return new Map()
  }

  // fengari's constructor assigns an empty Map, which is left unused.
  override set strong(_map: Entries) {
    return
  }

  override get strong(): Entries {
    this.#touch()
    return (this.#entries ??= this.newMap())
  }

  // The base constructor assigns before this class's fields are there.
  override set f(entry: TableEntry | undefined) {
    if (#first in this) this.#first = entry
  }

  override get f(): TableEntry | undefined {
    this.#touch()
    return this.#first
  }

  override set l(entry: TableEntry | undefined) {
    if (#last in this) this.#last = entry
  }

  override get l(): TableEntry | undefined {
    this.#touch()
    return this.#last
  }

  #touch(): void {
    if (this.#filled) return
    this.#filled = true
    try {
      this.fill()
    } catch (error) {
      this.#filled = false
      throw error
    }
  }
}

/** An array of byte strings. */
export class LazyArray extends LazyTable {
  readonly #strings: () => readonly string[]

  constructor(L: LuaState, strings: () => readonly string[]) {
    super(L)
    this.#strings = strings
  }

  protected override fill(): void {
    appendAll(this, this.#strings())
  }
}

/** String keys are the same in any case; the first spelling is the one that `pairs` shows. */
class CaselessMap extends Map<unknown, TableEntry> {
  override get(key: unknown): TableEntry | undefined {
    return super.get(folded(key))
  }

  override has(key: unknown): boolean {
    return super.has(folded(key))
  }

  override set(key: unknown, entry: TableEntry): this {
    return super.set(folded(key), entry)
  }

  override delete(key: unknown): boolean {
    return super.delete(folded(key))
  }
}

const folded = (key: unknown): unknown => (typeof key === 'string' ? key.toLowerCase() : key)

/** Names and values; of repeated names the first wins. */
export class LazyCaselessTable extends LazyTable {
  readonly #fields: () => readonly (readonly [string, string])[]

  constructor(L: LuaState, fields: () => readonly (readonly [string, string])[]) {
    super(L)
    this.#fields = fields
    // A traversal finds the key that it stands at also where another spelling of it has been removed.
    this.dead_strong = new CaselessMap()
  }

  protected override newMap(): Entries {
    return new CaselessMap()
  }

  protected override fill(): void {
    const { strong } = this
    for (const [name, value] of this.#fields()) {
      const hash = `|${name}`
      if (!strong.has(hash)) append(this, hash, string(name), string(value))
    }
  }
}

/** Lines as an array, and beside them values by name. */
export class LazyArrayAndNames extends LazyCaselessTable {
  readonly #lines: () => readonly string[]

  constructor(L: LuaState, lines: () => readonly string[], fields: () => readonly (readonly [string, string])[]) {
    super(L, fields)
    this.#lines = lines
  }

  protected override fill(): void {
    appendAll(this, this.#lines())
    super.fill()
  }
}

function appendAll(to: LazyTable, texts: readonly string[]): void {
  for (let i = 0; i < texts.length; i++) append(to, i + 1, number(i + 1), string(texts[i] ?? ''))
}
