/**
 * One delivery: one attempt of one queue item by one sender, from the moment it is taken until its slot is free.
 *
 * While it lasts, hmail's routing, TLS policy and splitting are ours (own properties of this one object, taken off
 * again at the end). The attempt is over when hmail calls `next_cb`; the slot is free when its connections are closed
 * too, so that the relay server never sees more than `max_connections` of them.
 */
import type { Clock } from '../core/clock.js'
import type { Decision } from '../core/decision.js'
import type { SenderSettings, Settings } from '../core/settings/settings.js'
import type { EventLog } from './event-log.js'
import { isDsnField, keepDeferred, type Told } from './partial-bounce.js'
import { linkRelay } from './relay-link.js'
import { relayServers } from './relay-servers.js'
import type { Connector, OpenConnection, Seam } from './seam.js'
import type { Sender } from './sender.js'
import type { Session } from './session.js'
import type { GetClientCallback, HarakaMx, HarakaSocket, HMail } from './shapes.js'

export interface DeliveryOptions {
  readonly clock: Clock
  readonly log: EventLog
  readonly seam: Seam
  settings(): Settings
  readonly hmail: HMail
  readonly sender: Sender
  readonly session: Session
  readonly decision: Decision
  /** Haraka goes on with the item. */
  proceed(): void
  /** Haraka offers the item again, in a moment. */
  giveBack(): void
  /** hmail has done what it will do with the item this time. */
  attemptOver(): void
  /** The sender's next delivery may start. */
  slotFree(): void
  /** It was given back before it started: no slot was taken. */
  abandoned(): void
}

export class Delivery implements Connector {
  readonly #options: DeliveryOptions
  readonly #takenMs: number
  #settings: SenderSettings
  /** What hmail was told of its recipients, over the connection in use. */
  #told: () => Told = () => []
  #failuresBefore: number | undefined
  #attemptOver = false
  #openConnections = 0
  #settled = false

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#takenMs = options.clock.monotonicMs()
    this.#settings = options.sender.settings
  }

  get sender(): Sender {
    return this.#options.sender
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
    const { hmail, sender, session, decision, log, clock } = this.#options
    session.started++
    const waited = ((clock.monotonicMs() - this.#takenMs) / 1000).toFixed(3)
    log.event(
      'info',
      'send',
      { sender: sender.name, priority: decision.priority, position: session.started, waited },
      hmail,
    )
    this.#takeOver()
    this.#options.proceed()
  }

  /** Its sender is gone: the item is offered again, to those that there are then. */
  abandon(): void {
    this.#release()
    this.#options.attemptOver()
    this.#options.abandoned()
    this.#options.giveBack()
  }

  /** The relay servers of this attempt, in order, as Haraka knows exchangers; none for a sender without host. */
  relayServers(): HarakaMx[] {
    return relayServers(this.#settings, this.#options.seam)
  }

  connect(mx: HarakaMx, open: OpenConnection, callback: GetClientCallback): void {
    open(mx, (error, socket) => {
      if (error) {
        callback(error, null)
        return
      }
      this.#openConnections++
      linkRelay({ ...this.#options, senderSettings: this.#settings }, mx, socket as HarakaSocket, {
        ready: (deliverySocket, redact) => {
          this.#told = () => deliverySocket.recipients
          this.#hideSecrets(redact)
          callback(null, deliverySocket)
        },
        closed: () => {
          this.#openConnections--
          this.#settle()
        },
        failed: (reason) => {
          this.#openConnections--
          callback(reason, null)
        },
      })
    })
  }

  #takeOver(): void {
    const { hmail, sender, decision, seam } = this.#options
    const settings = (this.#settings = sender.settings)
    const original = Object.getPrototypeOf(hmail) as HMail

    hmail.found_mx = (mxs) => {
      if (settings.servers.length === 0) return original.found_mx.call(hmail, seam.mark(mxs, this))
      // Connecting by name resolves it as the rest of the system does, once per connection (no MX, no hosts twice).
      hmail.mxlist = seam.mark(this.relayServers(), this)
      return hmail.try_deliver()
    }
    hmail.get_force_tls = (mx) => settings.tls === 'required' || original.get_force_tls.call(hmail, mx)
    hmail.split_to_new_recipients = (recipients, reason, callback) => {
      original.split_to_new_recipients.call(hmail, recipients, reason, (item) => {
        if (item !== hmail) inherit(hmail, item, recipients)
        callback(item)
      })
    }
    // Haraka bounces what fails more often than it has intervals for.
    if (decision.forceLastTry) {
      this.#failuresBefore = hmail.num_failures
      hmail.num_failures = this.#lastTry(hmail.num_failures)
    }
    hmail.bounce = (reason, details) => {
      delete (hmail as Partial<HMail>).bounce
      const bounce = (): void => original.bounce.call(hmail, reason, details)
      if (details?.bounce_recips === undefined) keepDeferred(hmail, this.#told(), bounce)
      else bounce()
    }
  }

  #lastTry(failures: number): number {
    return Math.max(failures, this.#options.seam.retryIntervals().length)
  }

  /** Haraka writes every command into its log at level protocol, AUTH with its secret too. */
  #hideSecrets(redact: (text: string) => string): void {
    const { hmail } = this.#options
    const original = Object.getPrototypeOf(hmail) as HMail
    hmail.logprotocol = (line) =>
      original.logprotocol.call(hmail, redact(line.replace(/^(C: AUTH \S+) .*/is, '$1 ***')))
  }

  #over(): void {
    if (this.#attemptOver) return
    this.#attemptOver = true
    this.#release()
    this.#options.attemptOver()
    this.#settle()
  }

  /** hmail is Haraka's own again. */
  #release(): void {
    const { hmail } = this.#options
    const own = hmail as Partial<HMail>
    delete own.found_mx
    delete own.get_force_tls
    delete own.split_to_new_recipients
    delete own.bounce
    delete own.logprotocol
    hmail.next_cb = () => undefined
    // It did not fail (another plugin delayed it, say): the next attempt is not the last because of this one.
    const before = this.#failuresBefore
    if (before !== undefined && hmail.num_failures === this.#lastTry(before)) hmail.num_failures = before
  }

  #settle(): void {
    if (this.#settled || !this.#attemptOver || this.#openConnections > 0) return
    this.#settled = true
    // Not on hmail's stack: where another plugin ends items at once, each would start the next one on top of itself,
    // and what fails in the next one's start would count as a failure of this one.
    setImmediate(() => this.#options.slotFree())
  }
}

/**
 * What a split item loses in Haraka on its way through a file of its own: how often it was tried, and what the relay
 * server (or the script) said of each recipient, without which a DSN says nothing (RFC 3464 2.3).
 */
function inherit(from: HMail, item: HMail, recipients: readonly object[]): void {
  item.num_failures = from.num_failures
  item.todo.rcpt_to.forEach((recipient, i) => {
    for (const [key, value] of Object.entries(recipients[i] ?? {})) {
      if (isDsnField(key)) Object.assign(recipient, { [key]: value as unknown })
    }
  })
}
