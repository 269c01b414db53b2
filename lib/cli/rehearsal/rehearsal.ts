/**
 * The senders and their scripts as the plugin has them, without a mail server: what would be decided of a message.
 *
 * Each sender has one session, in which its script sees one message after the other.
 */
import { fromBytes } from '../../core/byte-string.js'
import type { SenderSettings, Settings } from '../../core/settings/settings.js'
import { choose, type Skip, skipOf } from '../../policy/choose.js'
import { consequenceOf, failureSentence } from '../../policy/failure.js'
import { judge, type Judgement, type Taken } from '../../policy/judge.js'
import { envelopeOf, messageFacts, type QueueItem } from '../../policy/queue-item.js'
import { sessionGlobals } from '../../policy/session-globals.js'
import { openNoScript } from '../../script/no-script.js'
import type { ScriptFailure, ScriptPort, ScriptSession, ScriptSource } from '../../script/port.js'
import type { ScriptClock } from '../../script/script-clock.js'
import { createScriptPort } from '../../script/thread-port.js'

/** What a script says besides its answers. */
export interface Heard {
  readonly sender: string
  readonly kind: 'print' | 'warning' | 'failure'
  readonly text: string
}

export interface RehearsalOptions {
  readonly settings: Settings
  /** Only the sender of this name. */
  readonly only?: string | undefined
  script(sender: SenderSettings): ScriptSource
  /** The scripts' clock. */
  readonly clock?: ScriptClock
  readonly retryIntervals: readonly number[]
  /** Not more than once for the same text of a sender's. */
  hear(heard: Heard): void
}

/** What one sender says of a message. */
export interface SenderAnswer {
  readonly sender: SenderSettings
  /** Its filter lets the message through. */
  readonly matches: boolean
  /** Undefined: it was not asked. */
  readonly judgement: Judgement | undefined
  readonly failure: ScriptFailure | undefined
  readonly warnings: readonly string[]
}

export interface Decided {
  /** All senders', in their order. */
  readonly answers: readonly SenderAnswer[]
  readonly taken: { readonly sender: SenderSettings; readonly judgement: Taken } | undefined
  /** All that the message is for refuse it. Neither this nor `taken`: Haraka delivers it as if there were no plugin. */
  readonly skip: Skip | undefined
}

/** Different texts that are heard of one sender. */
const MOST_HEARD = 1_000

export class Rehearsal {
  readonly senders: readonly SenderSettings[]
  readonly #options: RehearsalOptions
  readonly #port: ScriptPort
  readonly #sessions = new Map<string, ScriptSession>()
  readonly #heard = new Map<string, Set<string>>()

  constructor(options: RehearsalOptions) {
    this.#options = options
    const { settings, only, clock } = options
    this.senders = settings.senders.filter(({ name }) => only === undefined || name === only)
    const { scriptTimeoutMs, scriptMemoryMb } = settings.main
    this.#port = createScriptPort({
      timeoutMs: scriptTimeoutMs,
      memoryMb: scriptMemoryMb,
      ...(clock ? { clock } : {}),
    })
  }

  /**
   * Never rejects. Several messages may be asked about at once; scripts see them in the order of the calls. `isGone`: the
   * message is no longer there to be read, which is no failure of the script's to be heard.
   */
  async decide(item: QueueItem, isGone: () => boolean = () => false): Promise<Decided> {
    const { settings, retryIntervals } = this.#options
    const envelope = envelopeOf(item)
    const facts = messageFacts(item, retryIntervals)
    const said = new Map<SenderSettings, Omit<SenderAnswer, 'sender' | 'matches'>>()
    const matching = this.senders.filter(({ filter }) => filter.matches(envelope))
    const { taken, refusals } = await choose<SenderSettings, Judgement>(matching, async (sender) => {
      const warnings: string[] = []
      let failed: ScriptFailure | undefined
      const judgement = await judge(this.session(sender), sender.script, facts, settings.main, {
        begun: () => undefined,
        failed: (failure) => {
          failed = failure
          if (isGone()) return
          this.hear(sender, 'failure', failureSentence(failure, consequenceOf(failure.function, settings.main)))
        },
        warned: (warning) => warnings.push(warning),
        remarked: (remark) => this.hear(sender, 'warning', remark),
      })
      said.set(sender, { judgement, failure: failed, warnings })
      return judgement
    })
    const answers = this.senders.map((sender) => ({
      sender,
      matches: matching.includes(sender),
      ...(said.get(sender) ?? { judgement: undefined, failure: undefined, warnings: [] }),
    }))
    return { answers, taken, skip: taken ? undefined : skipOf(refusals) }
  }

  /** The sender's; it begins with the first call. */
  session(sender: SenderSettings): ScriptSession {
    const open = this.#sessions.get(sender.name)
    if (open) return open
    const source = this.#options.script(sender)
    const globals = sessionGlobals(this.#options.settings, sender)
    const session =
      source.bytes.length === 0
        ? openNoScript(globals)
        : this.#port.open(source, globals, {
            print: (line) => this.hear(sender, 'print', fromBytes(line)),
            warning: (message) => this.hear(sender, 'warning', fromBytes(message)),
          })
    this.#sessions.set(sender.name, session)
    return session
  }

  /** Ends all sessions: the next call begins others, and what was heard before is heard again. */
  startAfresh(): void {
    for (const session of this.#sessions.values()) session.close()
    this.#sessions.clear()
    this.#heard.clear()
  }

  async close(): Promise<void> {
    this.startAfresh()
    await this.#port.close()
  }

  /** Something that is said once, however often. */
  hear({ name }: SenderSettings, kind: Heard['kind'], text: string): void {
    const heard = this.#heard.get(name) ?? new Set<string>()
    this.#heard.set(name, heard)
    const key = `${kind} ${text}`
    if (heard.has(key) || heard.size >= MOST_HEARD) return
    heard.add(key)
    this.#options.hear({ sender: name, kind, text })
  }
}
