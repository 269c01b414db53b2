/**
 * A relay server's replies as a sender has them, one after the other on a connection: each goes through the plugin's own
 * ReplyJudge, which asks the script and applies the guards.
 */
import { toBytes } from '../../core/byte-string.js'
import type { Consequence, GuardOptions, Stage, Verdict } from '../../core/reply-guards.js'
import { replyClass, type Reply } from '../../core/reply.js'
import type { SenderSettings } from '../../core/settings/settings.js'
import { failureOf } from '../../policy/failure.js'
import { ReplyJudge } from '../../relay/reply-judge.js'
import type { InvalidReturn, RelayObserver, ReplyEvent, RewriteEvent } from '../../relay/relay-observer.js'
import { SecretRedaction } from '../../relay/secret-redaction.js'
import type { Callback, ScriptFailure, ScriptSession } from '../../script/port.js'
import { type ConnectionAfter, connectionAfter } from './connection-after.js'
import type { HarakaDoes } from './haraka-does.js'
import type { AnsweredCommand } from './read-command.js'
import { whatHarakaDoes } from './what-haraka-does.js'

export interface ConversationOptions {
  readonly session: Pick<ScriptSession, 'started' | 'has' | 'returnCode' | 'serverConnected'>
  readonly sender: Pick<SenderSettings, 'servers' | 'tls' | 'auth' | 'authPlaintext' | 'script'>
  readonly allowLosingRewrites: boolean
  /** What ConnectedServer is. */
  readonly server: string
  failed(failure: ScriptFailure): void
}

/** A command and its reply, a byte string each. */
export interface Answered {
  readonly command: AnsweredCommand
  readonly reply: Reply
}

/** What came of one reply. Texts are byte strings; none has a secret in it. */
export interface Judged {
  readonly stage: Stage
  readonly command: string
  readonly real: Reply
  readonly presented: Reply
  /** What the script returned, where it was a string and not the same. */
  readonly returned: string | undefined
  readonly outcome: RewriteEvent['outcome'] | 'unchanged'
  readonly warnings: readonly (Verdict['warnings'][number] | InvalidReturn)[]
  readonly consequence: Consequence
  readonly connection: ConnectionAfter
  readonly haraka: HarakaDoes
  /** What Haraka had done without a script, where that is something else. */
  readonly withoutScript: HarakaDoes | undefined
  readonly failures: readonly ScriptFailure[]
}

/** What is heard of the reply in hand. */
interface InHand {
  event?: RewriteEvent
  replied?: ReplyEvent
  readonly failures: ScriptFailure[]
}

export class Conversation implements RelayObserver {
  readonly #options: ConversationOptions
  readonly #secrets: SecretRedaction
  readonly #judge: ReplyJudge
  readonly #judgeAlone: ReplyJudge
  #begun = false
  #encrypted: boolean
  #inHand: InHand = { failures: [] }

  constructor(options: ConversationOptions) {
    this.#options = options
    const { auth, tls } = options.sender
    this.#secrets = new SecretRedaction(auth ? [auth.user.reveal(), auth.pass.reveal()] : [])
    const guards: GuardOptions = { allowLosingRewrites: options.allowLosingRewrites, forceTls: tls === 'required' }
    this.#judge = new ReplyJudge(this, guards, this.#secrets)
    this.#judgeAlone = new ReplyJudge(WITHOUT_SCRIPT, guards, this.#secrets)
    this.#encrypted = tls === 'implicit'
  }

  /** Never rejects. One after the other: the next call is for when this one has been answered. */
  async reply({ command: { stage, shown, secret }, reply }: Answered): Promise<Judged> {
    const inHand: InHand = { failures: [] }
    this.#inHand = inHand
    this.#secrets.remember(secret)
    await this.#begin(stage)
    const verdict = await this.#judge.judge(stage, shown, reply)
    const alone = await this.#judgeAlone.judge(stage, shown, reply)
    const haraka = this.#does(stage, shown, reply, verdict.presented)
    const without = this.#does(stage, shown, reply, alone.presented)
    const { presented, consequence } = verdict
    const tlsAwaited = this.#options.sender.tls === 'required' && !this.#encrypted
    const connection = connectionAfter({ stage, real: reply, presented, consequence, haraka, tlsAwaited })
    if (stage === 'starttls' && replyClass(presented) === 2) this.#encrypted = true
    const { event, replied, failures } = inHand
    return {
      stage,
      command: shown,
      real: replied?.real ?? reply,
      presented: replied?.presented ?? presented,
      returned: event?.returned,
      outcome: event?.outcome ?? 'unchanged',
      warnings: event?.warnings ?? [],
      consequence,
      connection,
      haraka,
      withoutScript: without.words === haraka.words ? undefined : without,
      failures,
    }
  }

  wantsReplies(): boolean {
    return this.#options.session.has('ReturnCodeHandler')
  }

  async returnCode(lastCommand: string, fullResponse: string, lastLine: string): Promise<string | undefined> {
    const { session, server } = this.#options
    return this.#guarded('ReturnCodeHandler', () =>
      session.returnCode(lastCommand, fullResponse, lastLine, toBytes(server)),
    )
  }

  rewritten(event: RewriteEvent): void {
    this.#inHand.event = event
  }

  replied(event: ReplyEvent): void {
    this.#inHand.replied = event
  }

  warning(): void {
    // It speaks of connections.
  }

  /** A new connection, where the relay server takes it. */
  greeted(greeting: Reply): Promise<unknown> | undefined {
    return replyClass(greeting) === 2 ? this.#connected() : undefined
  }

  /** The file and Start have run before the first reply; ServerConnected too, unless that is a greeting. */
  async #begin(stage: Stage): Promise<void> {
    if (stage === 'greeting') this.#encrypted = this.#options.sender.tls === 'implicit'
    if (this.#begun) return
    this.#begun = true
    const { topLevel, start } = await this.#options.session.started
    for (const failure of [topLevel, start]) if (failure) this.#fail(failure)
    if (stage !== 'greeting') await this.#connected()
  }

  async #connected(): Promise<void> {
    const { session, server } = this.#options
    if (session.has('ServerConnected')) {
      await this.#guarded('ServerConnected', () => session.serverConnected(toBytes(server)))
    }
  }

  /** A failed callback changes nothing. */
  async #guarded<T>(callback: Callback, call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call()
    } catch (error) {
      this.#fail(failureOf(error, callback, this.#options.sender.script))
      return undefined
    }
  }

  #fail(failure: ScriptFailure): void {
    this.#inHand.failures.push(failure)
    this.#options.failed(failure)
  }

  #does(stage: Stage, command: string, real: Reply, presented: Reply): HarakaDoes {
    const { sender } = this.#options
    return whatHarakaDoes({ stage, command, real, presented, encrypted: this.#encrypted, sender })
  }
}

const WITHOUT_SCRIPT: RelayObserver = {
  wantsReplies: () => false,
  returnCode: () => Promise.resolve(undefined),
  rewritten: () => undefined,
  warning: () => undefined,
}
