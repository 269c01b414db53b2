/**
 * Clients that hand messages to Haraka: of 200 bytes to 2 MB, to 1 to 20 recipients at one or two domains, most of them
 * small. A recipient whose name begins with `gone` or `full` is refused by its relay server.
 */
import { identified } from '../test/accounting/identity.js'
import type { Ledger } from '../test/accounting/ledger.js'
import { type Message, submit } from '../test/support/submit.js'
import { DOMAINS } from './site-settings.js'

export interface LoadOptions {
  readonly port: number
  readonly random: () => number
  readonly ledger: Ledger
  /** At most; undefined: as fast as Haraka takes them. */
  readonly perSecond?: number
  /** When so many are taken it ends by itself; undefined: when it is stopped. */
  readonly messages?: number
  readonly largestBytes?: number
}

const CLIENTS = 6

export class Load {
  readonly #options: LoadOptions
  readonly #clients: Promise<void>[]
  #made = 0
  #nextMs = performance.now()
  #stopped = false
  /** Messages that Haraka has said it has, their bytes, and why others were not taken. */
  taken = 0
  bytes = 0
  readonly refused: string[] = []
  #underWay = 0

  /** Begins at once. */
  constructor(options: LoadOptions) {
    this.#options = options
    this.#clients = Array.from({ length: CLIENTS }, () => this.#client())
  }

  /** Resolves when all messages are handed over. */
  async ended(): Promise<void> {
    await Promise.all(this.#clients)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.ended()
  }

  async #client(): Promise<void> {
    const { port, ledger, perSecond = Infinity, messages = Infinity } = this.#options
    while (!this.#stopped && this.taken + this.#underWay < messages) {
      this.#underWay++
      const { name, message } = this.#make()
      const wait = this.#nextMs - performance.now()
      this.#nextMs = Math.max(this.#nextMs, performance.now() - 1_000) + 1_000 / perSecond
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
      try {
        await submit(port, [message])
        ledger.handedOver(name, message.to)
        this.taken++
        this.bytes += message.data.length
      } catch (error) {
        // Haraka may have it all the same: its process was killed before it could say so.
        ledger.handedOver(name, message.to, false)
        this.refused.push(String(error))
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      this.#underWay--
    }
  }

  #make(): { name: string; message: Message } {
    const { random, largestBytes = 2_000_000 } = this.#options
    const number = this.#made++
    const below = (count: number): number => Math.floor(random() * count)
    const domains = Array.from({ length: random() < 0.2 ? 2 : 1 }, () => DOMAINS[below(DOMAINS.length)])
    const recipients = Array.from({ length: random() < 0.5 ? 1 : 1 + below(20) }, (_, i) => {
      const chance = random()
      const kind = chance < 0.02 ? 'gone' : chance < 0.04 ? 'full' : 'user'
      return `${kind}${number}-${i}@${domains[i % domains.length]}`
    })
    // Most are small: each power of ten is as likely as the one before it, and half of all are below 2 kB.
    const bytes = Math.min(largestBytes, random() < 0.5 ? 200 + below(2_000) : 2_000 * 1_000 ** (random() ** 2))
    const name = `load/${number}`
    return { name, message: identified(name, `sender${number}@example.com`, recipients, Math.floor(bytes)) }
  }
}
