/**
 * One delivery: one attempt of one queue item by one sender, from the moment it is taken until its slot is free.
 *
 * The attempt is over when hmail calls `next_cb`; the slot is free when its connection is closed or rests, too, so that
 * the relay server never sees more than `max_connections` of them.
 */
import type { Decision } from '../core/decision.js'
import { Attempt, type AttemptOptions } from './attempt.js'
import type { HMail } from './shapes.js'

export interface DeliveryOptions extends Omit<AttemptOptions, 'lastTry' | 'noneReached' | 'quiet'> {
  readonly decision: Decision
  /** Haraka goes on with the item. */
  proceed(): void
  /** The item waits for its turn again, and its slot is free. */
  putBack(): void
  /** Haraka offers the item again, in a moment. */
  giveBack(): void
  /** hmail has done what it will do with the item this time. `finished`: it is delivered or bounced. */
  attemptOver(finished: boolean): void
  /** The sender's next delivery may start. */
  slotFree(): void
  /** It was given back before it started: no slot was taken. */
  abandoned(): void
}

export class Delivery {
  readonly #options: DeliveryOptions
  readonly #takenMs: number
  readonly #attempt: Attempt
  #proceeded = false
  #attemptOver = false
  #settled = false

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#takenMs = options.clock.monotonicMs()
    this.#attempt = new Attempt({
      ...options,
      lastTry: options.decision.forceLastTry,
      noneReached: () => options.putBack(),
      quiet: () => this.#settle(),
    })
  }

  /**
   * The item waits for its turn. Its place among Haraka's deliveries (concurrency_max) is given back: those are for
   * messages on their way, and a long queue must be offered whole for the best of it to be known.
   */
  wait(): void {
    const { hmail } = this.#options
    const giveBackPlace = hmail.next_cb
    hmail.next_cb = () => this.#over()
    giveBackPlace()
  }

  /** It has a slot: Haraka delivers it now. */
  start(): void {
    this.#attempt.begin()
    if (this.#proceeded) {
      this.#attempt.again()
      return
    }
    this.#proceeded = true
    this.#logSend()
    this.#options.proceed()
  }

  /** Its sender is gone: the item is offered again, to those that there are then. */
  abandon(): void {
    const options = this.#options
    options.journal.reoffer(options.hmail, options.sender.name)
    this.#release()
    options.attemptOver(false)
    options.abandoned()
    if (this.#proceeded) options.seam.reoffer(options.hmail)
    else options.giveBack()
  }

  /** As Attempt has it. */
  heldSeconds(): number | undefined {
    return this.#attempt.heldSeconds()
  }

  #logSend(): void {
    const { sender, session, decision, log, journal, clock, hmail } = this.#options
    const position = ++session.started
    const waited = ((clock.monotonicMs() - this.#takenMs) / 1000).toFixed(3)
    const { priority } = decision
    log.event('info', 'send', { sender: sender.name, priority, position, waited }, hmail)
    journal.send(hmail, sender.name, priority, position, Number(waited))
  }

  #over(): void {
    if (this.#attemptOver) return
    this.#attemptOver = true
    const { sender, session, hmail } = this.#options
    if (this.#proceeded) sender.note('tried', session, hmail)
    this.#release()
    this.#options.attemptOver(this.#attempt.settlement.finished)
    this.#settle()
  }

  #release(): void {
    const hmail: HMail = this.#options.hmail
    this.#attempt.end()
    hmail.next_cb = () => undefined
  }

  #settle(): void {
    if (this.#settled || !this.#attemptOver || this.#attempt.busy) return
    this.#settled = true
    // Not on hmail's stack: where another plugin ends items at once, each would start the next one on top of itself,
    // and what fails in the next one's start would count as a failure of this one.
    setImmediate(() => this.#options.slotFree())
  }
}
