/**
 * The script port: all that the rest of the plugin knows of the script engine.
 *
 * A port runs the sessions of one or many senders, off the main thread. Every string that crosses it is a *byte
 * string*: a JavaScript string whose characters are bytes (latin1), so that 8-bit text goes in and out unchanged.
 *
 * A call that fails rejects with a ScriptError; what then happens to the mail is the caller's policy (contract 4,
 * "When the script fails"). A call never hangs: it is answered within the port's deadline.
 */
import type { RawActions } from '../core/decision.js'

export type Callback =
  'Start' | 'CheckFile' | 'ServerDetails' | 'ServerConnected' | 'ReturnCodeHandler' | 'ModifyReturnPath'

/** A script file as read from disk. `version` is a short hash of the bytes, for the log. */
export interface ScriptSource {
  /** File name without its folder; also the chunk name in messages, `relayout.lua:12:`. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly version: string
}

/** What a session's globals hold before the file runs (contract 4). */
export interface SessionGlobals {
  readonly senderId: number
  readonly senderName: string
  readonly useBatv: boolean
  readonly verifyCertificate: boolean
  /** 0 = no limit, here and below. */
  readonly maxMessagesPerConnection: number
  readonly maxRecipientsPerConnection: number
  readonly maxRecipientsPerMessage: number
}

/** The globals that are read back after Start and after ServerConnected. */
export interface ConnectionGlobals {
  readonly verifyCertificate: boolean
  readonly maxMessagesPerConnection: number
  readonly maxRecipientsPerConnection: number
  readonly maxRecipientsPerMessage: number
}

/** Those of a session's globals that hold for a connection. */
export function connectionGlobals(globals: ConnectionGlobals): ConnectionGlobals {
  const { verifyCertificate, maxMessagesPerConnection, maxRecipientsPerConnection, maxRecipientsPerMessage } = globals
  return { verifyCertificate, maxMessagesPerConnection, maxRecipientsPerConnection, maxRecipientsPerMessage }
}

/** Where a message lies. */
export interface MessageFile {
  /** Full path of the queue file. */
  readonly filename: string
  /** Offset of the message in that file, bytes: the header is read from there, and only when the script asks. */
  readonly dataStart: number
  /** Bytes of the message without the queue-file header. */
  readonly size: number
}

/** The arguments of CheckFile that come from the queue item (contract 4). */
export interface MessageFacts extends MessageFile {
  /** `YYYYMMDDHHMMSS`, local time. */
  readonly creationTime: string
  /** Bare address; '' for the null sender. */
  readonly returnPath: string
  readonly recipients: readonly string[]
  readonly retries: number
  /** `YYYYMMDDHHMMSS`, local time; '' before the first attempt. */
  readonly lastTryTime: string
}

export interface CheckFileAnswer {
  /** False when the script returned nothing: `actions` is then the table it was passed, as it left it. */
  readonly returned: boolean
  readonly actions: RawActions
  /** UseBATV when CheckFile returned. */
  readonly useBatv: boolean
}

/** The arguments of ModifyReturnPath (contract 7). Addresses are bare; '' is the null sender, or one that is not known. */
export interface ReturnPathFacts extends MessageFile {
  /** What is sent unless the script has another: tagged where that is on. */
  readonly computed: string
  readonly returnPath: string
  /** As the message came in. */
  readonly original: string
  /** Who had logged in to hand the message in. */
  readonly authSender: string
  /** Of this transaction. */
  readonly recipients: readonly string[]
  readonly creationTime: string
  /** Of the client that handed the message in. */
  readonly senderIp: string
  /** Of the queue item. */
  readonly allRecipients: readonly string[]
}

/** Whether a connection is to be encrypted by STARTTLS. */
export interface TlsWish {
  /** Where it is offered. */
  readonly tryTls: boolean
  /** Or not used. */
  readonly forceTls: boolean
}

/** The arguments of ServerDetails; `tls`: what applies unless the script says otherwise. */
export interface ServerFacts extends MessageFile {
  readonly authSender: string
  readonly returnPath: string
  /** The relay server's name. */
  readonly server: string
  /** Of the recipients. */
  readonly domain: string
  readonly tls: TlsWish
}

/** How a session began. A failure of the top level leaves the session without any callback. */
export interface SessionStart {
  readonly topLevel?: ScriptFailure
  readonly start?: ScriptFailure
  /** As they stand after Start; the first values where Start is absent or failed. */
  readonly globals: ConnectionGlobals
  /** UseBATV, likewise: what holds for messages where there is no CheckFile. */
  readonly useBatv: boolean
}

export interface ScriptFailure {
  readonly kind: 'syntax' | 'runtime' | 'timeout' | 'memory' | 'type' | 'unavailable'
  /** One line, with `relayout.lua:LINE:` where the line is known. */
  readonly message: string
  readonly file: string
  readonly line?: number
  /** The callback that ran, or `main chunk`. */
  readonly function: string
  /** Lua's traceback, several lines; '' where there is none. */
  readonly traceback: string
}

export class ScriptError extends Error {
  readonly failure: ScriptFailure

  constructor(failure: ScriptFailure) {
    super(failure.message)
    this.name = 'ScriptError'
    this.failure = failure
  }
}

/** What a session says besides its answers. */
export interface SessionEvents {
  /** One call of `print`: one line, a byte string. */
  print(line: string): void
  /** A remark for the log that is no failure: an assignment to a read-only global, a `Max…` that is no number. */
  warning(message: string): void
}

/** One session of one sender's script: calls are carried out in order, after the file and Start have run. */
export interface ScriptSession {
  /** Never rejects: what went wrong is in it, also that the engine is not available. */
  readonly started: Promise<SessionStart>
  /**
   * Whether the script has this function, as far as known: true until the session has started, then as of the last
   * answer; false for all after a top level that failed.
   */
  has(callback: Callback): boolean
  /**
   * Rejects with a ScriptError. Where the script has no CheckFile the answer is that of a script which changes nothing;
   * asking `has('CheckFile')` first saves the way. After a top level that failed every call rejects with that failure.
   */
  checkFile(message: MessageFacts): Promise<CheckFileAnswer>
  /**
   * ReturnCodeHandler's answer: the string it returned, or undefined for anything else ('' included). ConnectedServer
   * is `server` then, whose reply it is. Rejects with a ScriptError.
   */
  returnCode(lastCommand: string, fullResponse: string, lastLine: string, server: string): Promise<string | undefined>
  /** Sets ConnectedServer, calls ServerConnected, reads the globals back. Rejects with a ScriptError. */
  serverConnected(server: string): Promise<ConnectionGlobals>
  /** ModifyReturnPath's answer: the address to use, '' for the null sender, undefined for the computed one. */
  modifyReturnPath(facts: ReturnPathFacts): Promise<string | undefined>
  /** ServerDetails' answer; what `facts` say where it says nothing. Rejects with a ScriptError. */
  serverDetails(facts: ServerFacts): Promise<TlsWish>
  /** Ends the session after the calls already made. Idempotent. */
  close(): void
}

export interface ScriptPort {
  /** Runs the file's top level in a session of its own that is thrown away, prints included; the failure if any. */
  check(source: ScriptSource, globals: SessionGlobals): Promise<ScriptFailure | undefined>
  open(source: ScriptSource, globals: SessionGlobals, events: SessionEvents): ScriptSession
  /** Ends every session and the engine's thread. Calls still open reject with kind 'unavailable'. */
  close(): Promise<void>
}

export interface ScriptLimits {
  /** Longest time for one call, ms (contract 1, script_timeout). */
  readonly timeoutMs: number
  /** Memory of the script engine, MB (contract 1, script_memory). */
  readonly memoryMb: number
}
