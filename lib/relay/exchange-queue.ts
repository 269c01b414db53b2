/**
 * Which reply belongs to which exchange: in order, as RFC 5321 4.1 and RFC 2920 3.1 have it.
 *
 * An exchange leaves the queue when its reply is complete and all before it have left. A reply without an exchange is
 * kept for the next one; whether it may be used there is the caller's question.
 */
import type { Reply } from '../core/reply.js'
import type { Exchange } from './exchange.js'

interface Entry {
  readonly exchange: Exchange
  reply: Reply | undefined
}

export class ExchangeQueue {
  readonly #entries: Entry[] = []
  /** Those without a reply; local ones never are. */
  readonly #open: Entry[] = []
  readonly #kept: Reply[] = []

  /** The exchange whose reply is expected next. */
  get awaited(): Exchange | undefined {
    return this.#open[0]?.exchange
  }

  /** Every exchange was settled, or is being settled now. */
  get empty(): boolean {
    return this.#entries.length === 0
  }

  /** Replies that came before their command. */
  get early(): readonly Reply[] {
    return this.#kept
  }

  add(exchange: Exchange): void {
    const entry: Entry = { exchange, reply: exchange.local ?? this.#kept.shift() }
    this.#entries.push(entry)
    if (!entry.reply) this.#open.push(entry)
  }

  /** The exchange that this is the reply to; undefined when it came early. */
  replied(reply: Reply): Exchange | undefined {
    const entry = this.#open.shift()
    if (entry) entry.reply = reply
    else this.#kept.push(reply)
    return entry?.exchange
  }

  /** Takes the first exchange out if its reply is there. */
  take(): { readonly exchange: Exchange; readonly reply: Reply } | undefined {
    const entry = this.#entries[0]
    if (!entry?.reply) return undefined
    this.#entries.shift()
    return { exchange: entry.exchange, reply: entry.reply }
  }

  clear(): void {
    this.#entries.length = 0
    this.#open.length = 0
    this.#kept.length = 0
  }
}
