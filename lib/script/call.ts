/** A call on its way: what to ask the script thread, and what to do with the answer. */
import type { ScriptFailure } from './port.js'
import type { FieldReader, FieldWriter } from './wire.js'

export interface Call {
  /** Undefined for a check, which needs no session. */
  readonly session: OpenSession | undefined
  /** For sentences: the script's file and the callback. */
  readonly file: string
  readonly name: string
  /** Its kind, one of REQUEST in messages.ts. */
  readonly request: string
  /** The script that goes with it. */
  readonly source?: Uint8Array
  /** Writes what follows the request and the call's number. */
  write(to: FieldWriter): void
  succeed(from: FieldReader): void
  fail(failure: ScriptFailure): void
}

/** What the queue needs to know of a session. */
export interface OpenSession {
  readonly id: number
  /** The sender's name. */
  readonly sender: string
  /** Set when the file could not be run and must not be tried again: every call fails with it. */
  broken: ScriptFailure | undefined
  /** Start has been killed, or has failed for want of time or memory: a fresh beginning leaves it out. */
  skipStart: boolean
  /** How often its beginning was cut off because the thread died. */
  lostThreads: number
  /** No more calls will come. */
  readonly closed: boolean
  /** The thread in which the session is open. */
  openIn: unknown
  mask: number
  /** The call that opens it in a thread, first or again. */
  opening(): Call
  startKilled(failure: ScriptFailure): void
  print(line: string): void
  warning(message: string): void
}
