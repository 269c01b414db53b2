/**
 * The calls of one sender's sessions and the script thread that answers them: about replies first, because a connection
 * waits for each of those, otherwise first in first out.
 *
 * Promises: every call is answered, at the latest `timeoutMs` after it began to run. A call that runs longer, or
 * crashes the thread, fails alone: the thread is replaced by a spare that stands ready, the sessions are begun afresh
 * there when they have a call, and the calls without an answer are asked again. When no thread can be started, calls
 * fail with kind 'unavailable', and the next try waits longer each time. A thread without sessions is given back.
 */
import type { Call, OpenSession } from './call.js'
import { isUrgent, readFailure, REPLY, REQUEST } from './messages.js'
import type { ScriptFailure } from './port.js'
import { monotonicMs } from './progress.js'
import type { ThreadSupply } from './thread-supply.js'
import { FieldReader, FieldWriter } from './wire.js'
import type { LinkSettings, WorkerLink } from './worker-link.js'

/** A thread that has not begun a call after this long is not going to. */
const STARTING_MS = 10_000

/** How often the beginning of a session is tried when its thread dies meanwhile, which no script can bring about. */
const MOST_BEGINNINGS = 3

export class CallQueue {
  readonly #settings: LinkSettings
  readonly #supply: ThreadSupply
  readonly #calls = new Map<number, Call>()
  readonly #sessions = new Map<number, OpenSession>()
  /** Two messages a turn: the thread carries out all of the first kind before any of the second. */
  readonly #urgent = new FieldWriter()
  readonly #out = new FieldWriter()
  #link: WorkerLink | undefined
  #lastCall = 0
  #flushing = false
  #closed = false
  #watching: NodeJS.Timeout | undefined
  #oldestPostMs = 0

  constructor(settings: LinkSettings, supply: ThreadSupply) {
    this.#settings = settings
    this.#supply = supply
  }

  /** Sessions that are open or have a call under way. */
  get sessions(): number {
    return this.#sessions.size
  }

  serves(sender: string): boolean {
    for (const session of this.#sessions.values()) if (session.sender === sender) return true
    return false
  }

  add(call: Call): void {
    const refusal = this.#refusal(call)
    if (refusal !== undefined) {
      call.fail(refusal)
      return
    }
    if (call.session !== undefined) this.#sessions.set(call.session.id, call.session)
    this.#ask(call)
  }

  /** Forgets a session after the calls already made. */
  closeSession(session: OpenSession): void {
    if (!this.#closed && session.openIn !== undefined && session.openIn === this.#link) {
      this.#out.text(REQUEST.close).number(session.id)
      this.#flushSoon()
    }
    this.#forgetWhenIdle(session)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#watching)
    const link = this.#link
    this.#link = undefined
    for (const call of this.#takeAll()) call.fail(unavailable(call, 'the script engine is shutting down'))
    await link?.end()
  }

  #refusal(call: Call): ScriptFailure | undefined {
    if (this.#closed) return unavailable(call, 'the script engine is shutting down')
    if (call.session?.broken !== undefined) return call.session.broken
    if (this.#supply.paused) return unavailable(call, 'the script engine does not start')
    return undefined
  }

  /** Numbers a call and sends it, after what opens its session in this thread. */
  #ask(call: Call): void {
    const link = this.#linkNow()
    const { session } = call
    if (session !== undefined && session.openIn !== link) {
      session.openIn = link
      if (call.request !== REQUEST.open) this.#send(session.opening())
    }
    this.#send(call)
  }

  #send(call: Call): void {
    const id = (this.#lastCall = (this.#lastCall % 0x7fffffff) + 1)
    if (this.#calls.size === 0) this.#watch()
    this.#calls.set(id, call)
    const to = isUrgent(call.request) ? this.#urgent : this.#out
    if (call.source !== undefined) this.#link?.post({ call: id, bytes: call.source })
    call.write(to.text(call.request).number(id))
    this.#flushSoon()
  }

  /** All calls made in the same turn travel in one message. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    if (!this.#urgent.empty) this.#link?.post(this.#urgent.take())
    if (!this.#out.empty) this.#link?.post(this.#out.take())
  }

  #linkNow(): WorkerLink {
    if (this.#link === undefined) {
      const link = this.#supply.take()
      this.#link = link
      link.attach({
        message: (message) => this.#received(message),
        end: (code, message) => this.#crashed(link, code, message),
      })
    }
    return this.#link
  }

  #received(message: string): void {
    this.#supply.answered()
    const from = new FieldReader(message)
    while (!from.done) this.#reply(from)
    if (this.#calls.size > 0) {
      this.#oldestPostMs = monotonicMs()
      return
    }
    this.#unwatch()
    this.#giveBackUnused()
  }

  #reply(from: FieldReader): void {
    const reply = from.text()
    const id = from.number()
    if (reply !== REPLY.print && reply !== REPLY.warning) {
      this.#settle(id, reply, from)
      return
    }
    // To be read in any case: a check has no session, and what follows in the message stands behind it.
    const text = from.text()
    const session = this.#sessions.get(id)
    if (reply === REPLY.print) session?.print(text)
    else session?.warning(text)
  }

  #settle(id: number, reply: string, from: FieldReader): void {
    const call = this.#calls.get(id)
    if (call === undefined) throw new Error(`an answer to call ${id}, which nobody made`)
    this.#calls.delete(id)
    const mask = from.number()
    if (call.session !== undefined) call.session.mask = mask
    if (reply === REPLY.value) call.succeed(from)
    else call.fail(readFailure(from))
    if (call.session?.closed === true) this.#forgetWhenIdle(call.session)
  }

  // --- the deadline ---

  #watch(): void {
    this.#oldestPostMs = monotonicMs()
    this.#watching = setTimeout(() => this.#look(), this.#settings.timeoutMs + 1)
  }

  #unwatch(): void {
    clearTimeout(this.#watching)
    this.#watching = undefined
  }

  #look(): void {
    const link = this.#link
    // The main thread may have been busy while the answer lay there.
    link?.drain()
    if (link === undefined || this.#calls.size === 0) return
    const running = link.progress.read()
    const since = this.#calls.has(running.call) ? running.sinceMs : undefined
    const left =
      since === undefined
        ? this.#oldestPostMs + this.#settings.timeoutMs + STARTING_MS - monotonicMs()
        : since + this.#settings.timeoutMs - monotonicMs()
    if (left > 0) {
      this.#unwatch()
      const again = since === undefined ? Math.min(left, this.#settings.timeoutMs) : left
      this.#watching = setTimeout(() => this.#look(), Math.ceil(again) + 1)
      return
    }
    this.#replace(link, (call, line) => this.#timeout(call, line, since !== undefined))
  }

  #timeout(call: Call, line: number, running: boolean): ScriptFailure {
    if (!running) return unavailable(call, 'the script engine does not answer')
    const { timeoutMs } = this.#settings
    const time = timeoutMs % 1000 === 0 ? `${timeoutMs / 1000} s` : `${timeoutMs} ms`
    return failed('timeout', call, line, `still running after ${time}`)
  }

  #crashed(link: WorkerLink, code: string, message: string): void {
    if (link !== this.#link) return
    if (!link.alive && link.progress.read().call === 0) {
      this.#supply.startFailed(message)
      this.#replace(link, undefined)
      return
    }
    this.#replace(link, (call, line) =>
      code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? failed('memory', call, line, `uses more than ${this.#settings.memoryMb} MB`)
        : unavailable(call, `the script engine has crashed: ${message}`),
    )
  }

  /** Ends the thread, fails the call that it was in, asks the others again in a new one. No failure: no call's fault. */
  #replace(link: WorkerLink, failureOf: ((call: Call, line: number) => ScriptFailure) | undefined): void {
    const running = link.progress.read()
    this.#unwatch()
    this.#link = undefined
    this.#urgent.take()
    this.#out.take()
    this.#supply.end(link)
    const culprit = this.#calls.has(running.call) ? running.call : this.#calls.keys().next().value
    const calls = [...this.#calls]
    this.#calls.clear()
    for (const session of this.#sessions.values()) session.openIn = undefined
    for (const [id, call] of calls) {
      if (id === culprit && failureOf !== undefined)
        this.#blame(call, failureOf(call, running.line), running.call === id ? running.phase : '')
      else this.add(call)
    }
    for (const session of this.#sessions.values()) if (session.closed) this.closeSession(session)
  }

  /** The beginning of a session is not tried for ever: what was killed in it is left out from now on. */
  #blame(call: Call, failure: ScriptFailure, phase: string): void {
    const { session } = call
    const begins = call.request === REQUEST.open || phase === 'main chunk' || phase === 'Start'
    if (session !== undefined && begins && failure.kind === 'unavailable' && ++session.lostThreads < MOST_BEGINNINGS) {
      // Else the session would have no functions for as long as it is open, though nothing is wrong with its script.
      this.add(call)
      return
    }
    const blamed = phase === '' ? failure : { ...failure, function: phase }
    if (session === undefined || phase !== 'Start') {
      if (session !== undefined && phase === 'main chunk') session.broken = blamed
      call.fail(blamed)
      return
    }
    session.skipStart = true
    session.startKilled(blamed)
    if (call.request === REQUEST.open) this.add(session.opening())
    else call.fail(blamed)
  }

  #forgetWhenIdle(session: OpenSession): void {
    const busy = [...this.#calls.values()].some((call) => call.session === session)
    if (busy) return
    this.#sessions.delete(session.id)
    this.#giveBackUnused()
  }

  /** A thread in which no session is left. */
  #giveBackUnused(): void {
    const link = this.#link
    if (link === undefined || this.#sessions.size > 0 || this.#calls.size > 0) return
    this.#flush()
    this.#link = undefined
    this.#supply.giveBack(link)
  }

  #takeAll(): Call[] {
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    return calls
  }
}

function failed(kind: ScriptFailure['kind'], call: Call, line: number, what: string): ScriptFailure {
  const at = line > 0 ? { line } : {}
  const message = `${call.file}${line > 0 ? `:${line}` : ''}: ${what}`
  return { kind, message, file: call.file, function: call.name, traceback: '', ...at }
}

function unavailable(call: Call, what: string): ScriptFailure {
  return failed('unavailable', call, 0, what)
}
