/**
 * One delivery: one attempt of one queue item by one sender, from the moment it is taken until its slot is free.
 *
 * While it lasts, some of hmail's methods are ours (hmail-overrides.ts). The attempt is over when hmail calls `next_cb`;
 * the slot is free when its connection is closed or rests, too, so that the relay server never sees more than
 * `max_connections` of them.
 */
import { toBytes } from '../core/byte-string.js'
import type { Clock } from '../core/clock.js'
import type { Decision } from '../core/decision.js'
import type { SenderSettings, Settings } from '../core/settings/settings.js'
import type { EventLog } from './event-log.js'
import { type HMailOverrides, overrideHmail } from './hmail-overrides.js'
import { startTls } from './implicit-tls.js'
import { replaceRecipients } from './queue-file.js'
import { RecipientParts } from './recipient-parts.js'
import { type LinkUser, RelayLink } from './relay-link.js'
import type { RelayHealth } from './relay-health.js'
import { linkKey, relayServers } from './relay-servers.js'
import type { Connector, OpenConnection, Seam } from './seam.js'
import type { Sender } from './sender.js'
import type { Session } from './session.js'
import type { DeliverySocket } from '../relay/delivery-socket.js'
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

const IN_DOUBT =
  'the connection was lost after the whole message was sent and before its reply: the relay server may have it'

export class Delivery implements Connector, LinkUser {
  readonly #options: DeliveryOptions
  readonly #takenMs: number
  readonly #parts: RecipientParts
  #settings: SenderSettings
  #generation = 0
  #overrides: HMailOverrides | undefined
  #socket: DeliverySocket | undefined
  /** The exchanger in use, and whether its connection carried a message before. */
  #current: { readonly mx: HarakaMx; readonly reused: boolean } | undefined
  /** The next connection is to be a new one. */
  #afresh = false
  /** A relay server has answered in this attempt. */
  #reached = false
  #unreachable = 'the connection ended before a greeting'
  #proceeded = false
  #linkInUse = false
  #finished = false
  #attemptOver = false
  #partStored = false
  #settled = false

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#takenMs = options.clock.monotonicMs()
    this.#settings = options.sender.settings
    this.#parts = new RecipientParts(options.hmail)
  }

  get hmail(): HMail {
    return this.#options.hmail
  }

  get session(): Session {
    return this.#options.session
  }

  get recipients(): number {
    return this.hmail.todo.rcpt_to.length
  }

  /**
   * The item waits for its turn. Its place among Haraka's deliveries (concurrency_max) is given back: those are for
   * messages on their way, and a long queue must be offered whole for the best of it to be known.
   */
  wait(): void {
    const giveBackPlace = this.hmail.next_cb
    this.hmail.next_cb = () => this.#over()
    giveBackPlace()
  }

  /** It has a slot: Haraka delivers it now. */
  start(): void {
    const { sender, session, decision, log, clock } = this.#options
    this.#takeOver()
    if (this.#proceeded) {
      this.#deliver()
      return
    }
    this.#proceeded = true
    session.started++
    const waited = ((clock.monotonicMs() - this.#takenMs) / 1000).toFixed(3)
    log.event(
      'info',
      'send',
      { sender: sender.name, priority: decision.priority, position: session.started, waited },
      this.hmail,
    )
    this.#options.proceed()
  }

  /** Its sender is gone: the item is offered again, to those that there are then. */
  abandon(): void {
    this.#release()
    this.#options.attemptOver(false)
    this.#options.abandoned()
    if (this.#proceeded) this.#options.seam.reoffer(this.hmail)
    else this.#options.giveBack()
  }

  /** Delivered or bounced, this part of it at least. */
  finished(): void {
    this.#finished = true
  }

  /** The relay servers of this attempt, in order, as Haraka knows exchangers; none for a sender without host. */
  relayServers(): HarakaMx[] {
    return relayServers(this.#settings, this.#options.seam)
  }

  connect(mx: HarakaMx, open: OpenConnection, callback: GetClientCallback): void {
    const { links } = this.#options.sender
    const key = linkKey(mx, this.hmail.get_force_tls(mx))
    const use = (link: RelayLink, reused: boolean): void => {
      this.#current = { mx, reused }
      this.#linkInUse = true
      this.#socket = link.deliver(this)
      this.#overrides?.hideSecrets((text) => link.redact(text))
      callback(null, this.#socket)
    }
    links.acquire(this.#afresh ? '' : key, this.recipients, this.#settings.maxConnections, (link) => {
      this.#afresh = false
      if (link) {
        use(link, true)
        return
      }
      const failed = (reason: unknown): void => {
        links.notOpened()
        this.#unreachable = String(reason)
        this.#options.sender.relays.failed(mx)
        callback(reason, null)
      }
      this.#open(mx, open, failed, (socket) => {
        const link = new RelayLink(
          {
            log: this.#options.log,
            sender: this.#options.sender,
            settings: this.#settings,
            generation: this.#generation,
            key,
            mx,
            allowLosingRewrites: this.#options.settings().main.allowLosingRewrites,
          },
          socket,
          this,
        )
        links.add(link)
        use(link, false)
      })
    })
  }

  takeRecipients(most: number, smtputf8: boolean): readonly string[] {
    return this.#parts.take(most).map((recipient) => toBytes(`RCPT TO:${recipient.format(!smtputf8)}`))
  }

  hasAlternative(): boolean {
    return this.hmail.mxlist.length > 0
  }

  answered(): void {
    this.#reached = true
    if (this.#current) this.#options.sender.relays.answered(this.#current.mx)
  }

  released(): void {
    this.#linkInUse = false
    this.#goOn()
  }

  #takeOver(): void {
    const { sender, decision, seam } = this.#options
    this.#settings = sender.settings
    this.#generation = sender.links.generation
    this.#overrides ??= overrideHmail(this.hmail, {
      requireTls: () => this.#settings.tls === 'required',
      retries: seam.retryIntervals().length,
      lastTry: decision.forceLastTry,
      parts: this.#parts,
      told: () => this.#socket?.recipients ?? [],
      route: (mxs) => {
        if (this.#settings.servers.length === 0) return seam.mark(mxs, this)
        this.#deliver()
        return undefined
      },
      nextServer: () => this.#nextServer(),
      logsProtocol: () => seam.logsProtocol(),
      partOver: () => void this.#partOver(),
    })
  }

  /** Connecting by name resolves it as the rest of the system does, once per connection (no MX, no hosts twice). */
  #deliver(): void {
    const { seam, sender } = this.#options
    this.#reached = false
    this.hmail.mxlist = seam.mark(this.#inOrder(sender.relays), this)
    this.hmail.try_deliver()
  }

  #inOrder(relays: RelayHealth): HarakaMx[] {
    return relays.inOrder(this.relayServers(), (mx) => linkKey(mx, this.hmail.get_force_tls(mx)))
  }

  #open(
    mx: HarakaMx,
    open: OpenConnection,
    failed: (reason: unknown) => void,
    opened: (socket: HarakaSocket) => void,
  ): void {
    open(mx, (error, given) => {
      if (error) {
        failed(error)
        return
      }
      const socket = given as HarakaSocket
      // Else the dot waits for the acknowledgement of the message before it, and the server delays that: 40 ms a message.
      socket.targetsocket.setNoDelay(true)
      if (this.#settings.tls !== 'implicit') opened(socket)
      else {
        const { verifyCertificate } = this.session.globals
        startTls(socket, mx.exchange ?? '', verifyCertificate, () => opened(socket), failed)
      }
    })
  }

  /** hmail wants to try a relay server. False: something else was done. */
  #nextServer(): boolean {
    const { hmail } = this
    const last = this.#current
    const progress = this.#socket?.progress
    this.#current = undefined
    this.#parts.giveBack('first')
    if (!last) return !this.#restInstead()
    if (progress === 'in doubt') {
      const { log, sender } = this.#options
      log.event('warn', 'relay', { sender: sender.name, server: last.mx.exchange, warning: IN_DOUBT }, hmail)
      hmail.temp_fail(IN_DOUBT)
      return false
    }
    if (last.reused && progress === 'unanswered') {
      this.#afresh = true
      hmail.mxlist.unshift(last.mx)
      return true
    }
    if (last.reused) this.#reached = true
    return !this.#restInstead()
  }

  /** None of the sender's relay servers could be reached: nobody's fault of the message. True: it waits. */
  #restInstead(): boolean {
    const { hmail } = this
    if (hmail.mxlist.length > 0 || this.#reached || this.#settings.servers.length === 0) return false
    this.#options.sender.relays.allFailed(this.#unreachable)
    if (this.#options.seam.isTooOld(hmail, this.#options.clock.now())) {
      this.#overrides?.makeLastTry()
      return false
    }
    this.#options.putBack()
    return true
  }

  async #partOver(): Promise<void> {
    const { log, sender, seam } = this.#options
    try {
      await replaceRecipients(this.hmail, this.#parts.others, seam)
    } catch (error) {
      const warning = `the queue file cannot be brought up to date between two parts of the message, which go on: ${String(error)}`
      log.event('warn', 'relay', { sender: sender.name, warning }, this.hmail)
    }
    this.#parts.next()
    this.#finished = false
    this.#partStored = true
    this.#goOn()
  }

  #over(): void {
    if (this.#attemptOver) return
    this.#attemptOver = true
    this.#release()
    this.#options.attemptOver(this.#finished)
    this.#goOn()
  }

  #release(): void {
    this.#overrides?.remove()
    this.hmail.next_cb = () => undefined
  }

  /** The next part, or the end, when neither hmail nor a connection is busy with the item. */
  #goOn(): void {
    if (this.#linkInUse || this.#settled) return
    if (this.#partStored) {
      this.#partStored = false
      this.#overrides?.nextPart()
      this.#socket = undefined
      this.#current = undefined
      this.#deliver()
    } else if (this.#attemptOver) {
      this.#settled = true
      // Not on hmail's stack: where another plugin ends items at once, each would start the next one on top of itself,
      // and what fails in the next one's start would count as a failure of this one.
      setImmediate(() => this.#options.slotFree())
    }
  }
}
