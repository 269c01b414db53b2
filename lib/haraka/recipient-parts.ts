/**
 * A message with more recipients than one transaction may have goes out in parts, one after the other, within one
 * attempt (contract 8).
 *
 * hmail sees one part at a time: the other recipients are taken out of its `rcpt_to` until their turn. After each part
 * the queue file is replaced, in one step, by one without the recipients that are done with, so that a crash between two
 * parts sends nothing twice. While there are others left, hmail's reference count is one higher: it neither removes the
 * file nor ends the attempt.
 */
import type { HarakaAddress, HMail } from './shapes.js'

export class RecipientParts {
  readonly #hmail: HMail
  #others: HarakaAddress[] = []

  constructor(hmail: HMail) {
    this.#hmail = hmail
  }

  /** There are recipients whose turn has not come. */
  get hasOthers(): boolean {
    return this.#others.length > 0
  }

  /** Those whose turn has not come. */
  get others(): readonly HarakaAddress[] {
    return this.#others
  }

  /** This part is over, but for what hmail has split off. */
  get partIsOver(): boolean {
    return this.hasOthers && this.#hmail.refcount === 1
  }

  /** The next part has so many recipients at most. In place: hmail holds on to the list. */
  take(most: number): readonly HarakaAddress[] {
    const recipients = this.#hmail.todo.rcpt_to
    if (recipients.length > most) {
      this.#others = recipients.splice(most)
      this.#hmail.refcount++
    }
    return recipients
  }

  /** Nothing was settled: all recipients are the item's again. `last`: those of this part come after the others. */
  giveBack(place: 'first' | 'last'): void {
    if (!this.hasOthers) return
    const { todo } = this.#hmail
    todo.rcpt_to = place === 'first' ? [...todo.rcpt_to, ...this.#others] : [...this.#others, ...todo.rcpt_to]
    this.#others = []
    this.#hmail.refcount--
  }

  /** The part is over and has given up its reference: the others, which still have theirs, are all that is left. */
  next(): void {
    this.#hmail.todo.rcpt_to = this.#others
    this.#others = []
  }

  /**
   * Calls `split` so that it makes an item of its own even where the whole part is to be split off: hmail would take the
   * item itself for that, and the others would wait with it.
   */
  splitOff(recipients: readonly object[], split: () => void): void {
    const { todo } = this.#hmail
    const part = todo.rcpt_to
    if (this.hasOthers && recipients.length === part.length) todo.rcpt_to = [...part, ...this.#others]
    split()
    todo.rcpt_to = part
  }
}
