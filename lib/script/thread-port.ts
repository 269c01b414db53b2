/**
 * The script port on threads of their own, one for each sender that has a session, and one for checks: sessions and
 * checks as calls of a queue (call-queue.ts). So a script that hangs, or dies, holds up and loses nothing but its own
 * sender's sessions. The contract is port.ts; how a thread is replaced is the queue's business.
 */
import { ALL_CALLBACKS, maskHas } from './callbacks.js'
import type { Call, OpenSession } from './call.js'
import { CallQueue } from './call-queue.js'
import { ScriptClock } from './script-clock.js'
import { ThreadSupply } from './thread-supply.js'
import type { Remark } from './thread-supply.js'
import {
  readConnection,
  readDecision,
  readOptional,
  readStart,
  readTls,
  REQUEST,
  writeFacts,
  writeReturnPathFacts,
  writeServerFacts,
  writeSource,
} from './messages.js'
import { connectionGlobals, ScriptError } from './port.js'
import type {
  Callback,
  CheckFileAnswer,
  ConnectionGlobals,
  MessageFacts,
  ReturnPathFacts,
  ScriptFailure,
  ScriptLimits,
  ScriptPort,
  ScriptSession,
  ScriptSource,
  ServerFacts,
  SessionEvents,
  SessionGlobals,
  SessionStart,
  TlsWish,
} from './port.js'
import type { FieldReader, FieldWriter } from './wire.js'

/** Of senders at work at one time; further ones share. A thread takes about 15 MB. */
const MOST_THREADS = 16

const MOST_WARNINGS = 50

/** Bytes. The main thread reads a script, and hands it over whenever a session begins. */
const LONGEST_SCRIPT = 4 * 1024 * 1024

export interface ScriptPortOptions extends ScriptLimits {
  /** Where it is not the real one. */
  readonly clock?: ScriptClock
}

/** `remark` hears what an administrator should know of the engine itself; it never hears a script's failures. */
export function createScriptPort(options: ScriptPortOptions, remark: Remark = () => undefined): ScriptPort {
  const { timeoutMs, memoryMb, clock = new ScriptClock() } = options
  const settings = { timeoutMs, memoryMb, clock: clock.buffer }
  const supply = new ThreadSupply(settings, remark)
  const checks = new CallQueue(settings, supply)
  const queues: CallQueue[] = []
  const queueOf = (sender: string): CallQueue => {
    const fit = queues.find((queue) => queue.serves(sender)) ?? queues.find((queue) => queue.sessions === 0)
    if (fit !== undefined) return fit
    if (queues.length >= MOST_THREADS) return queues.reduce((a, b) => (b.sessions < a.sessions ? b : a))
    const queue = new CallQueue(settings, supply)
    queues.push(queue)
    return queue
  }
  let sessions = 0
  let lastCheck: Promise<unknown> = Promise.resolve()
  return {
    check: (source, globals) => {
      // One after the other: all scripts at a start of Haraka would be megabytes to hand over in one turn.
      const result = lastCheck.then(() => check(checks, source, globals))
      lastCheck = result.catch(() => undefined)
      return result
    },
    open: (source, globals, events) =>
      new ThreadSession(queueOf(globals.senderName), ++sessions, source, globals, events),
    close: async () => {
      await Promise.all([...queues, checks].map((queue) => queue.close()))
      await supply.close()
    },
  }
}

async function check(
  queue: CallQueue,
  source: ScriptSource,
  globals: SessionGlobals,
): Promise<ScriptFailure | undefined> {
  const refusal = tooLong(source)
  if (refusal !== undefined) return refusal
  try {
    await answer(
      queue,
      { file: source.name, name: 'main chunk', session: undefined, request: REQUEST.check, source: source.bytes },
      {
        write: (to) => writeSource(to, source, globals),
        read: () => undefined,
      },
    )
    return undefined
  } catch (error) {
    if (error instanceof ScriptError) return error.failure
    throw error
  }
}

interface Exchange<Value> {
  write(to: FieldWriter): void
  read(from: FieldReader): Value
}

async function answer<Value>(
  queue: CallQueue,
  about: Pick<Call, 'file' | 'name' | 'session' | 'request' | 'source'>,
  exchange: Exchange<Value>,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    queue.add({
      ...about,
      write: (to) => exchange.write(to),
      succeed: (from) => resolve(exchange.read(from)),
      fail: (failure) => reject(new ScriptError(failure)),
    })
  })
}

class ThreadSession implements ScriptSession, OpenSession {
  readonly id: number
  readonly sender: string
  readonly started: Promise<SessionStart>
  broken: ScriptFailure | undefined
  skipStart = false
  lostThreads = 0
  closed = false
  openIn: unknown
  mask = ALL_CALLBACKS
  readonly #queue: CallQueue
  readonly #source: ScriptSource
  readonly #globals: SessionGlobals
  readonly #events: SessionEvents
  readonly #warned = new Set<string>()
  #startFailure: ScriptFailure | undefined
  #resolveStarted: (start: SessionStart) => void = () => undefined

  constructor(queue: CallQueue, id: number, source: ScriptSource, globals: SessionGlobals, events: SessionEvents) {
    this.#queue = queue
    this.id = id
    this.sender = globals.senderName
    this.#source = source
    this.broken = tooLong(source)
    this.#globals = globals
    this.#events = events
    this.started = new Promise((resolve) => {
      this.#resolveStarted = resolve
    })
    queue.add(this.opening())
  }

  has(callback: Callback): boolean {
    return maskHas(this.mask, callback)
  }

  async checkFile(message: MessageFacts): Promise<CheckFileAnswer> {
    return this.#call('CheckFile', REQUEST.checkFile, {
      write: (to) => writeFacts(to.number(this.id), message),
      read: readDecision,
    })
  }

  async returnCode(
    lastCommand: string,
    fullResponse: string,
    lastLine: string,
    server: string,
  ): Promise<string | undefined> {
    return this.#call('ReturnCodeHandler', REQUEST.returnCode, {
      write: (to) => void to.number(this.id).text(lastCommand).text(fullResponse).text(lastLine).text(server),
      read: readOptional,
    })
  }

  async serverConnected(server: string): Promise<ConnectionGlobals> {
    return this.#call('ServerConnected', REQUEST.connected, {
      write: (to) => void to.number(this.id).text(server),
      read: readConnection,
    })
  }

  async modifyReturnPath(facts: ReturnPathFacts): Promise<string | undefined> {
    return this.#call('ModifyReturnPath', REQUEST.returnPath, {
      write: (to) => writeReturnPathFacts(to.number(this.id), facts),
      read: readOptional,
    })
  }

  async serverDetails(facts: ServerFacts): Promise<TlsWish> {
    return this.#call('ServerDetails', REQUEST.server, {
      write: (to) => writeServerFacts(to.number(this.id), facts),
      read: readTls,
    })
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.#queue.closeSession(this)
  }

  opening(): Call {
    return {
      session: this,
      file: this.#source.name,
      name: 'Start',
      request: REQUEST.open,
      source: this.#source.bytes,
      write: (to) => writeSource(to.number(this.id).flag(this.skipStart), this.#source, this.#globals),
      succeed: (from) => this.#opened(readStart(from)),
      fail: (failure) => this.#opened({ topLevel: failure, globals: this.#globals, useBatv: this.#globals.useBatv }),
    }
  }

  startKilled(failure: ScriptFailure): void {
    this.#startFailure = failure
  }

  print(line: string): void {
    this.#events.print(line)
  }

  /** A session that is begun afresh would say the same again, or much the same. */
  warning(message: string): void {
    if (this.#warned.has(message) || this.#warned.size >= MOST_WARNINGS) return
    this.#warned.add(message)
    this.#events.warning(message)
  }

  #opened(answered: SessionStart): void {
    const start = answered.start ?? this.#startFailure
    if (isOutOfBounds(answered.topLevel)) this.broken = answered.topLevel
    if (isOutOfBounds(start)) this.skipStart = true
    if (answered.topLevel !== undefined) this.mask = 0
    const { topLevel } = answered
    const { globals, useBatv } =
      start === undefined ? answered : { globals: this.#globals, useBatv: this.#globals.useBatv }
    this.#resolveStarted({
      ...(topLevel === undefined ? {} : { topLevel }),
      ...(start === undefined ? {} : { start }),
      globals: connectionGlobals(globals),
      useBatv,
    })
  }

  async #call<Value>(name: Callback, request: string, exchange: Exchange<Value>): Promise<Value> {
    return answer(this.#queue, { file: this.#source.name, name, session: this, request }, exchange)
  }
}

/** Failures that would come again, and cost their time again, if the same code were run again. */
function isOutOfBounds(failure: ScriptFailure | undefined): failure is ScriptFailure {
  return failure?.kind === 'timeout' || failure?.kind === 'memory'
}

function tooLong({ name, bytes }: ScriptSource): ScriptFailure | undefined {
  if (bytes.length <= LONGEST_SCRIPT) return undefined
  const message = `${name} has ${bytes.length} bytes; a script has at most ${LONGEST_SCRIPT}`
  return { kind: 'syntax', message, file: name, function: 'main chunk', traceback: '' }
}
