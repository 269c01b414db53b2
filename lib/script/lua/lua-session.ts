/**
 * One session of one sender's script inside the script thread (contract 4): its lua_State, begun with the file and
 * Start, begun afresh after a Kill, and the callbacks by position.
 *
 * A phase of the beginning that was killed is not run again: a killed Start is left out when the session begins afresh,
 * a killed main chunk leaves the session without callbacks for good.
 */
import { MAX_REWRITE_BYTES } from '../../core/reply.js'
import { maskOf } from '../callbacks.js'
import type {
  Callback,
  CheckFileAnswer,
  ConnectionGlobals,
  MessageFacts,
  ReturnPathFacts,
  ScriptFailure,
  ScriptSource,
  ServerFacts,
  SessionGlobals,
  SessionStart,
  TlsWish,
} from '../port.js'
import { connectionGlobals } from '../port.js'
import { actionsTable, readActions, readTlsTable, tlsTable } from './actions.js'
import type { CallLimits } from './call-limits.js'
import type { Table, TValue } from './fengari-types.js'
import { TYPE } from './fengari-overrides.js'
import { SharedGlobals } from './globals.js'
import { HeaderUnreadable } from './header.js'
import { messageArguments, returnPathArguments, serverArguments } from './message-arguments.js'
import { PrintQuota } from './print-quota.js'
import { ScriptState } from './script-state.js'
import type { Outcome } from './script-state.js'
import { isString, string, table, textOf, typeName } from './values.js'

export type Answer<Value> = { readonly value: Value } | { readonly failure: ScriptFailure }

/** More than any address: what crosses is bounded, and an address is looked at elsewhere. */
const LONGEST_ADDRESS = 1000

/** What a script without CheckFile says of a message. */
const NEUTRAL = {
  returned: true,
  actions: { SkipSend: false, Reason: '', Priority: 50, RetryAfter: undefined, ForceLastTry: undefined },
} as const

export interface SessionHost {
  readonly limits: CallLimits
  /** Milliseconds since the epoch, as the script sees them. */
  readonly now: () => number
  print(line: string): void
  warning(message: string): void
}

export class LuaSession {
  readonly #source: ScriptSource
  readonly #first: SessionGlobals
  readonly #host: SessionHost
  readonly #prints: PrintQuota
  #state: ScriptState | undefined
  #globals: SharedGlobals | undefined
  #connectedServer = ''
  #topLevelFailure: ScriptFailure | undefined
  #skipStart: boolean

  constructor(source: ScriptSource, first: SessionGlobals, skipStart: boolean, host: SessionHost) {
    this.#source = source
    this.#first = first
    this.#skipStart = skipStart
    this.#host = host
    this.#prints = new PrintQuota((line) => host.print(line))
  }

  /** Which callbacks are functions now, as bits. */
  get mask(): number {
    return maskOf((callback) => this.#state?.function(callback) !== undefined)
  }

  /** Runs the file, and Start unless it has been killed before. */
  begin(): SessionStart {
    const topLevel = this.#runFile()
    if (topLevel !== undefined) return { topLevel, ...this.#shared() }
    const start = this.#runStart()
    if (start === undefined) return this.#shared()
    const again = this.#state === undefined ? this.#runFile() : undefined
    const { useBatv } = this.#first
    return {
      ...(again === undefined ? {} : { topLevel: again }),
      start,
      globals: connectionGlobals(this.#first),
      useBatv,
    }
  }

  /** Runs the file in a state that is thrown away. */
  static check(source: ScriptSource, first: SessionGlobals, host: SessionHost): ScriptFailure | undefined {
    return new LuaSession(source, first, true, host).#runFile()
  }

  checkFile(facts: MessageFacts): Answer<CheckFileAnswer> {
    return this.#callback(
      'CheckFile',
      (globals) => ({ ...NEUTRAL, useBatv: globals.useBatv }),
      (state, globals, f) => {
        const outcome = this.#actionsOf(state, 'CheckFile', f, actionsTable(state.L), (passed) =>
          messageArguments(state.L, facts, passed),
        )
        if ('failure' in outcome) return outcome
        const { returned, answer } = outcome
        const read = readActions(state, answer)
        return 'failure' in read ? read : { value: { returned, actions: read.value, useBatv: globals.useBatv } }
      },
    )
  }

  serverDetails(facts: ServerFacts): Answer<TlsWish> {
    return this.#callback(
      'ServerDetails',
      () => facts.tls,
      (state, _globals, f) => {
        const outcome = this.#actionsOf(state, 'ServerDetails', f, tlsTable(state.L, facts.tls), (passed) =>
          serverArguments(state.L, facts, this.#first, passed),
        )
        return 'failure' in outcome ? outcome : readTlsTable(state, outcome.answer, facts.tls)
      },
    )
  }

  modifyReturnPath(facts: ReturnPathFacts): Answer<string | undefined> {
    return this.#callback(
      'ModifyReturnPath',
      () => undefined,
      (state, _globals, f) => {
        const args = this.#readable(() => returnPathArguments(state.L, facts, f))
        if ('failure' in args) return args
        const outcome = state.call('ModifyReturnPath', f, args.value)
        if ('failure' in outcome) return outcome
        if (outcome.value.type === TYPE.nil) return { value: undefined }
        if (!isString(outcome.value)) return { failure: this.#notAnAddress(outcome.value, f) }
        return { value: textOf(outcome.value).slice(0, LONGEST_ADDRESS) }
      },
    )
  }

  returnCode(lastCommand: string, fullResponse: string, lastLine: string, server: string): Answer<string | undefined> {
    this.#connectTo(server)
    return this.#callback(
      'ReturnCodeHandler',
      () => undefined,
      (state, _globals, f) => {
        const outcome = state.call('ReturnCodeHandler', f, [
          string(lastCommand),
          string(fullResponse),
          string(lastLine),
        ])
        if ('failure' in outcome) return outcome
        const reply = isString(outcome.value) ? textOf(outcome.value) : ''
        if (reply.length > MAX_REWRITE_BYTES) return { failure: this.#tooLong(reply.length) }
        return { value: reply === '' ? undefined : reply }
      },
    )
  }

  serverConnected(server: string): Answer<ConnectionGlobals> {
    this.#connectTo(server)
    const failure = this.#ensureBegun()
    if (failure !== undefined) return { failure }
    const f = this.#state?.function('ServerConnected')
    if (f === undefined) return { value: this.#connection() }
    const outcome = this.#settle(this.#state?.call('ServerConnected', f, []))
    return outcome !== undefined && 'failure' in outcome ? outcome : { value: this.#connection() }
  }

  #connectTo(server: string): void {
    if (server === this.#connectedServer) return
    this.#connectedServer = server
    if (this.#globals !== undefined) this.#globals.connectedServer = server
  }

  /** Calls a function that is passed a table of actions and returns one, or nothing for the one that it was passed. */
  #actionsOf(
    state: ScriptState,
    callback: Callback,
    f: TValue,
    actions: Table,
    args: (passed: TValue) => TValue[],
  ): { readonly returned: boolean; readonly answer: TValue } | { readonly failure: ScriptFailure } {
    const passed = table(actions)
    const outcome = state.call(callback, f, args(passed))
    if ('failure' in outcome) return outcome
    const returned = outcome.value.type !== TYPE.nil
    const answer = returned ? outcome.value : passed
    if (answer.type === TYPE.table) return { returned, answer }
    const wrong = `${callback} must return the Actions table, not a ${typeName(answer)}`
    return { failure: this.#wrongType(wrong, callback, f) }
  }

  #readable<Value>(read: () => Value): Answer<Value> {
    try {
      return { value: read() }
    } catch (error) {
      if (!(error instanceof HeaderUnreadable)) throw error
      return { failure: this.#failure(`${this.#source.name}: ${error.message}`, 'ModifyReturnPath', 'runtime') }
    }
  }

  #callback<Value>(
    name: Callback,
    absent: (globals: SharedGlobals) => Value,
    call: (state: ScriptState, globals: SharedGlobals, f: TValue) => Answer<Value>,
  ): Answer<Value> {
    const failure = this.#ensureBegun()
    if (failure !== undefined) return { failure }
    const [state, globals] = [this.#state, this.#globals]
    if (state === undefined || globals === undefined) throw new Error('a session that has begun has a state')
    const f = state.function(name)
    if (f === undefined) return { value: absent(globals) }
    return this.#settle(call(state, globals, f))
  }

  /** After a Kill: the file and Start again, before the next call. */
  #ensureBegun(): ScriptFailure | undefined {
    if (this.#topLevelFailure !== undefined) return this.#topLevelFailure
    if (this.#state !== undefined) return undefined
    const { topLevel } = this.begin()
    return topLevel
  }

  #runFile(): ScriptFailure | undefined {
    const state = new ScriptState(this.#host.limits, {
      script: this.#source.name,
      print: (line) => this.#prints.print(line),
      now: this.#host.now,
    })
    this.#state = state
    this.#globals = new SharedGlobals(state.globals, this.#first, (message) => this.#host.warning(message))
    this.#globals.connectedServer = this.#connectedServer
    const failure = state.run(this.#source)
    this.#topLevelFailure = failure
    if (failure !== undefined) this.#state = undefined
    this.#settle(undefined)
    return failure
  }

  #runStart(): ScriptFailure | undefined {
    const f = this.#state?.function('Start')
    if (this.#skipStart || f === undefined) return undefined
    const outcome = this.#state?.call('Start', f, [])
    if (this.#state?.dead === true) this.#skipStart = true
    this.#settle(undefined)
    return outcome !== undefined && 'failure' in outcome ? outcome.failure : undefined
  }

  /** The end of every call: what print held back, and a killed state thrown away. */
  #settle<Result extends Outcome | Answer<unknown> | undefined>(result: Result): Result {
    this.#prints.endOfCall()
    if (this.#state?.dead === true) {
      this.#state = undefined
      // They hold all that the script had.
      this.#globals = undefined
    }
    return result
  }

  #shared(): Pick<SessionStart, 'globals' | 'useBatv'> {
    return { globals: this.#connection(), useBatv: this.#globals?.useBatv ?? this.#first.useBatv }
  }

  #connection(): ConnectionGlobals {
    return this.#state === undefined || this.#globals === undefined
      ? connectionGlobals(this.#first)
      : this.#globals.connection()
  }

  #notAnAddress(value: TValue, f: TValue): ScriptFailure {
    const wrong = `ModifyReturnPath must return an address as a string, or nothing, not a ${typeName(value)}`
    return this.#wrongType(wrong, 'ModifyReturnPath', f)
  }

  #wrongType(wrong: string, callback: Callback, f: TValue): ScriptFailure {
    const { p } = f.value as { p?: { linedefined?: number } }
    const line = p?.linedefined
    const where = line === undefined ? '' : `:${line}`
    return this.#failure(`${this.#source.name}${where}: ${wrong}`, callback, 'type', line)
  }

  #tooLong(bytes: number): ScriptFailure {
    const message = `${this.#source.name}: ReturnCodeHandler returned ${bytes} bytes; a reply has at most ${MAX_REWRITE_BYTES}`
    return this.#failure(message, 'ReturnCodeHandler', 'type')
  }

  #failure(message: string, callback: string, kind: ScriptFailure['kind'], line?: number): ScriptFailure {
    const at = line === undefined ? {} : { line }
    return { kind, message, file: this.#source.name, function: callback, traceback: '', ...at }
  }
}
