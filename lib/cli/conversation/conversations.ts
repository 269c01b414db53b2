/** A rehearsal's conversations with relay servers: one for each sender and server, as long as their sessions live. */
import type { SenderSettings, Settings } from '../../core/settings/settings.js'
import { consequenceOf, failureSentence } from '../../policy/failure.js'
import type { Rehearsal } from '../rehearsal/rehearsal.js'
import { Conversation } from './conversation.js'

export class Conversations {
  readonly #rehearsal: Rehearsal
  readonly #settings: Settings
  readonly #open = new Map<string, Conversation>()

  constructor(rehearsal: Rehearsal, settings: Settings) {
    this.#rehearsal = rehearsal
    this.#settings = settings
  }

  /** `server`: undefined: the sender's first. */
  with(sender: SenderSettings, server = sender.servers[0]?.host ?? ''): Conversation {
    const key = `${sender.name}\n${server}`
    const open = this.#open.get(key)
    if (open) return open
    const { main } = this.#settings
    const conversation = new Conversation({
      session: this.#rehearsal.session(sender),
      sender,
      allowLosingRewrites: main.allowLosingRewrites,
      server,
      failed: (failure) => {
        this.#rehearsal.hear(sender, 'failure', failureSentence(failure, consequenceOf(failure.function, main)))
      },
    })
    this.#open.set(key, conversation)
    return conversation
  }
}
