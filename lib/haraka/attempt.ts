/**
 * One attempt at an item, as hmail carries it out: which relay server comes next, over which connection, for which part
 * of the recipients.
 */
import { fromBytes, toBytes } from '../core/byte-string.js'
import type { Clock } from '../core/clock.js'
import type { SenderSettings, Settings, TlsMode } from '../core/settings/settings.js'
import type { DeliverySocket } from '../relay/delivery-socket.js'
import type { MailPlan, Withheld } from '../relay/mail-opening.js'
import type { EventLog } from './event-log.js'
import type { FileRemoval } from './file-removal.js'
import type { Journal } from './journal.js'
import { type ItemInHand, letGo, takeInHand } from './hmail-overrides.js'
import { startTls } from './implicit-tls.js'
import type { Told, ToldBy } from './partial-bounce.js'
import { replaceRecipients } from './queue-file.js'
import { type LinkUser, RelayLink } from './relay-link.js'
import { linkKey, relayServers, serverName } from './relay-servers.js'
import type { ReturnPaths } from './return-paths.js'
import type { Connector, OpenConnection, Seam } from './seam.js'
import type { Sender } from './sender.js'
import { tlsMode } from './server-details.js'
import { Settlement, type SettlementHost } from './settlement.js'
import type { Session } from './session.js'
import type { GetClientCallback, HarakaAddress, HarakaMx, HarakaSocket, HMail } from './shapes.js'

export interface AttemptOptions {
  readonly clock: Clock
  readonly log: EventLog
  readonly journal: Journal
  readonly seam: Seam
  settings(): Settings
  readonly hmail: HMail
  readonly sender: Sender
  readonly session: Session
  readonly returnPaths: ReturnPaths
  readonly removal: FileRemoval
  /** Its return path is to be tagged. */
  readonly tag: boolean
  /** A temporary failure bounces. */
  readonly lastTry: boolean
  /** None of the sender's relay servers could be reached: the item waits for its turn again. */
  noneReached(): void
  /** No connection is in use any more, and nothing else is to be sent over one. */
  quiet(): void
}

/** What is known of the connection in use. */
interface Use {
  readonly mx: HarakaMx
  readonly link: RelayLink
  readonly socket: DeliverySocket
  /** It carried a message before. */
  readonly reused: boolean
}

const NOTHING_TOLD: ToldBy = { told: [], mx: undefined }

const IN_DOUBT =
  'the connection was lost after the whole message was sent and before its reply: the relay server may have it'

export class Attempt implements Connector, LinkUser, ItemInHand, SettlementHost {
  readonly settlement: Settlement
  readonly #options: AttemptOptions
  /** As they were when it began: a reload must not mix old credentials with a new TLS policy. */
  #settings: SenderSettings
  #generation = 0
  /** Of the connection wanted last. */
  #tls: TlsMode
  #allRecipients: readonly HarakaAddress[] = []
  #use: Use | undefined
  /** Over an earlier connection, of the recipients under way. */
  #toldBefore = NOTHING_TOLD
  /** Neither resting nor closed. */
  #busyLink: RelayLink | undefined
  /** The next connection is to be a new one. */
  #afresh = false
  /** A relay server has answered. */
  #reached = false
  #unreachable = 'the connection ended before a greeting'
  #failuresBefore: number | undefined
  /** The item is held: how often it had failed. */
  #failuresWhenHeld: number | undefined
  /** The next part of the recipients is to go when no connection is in use. */
  #partWaits = false

  constructor(options: AttemptOptions) {
    this.#options = options
    this.#settings = options.sender.settings
    this.#tls = this.#settings.tls
    this.settlement = new Settlement(options.hmail, this)
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

  get retries(): number {
    return this.#options.seam.retryIntervals().length
  }

  /** A connection is in use, or is about to be. */
  get busy(): boolean {
    return this.#busyLink !== undefined || this.#partWaits
  }

  /** hmail's methods are ours from now on. */
  begin(): void {
    const { sender, lastTry } = this.#options
    this.#settings = sender.settings
    this.#tls = this.#settings.tls
    this.#generation = sender.links.generation
    this.#allRecipients = [...this.hmail.todo.rcpt_to]
    takeInHand(this.hmail, this)
    if (lastTry) this.#makeLastTry()
  }

  /** hmail is Haraka's own again. */
  end(): void {
    letGo(this.hmail)
    // It did not fail (another plugin delayed it, say): the next attempt is not the last because of this one.
    const before = this.#failuresBefore
    if (before !== undefined && this.hmail.num_failures === this.#lastTry(before)) this.hmail.num_failures = before
  }

  requiresTls(): boolean {
    return this.#tls === 'required'
  }

  /** Connecting by name resolves it as the rest of the system does, once per connection (no MX, no hosts twice). */
  deliver(): boolean {
    const { seam, sender } = this.#options
    this.#toldBefore = NOTHING_TOLD
    if (this.#settings.servers.length === 0) return false
    const servers = relayServers(this.#settings, seam)
    this.#reached = false
    this.hmail.mxlist = this.mark(sender.relays.inOrder(servers, (mx) => this.#key(mx)))
    this.hmail.try_deliver()
    return true
  }

  /** Once more, for what is left. */
  again(): void {
    if (!this.deliver()) this.hmail.get_mx()
  }

  mark(mxs: HarakaMx[]): HarakaMx[] {
    return this.#options.seam.mark(mxs, this)
  }

  nextServer(): boolean {
    const { hmail } = this
    const last = this.#use
    this.#toldBefore = this.toldLast()
    this.#use = undefined
    const progress = last?.socket.progress
    if (last && progress === 'in doubt') {
      const { log, journal, sender } = this.#options
      log.event('warn', 'relay', { sender: sender.name, server: last.mx.exchange, warning: IN_DOUBT }, hmail)
      journal.warning(sender.name, last.mx.exchange, IN_DOUBT, hmail)
      hmail.temp_fail(IN_DOUBT)
      return false
    }
    if (last?.reused && progress === 'unanswered') {
      this.#afresh = true
      hmail.mxlist.unshift(last.mx)
    } else if (last?.reused) this.#reached = true
    // Without a further server the attempt fails: temp_fail decides whose failure that is.
    if (hmail.mxlist.length > 0) this.settlement.parts.regroup()
    return !this.#restInstead()
  }

  told(): Told {
    return this.#use?.socket.recipients ?? []
  }

  toldLast(): ToldBy {
    const told = this.told()
    const isAnySaid = told.some(({ presented }) => presented !== undefined)
    return isAnySaid ? { told, mx: this.#use?.mx } : this.#toldBefore
  }

  queueBounce(from: unknown, to: unknown, message: string, done: (code: number, why: unknown) => void): void {
    this.#options.seam.queueMessage(from, to, message, done)
  }

  store(recipients: readonly HarakaAddress[]): Promise<void> {
    return replaceRecipients(this.hmail, recipients, this.#options.seam)
  }

  remove(): Promise<void> {
    return this.#options.removal.remove(this.hmail)
  }

  failed(error: Error): void {
    const { log, journal, sender } = this.#options
    log.event('error', 'queue', { sender: sender.name, error: error.message }, this.hmail)
    journal.warning(sender.name, undefined, error.message, this.hmail)
  }

  keepSeconds(): number {
    return this.#options.settings().main.skipRetrySeconds
  }

  nextPart(): void {
    const { journal, sender } = this.#options
    journal.part(this.hmail, sender.name, this.recipients)
    this.#partWaits = true
    this.#goOn()
  }

  stored(): Promise<void> | undefined {
    return this.settlement.stored
  }

  protocolLine(line: string): string | undefined {
    if (!this.#options.seam.logsProtocol()) return undefined
    // hmail writes every command there, AUTH with its secret too.
    const shown = line.replace(/^(C: AUTH \S+) .*/is, '$1 ***')
    return this.#use?.link.redact(shown) ?? shown
  }

  connect(mx: HarakaMx, open: OpenConnection, callback: GetClientCallback): void {
    const tls = tlsMode({ ...this.#options, mx, tls: this.#settings.tls })
    if (!(tls instanceof Promise)) this.#connect(mx, tls, open, callback)
    else
      void tls.then((later) => {
        if (typeof later === 'string') this.#connect(mx, later, open, callback)
        else {
          this.hold()
          this.hmail.temp_fail(`held: ${fromBytes(later.held)}`)
        }
      })
  }

  #connect(mx: HarakaMx, tls: TlsMode, open: OpenConnection, callback: GetClientCallback): void {
    if (tls !== this.#tls) {
      this.#tls = tls
      this.hmail.force_tls = this.hmail.get_force_tls(mx)
    }
    const { journal, sender } = this.#options
    const { links, relays } = sender
    const key = this.#key(mx)
    const use = (link: RelayLink, reused: boolean): void => {
      this.#busyLink = link
      journal.connection(this.hmail, link.peer, reused, link.address, mx.port)
      const socket = link.deliver(this)
      this.#use = { mx, link, socket, reused }
      callback(null, socket)
    }
    links.acquire(this.#afresh ? undefined : key, this.recipients, this.#settings.maxConnections, (link) => {
      this.#afresh = false
      if (link) {
        use(link, true)
        return
      }
      const failed = (reason: unknown): void => {
        links.notOpened()
        relays.failed(mx)
        this.#unreachable = String(reason)
        journal.unreachable(this.hmail, sender.name, serverName(mx), mx.port, reason)
        callback(reason, null)
      }
      this.#open(mx, open, failed, (socket) => {
        const { log } = this.#options
        const { allowLosingRewrites } = this.#options.settings().main
        const [settings, generation] = [this.#settings, this.#generation]
        const options = { log, journal, sender, settings, generation, key, mx, tls, allowLosingRewrites }
        const opened = new RelayLink(options, socket, this)
        links.add(opened)
        use(opened, false)
      })
    })
  }

  takeRecipients(most: number, smtputf8: boolean): readonly string[] {
    return this.settlement.parts.take(most).map((recipient) => toBytes(`RCPT TO:${recipient.format(!smtputf8)}`))
  }

  returnPath(line: string, server: string, smtputf8: boolean): MailPlan | Promise<MailPlan | Withheld> {
    const use = this.#use
    const port = use?.mx.port
    // Should the connection have ended while the script was asked, hmail has gone on without its answer.
    const hold = (): void => {
      if (this.#use === use) this.hold()
    }
    const allRecipients = this.#allRecipients
    return this.#options.returnPaths.plan({ ...this.#options, allRecipients, server, port, smtputf8, line, hold })
  }

  /** A failed script holds the item: what follows defers it, and is no failure of the item. */
  hold(): void {
    this.#toldBefore = NOTHING_TOLD
    this.#failuresWhenHeld = this.#failuresBefore ?? this.hmail.num_failures
    // Not even without any retries in Haraka's settings may it bounce.
    this.hmail.num_failures = -1
  }

  /** For Haraka's deferred hook: after how many seconds a held item is to come again; undefined: it is not held. */
  heldSeconds(): number | undefined {
    if (this.#failuresWhenHeld === undefined) return undefined
    this.hmail.num_failures = this.#failuresWhenHeld
    this.#failuresWhenHeld = undefined
    return this.#options.settings().main.skipRetrySeconds
  }

  hasAlternative(): boolean {
    return this.hmail.mxlist.length > 0
  }

  answered(): void {
    this.#reached = true
    if (this.#use) this.#options.sender.relays.answered(this.#use.mx)
  }

  released(link: RelayLink): void {
    if (link !== this.#busyLink) return
    this.#busyLink = undefined
    this.#goOn()
  }

  #key(mx: HarakaMx): string {
    return linkKey(mx, this.#tls, this.hmail.get_force_tls(mx))
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

  /** None of the sender's relay servers could be reached: nobody's fault of the message. True: it waits. */
  #restInstead(): boolean {
    const { hmail } = this
    const { sender, seam, clock } = this.#options
    if (hmail.mxlist.length > 0 || this.#reached || this.#settings.servers.length === 0) return false
    sender.relays.allFailed(this.#unreachable)
    if (seam.isTooOld(hmail, clock.now())) {
      this.#makeLastTry()
      return false
    }
    this.settlement.parts.giveBack()
    this.#options.noneReached()
    return true
  }

  #lastTry(failures: number): number {
    return Math.max(failures, this.retries)
  }

  /** Haraka bounces what fails more often than it has intervals for. */
  #makeLastTry(): void {
    this.#failuresBefore ??= this.hmail.num_failures
    this.hmail.num_failures = this.#lastTry(this.hmail.num_failures)
  }

  /** The next part, when the last one's connection rests or is closed. */
  #goOn(): void {
    if (this.#busyLink) return
    if (!this.#partWaits) {
      this.#options.quiet()
      return
    }
    this.#partWaits = false
    this.#use = undefined
    this.again()
  }
}
