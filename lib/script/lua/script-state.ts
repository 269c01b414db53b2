/**
 * One lua_State with a script in it: loads the file, calls its functions under the limits, turns every way to fail into
 * a ScriptFailure. After a Kill the state is `dead` and must not be used again.
 */
import type { ScriptFailure, ScriptSource } from '../port.js'
import type { Phase } from '../progress.js'
import { fromBytes, toBytes } from './byte-string.js'
import type { CallLimits } from './call-limits.js'
import { Kill } from './call-watch.js'
import { failureOf, killFailure, lineIn, messageHandler, nativeError } from './failure.js'
import type { Caught } from './failure.js'
import { internals, lua } from './fengari-overrides.js'
import type { LuaFunction, LuaState, Table, TValue } from './fengari-types.js'
import { globalsOf } from './globals-table.js'
import { newSandbox, nextPiece, watchInstructions } from './sandbox.js'
import type { SandboxOptions } from './sandbox.js'
import { isUtf16, withoutPrefix } from '../script-bytes.js'
import { copyOf, isFunction, keyOf, nil, push } from './values.js'

/** More than the arguments of any callback. */
const STACK_SLOTS = 40
const LUA_ERRSYNTAX = 3

export type Outcome = { readonly value: TValue } | { readonly failure: ScriptFailure }

export class ScriptState {
  readonly globals: Table
  readonly L: LuaState
  dead = false
  readonly #file: string
  readonly #limits: CallLimits
  readonly #handler: LuaFunction
  #caught: Caught | undefined

  constructor(limits: CallLimits, options: SandboxOptions) {
    this.#file = options.script
    this.#limits = limits
    this.#handler = messageHandler(this.#file, (caught) => {
      this.#caught = caught
    })
    this.L = newSandbox(options)
    this.globals = globalsOf(this.L)
    internals.callNative(this.L, nativeError)
    watchInstructions(this.L)
  }

  /** The value of a global if it is a function. */
  function(name: string): TValue | undefined {
    const value = this.globals.strong.get(keyOf(name))?.value
    return isFunction(value) ? value : undefined
  }

  /** Loads and runs the file. */
  run(source: ScriptSource): ScriptFailure | undefined {
    const outcome = this.#within('main chunk', () => {
      this.#pushHandler()
      const failure = this.#load(source)
      return failure === undefined ? this.#pcall('main chunk', 0) : { failure }
    })
    return 'failure' in outcome ? outcome.failure : undefined
  }

  call(callback: Phase, f: TValue, args: readonly TValue[]): Outcome {
    return this.#within(callback, () => {
      this.#pushHandler()
      push(this.L, copyOf(f))
      for (const arg of args) push(this.L, arg)
      return this.#pcall(callback, args.length)
    })
  }

  /**
   * Runs `f` where its Lua errors become a failure of `callback`: it may read tables that have metatables. That is part
   * of the callback's call, and has what is left of its time.
   */
  guarded(callback: Phase, f: (L: LuaState) => void): ScriptFailure | undefined {
    const outcome = this.#outcome(callback, () =>
      this.#limits.rest(callback, () => {
        this.#pushHandler()
        lua.lua_pushcfunction(this.L, (L) => {
          f(L)
          return 0
        })
        return this.#pcall(callback, 0)
      }),
    )
    return 'failure' in outcome ? outcome.failure : undefined
  }

  #pushHandler(): void {
    const { L } = this
    lua.lua_settop(L, 0)
    lua.lua_checkstack(L, STACK_SLOTS)
    lua.lua_pushcfunction(L, this.#handler)
  }

  #load(source: ScriptSource): ScriptFailure | undefined {
    const { L } = this
    const name = toBytes(`@${source.name}`)
    const status = lua.lua_load(L, nextPiece, { string: withoutPrefix(source.bytes) }, name, toBytes('t'))
    if (status === 0) return undefined
    const found = isUtf16(source.bytes)
      ? `${this.#file}:1: the file is in UTF-16: save it as UTF-8`
      : fromBytes(lua.lua_tolstring(L, -1) ?? new Uint8Array(0))
    const message = found.startsWith(`${this.#file}:`) ? found : `${this.#file}: ${found}`
    const kind = status === LUA_ERRSYNTAX ? 'syntax' : 'runtime'
    return failureOf(kind, this.#file, 'main chunk', { message, line: lineIn(message), traceback: '' })
  }

  /** Calls the function that is on the stack with `args` values above it, and the handler below. */
  #pcall(callback: Phase, args: number): Outcome {
    const { L } = this
    this.#caught = undefined
    const status = lua.lua_pcall(L, args, 1, 1)
    const value = L.stack[L.top - 1] ?? nil()
    lua.lua_settop(L, 0)
    if (status === 0) return { value }
    const caught = this.#takeCaught()
    const kind = /not enough memory|resulting string too large/.test(caught.message) ? 'memory' : 'runtime'
    return { failure: failureOf(kind, this.#file, callback, caught) }
  }

  #takeCaught(): Caught {
    return this.#caught ?? { message: `${this.#file}: error in error handling`, line: undefined, traceback: '' }
  }

  #within(callback: Phase, f: () => Outcome): Outcome {
    return this.#outcome(callback, () => this.#limits.within(callback, f))
  }

  #outcome(callback: Phase, run: () => Outcome | Kill): Outcome {
    const outcome = run()
    if (!(outcome instanceof Kill)) return outcome
    this.dead = true
    return { failure: killFailure(outcome, this.#file, callback, this.#limits) }
  }
}
