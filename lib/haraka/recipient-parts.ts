/**
 * Whose turn it is among an item's recipients. A message with more of them than one transaction may have goes out in
 * parts, one after the other, within one attempt (contract 8).
 *
 * hmail sees one part at a time: those whose turn has not come are taken out of its `rcpt_to`, and so are those that
 * were deferred and wait for the next attempt.
 */
import type { HarakaAddress, HMail } from './shapes.js'

export class RecipientParts {
  readonly #hmail: HMail
  #others: HarakaAddress[] = []
  #deferred: HarakaAddress[] = []

  constructor(hmail: HMail) {
    this.#hmail = hmail
  }

  /** There are recipients besides those of the part under way. */
  get hasMore(): boolean {
    return this.#others.length > 0 || this.#deferred.length > 0
  }

  /** Those. */
  get more(): readonly HarakaAddress[] {
    return [...this.#others, ...this.#deferred]
  }

  /** The next part has so many recipients at most. In place: hmail holds on to the list. */
  take(most: number): readonly HarakaAddress[] {
    const recipients = this.#hmail.todo.rcpt_to
    if (recipients.length > most) this.#others = recipients.splice(most)
    return recipients
  }

  /** These wait for the next attempt. */
  defer(recipients: readonly HarakaAddress[]): void {
    this.#deferred.push(...recipients)
  }

  /** Nothing was settled in this part: it is taken anew, of all whose turn has not come. */
  regroup(): void {
    const { todo } = this.#hmail
    if (this.#others.length > 0) todo.rcpt_to = [...todo.rcpt_to, ...this.#others]
    this.#others = []
  }

  /** All recipients are the item's again; those of this part, which has failed, are behind those whose turn has not come. */
  giveBack(): void {
    if (!this.hasMore) return
    const { todo } = this.#hmail
    todo.rcpt_to = [...this.#others, ...todo.rcpt_to, ...this.#deferred]
    this.#others = []
    this.#deferred = []
  }

  /** The part is over: the turn is with those whose turn has not come. False: there are none. */
  next(): boolean {
    if (this.#others.length === 0) return false
    this.#hmail.todo.rcpt_to = this.#others
    this.#others = []
    return true
  }
}
