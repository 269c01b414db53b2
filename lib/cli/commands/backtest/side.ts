/** One of the two scripts: its senders' sessions, and their conversations with relay servers. */
import type { Reply } from '../../../core/reply.js'
import type { SenderSettings } from '../../../core/settings/settings.js'
import type { QueueItem } from '../../../policy/queue-item.js'
import { Conversations } from '../../conversation/conversations.js'
import { type Decided, type Heard, Rehearsal, type RehearsalOptions } from '../../rehearsal/rehearsal.js'
import type { ReplyInput } from './inputs.js'
import type { ScriptName } from './report.js'

export interface SideOptions extends Omit<RehearsalOptions, 'hear'> {
  /** The files that its scripts are in, by what the settings call them. */
  file(sender: SenderSettings): string
}

export class Side {
  readonly heard: Heard[] = []
  readonly scripts: readonly ScriptName[]
  readonly #rehearsal: Rehearsal
  readonly #conversations: Conversations

  constructor(options: SideOptions) {
    this.#rehearsal = new Rehearsal({ ...options, hear: (something) => this.heard.push(something) })
    this.#conversations = new Conversations(this.#rehearsal, options.settings)
    const versions = this.#rehearsal.senders.map(
      (sender) => [options.file(sender), options.script(sender).version] as const,
    )
    this.scripts = [...new Map(versions)].map(([file, version]) => ({ file, version }))
  }

  async decide(item: QueueItem, isGone?: () => boolean): Promise<Decided> {
    return this.#rehearsal.decide(item, isGone)
  }

  /** What Haraka is given; undefined: the settings have no such sender. */
  async presented({ sender: name, server, stage, shown, reply }: ReplyInput): Promise<Reply | undefined> {
    const sender = this.#rehearsal.senders.find((one) => one.name === name)
    if (!sender) return undefined
    const answered = { command: { stage, shown, secret: '' }, reply }
    return (await this.#conversations.with(sender, server).reply(answered)).presented
  }

  async close(): Promise<void> {
    await this.#rehearsal.close()
  }
}
