/**
 * What becomes of an item's recipients as their fates are known, so that a process that is killed at any moment loses
 * nothing, and repeats nothing that it could have known of.
 *
 * Haraka makes files of their own for the recipients that were deferred and for those that were refused, while the
 * item's file still has everybody: whoever is killed there sends to recipients that have the message, and twice to the
 * others. Here an item has one queue file until its end, and each step is one rename. After each part (recipient-parts.ts):
 *
 *  1. The file is replaced by one without the recipients that the relay server has taken. Only then may another message
 *     use the connection.
 *  2. The bounce for those that were refused is queued, and the file replaced by one without them. Killed in between, a
 *     process sends that bounce twice; the other order would lose it.
 *  3. The next part, likewise. After the last one the file is renamed for the next attempt at those that were deferred.
 *
 * When nobody is left the file is removed, and the connection waits for that, too. Where the disk allows none of that, the item
 * goes on as it is known here, and an error in the log says what a restart would do.
 */
import { relayoutError } from '../core/errors.js'
import { deferredByReply, refusedByReply, type Told, type ToldBy } from './partial-bounce.js'
import { RecipientParts } from './recipient-parts.js'
import { DELAY, type HarakaAddress, type HMail, type HMailOutcome } from './shapes.js'

export interface SettlementHost {
  /** Replaces the queue file by one with these recipients. */
  store(recipients: readonly HarakaAddress[]): Promise<void>
  /** Removes the queue file; settles when that is done, or is said to be put off. */
  remove(): Promise<void>
  /** Something of it could not be done on the disk; `error` says what, and what to do. */
  failed(error: Error): void
  /** For how long an item is kept that Haraka would drop, s. */
  keepSeconds(): number
  /** Sends to the next part of the recipients. */
  nextPart(): void
}

interface Refused {
  readonly recipients: readonly HarakaAddress[]
  readonly reason: string
  readonly details: object | undefined
}

export class Settlement {
  readonly parts: RecipientParts
  readonly #hmail: HMail
  readonly #host: SettlementHost
  /** How many recipients the queue file has. */
  #inFile: number
  #refused: Refused | undefined
  #deferredReason: string | undefined
  #deferredDetails: object | undefined
  /** hmail is done with this part: what it says from now on is of what is carried out here. */
  #settling = false
  #requeueSeconds: number | undefined
  #stored: Promise<void> | undefined
  #finished = false

  constructor(hmail: HMail, host: SettlementHost) {
    this.#hmail = hmail
    this.#host = host
    this.parts = new RecipientParts(hmail)
    this.#inFile = hmail.todo.rcpt_to.length
  }

  /** Nobody is left: the item is done with, whether or not its file could be removed. */
  get finished(): boolean {
    return this.#finished
  }

  /** Settles when the disk knows what the relay server has acknowledged; undefined: it does. */
  get stored(): Promise<void> | undefined {
    return this.#stored
  }

  /** hmail would split these off, and calls back with the item for them. */
  setAside(recipients: readonly HarakaAddress[], callback: (item: HMailOutcome) => void): void {
    callback({
      temp_fail: (_, details) => {
        this.parts.defer(recipients)
        this.#deferredDetails = details
      },
      bounce: (reason, details) => (this.#refused = { recipients, reason, details }),
    })
  }

  /** The part is to bounce: those stay that were only deferred (contract 10, R2). */
  keepDeferred(told: Told): void {
    if (this.#settling) return
    this.#settling = true
    const { todo } = this.#hmail
    const deferred = deferredByReply(todo.rcpt_to, told)
    if (deferred.length === 0 || deferred.length === todo.rcpt_to.length) return
    this.parts.defer(deferred)
    todo.rcpt_to = todo.rcpt_to.filter((recipient) => !deferred.includes(recipient))
  }

  /** The part is to be tried again, and what comes after it: those bounce that were refused. False: nobody was. */
  bounceRefused({ told, mx }: ToldBy, reason: string, details: object | undefined): boolean {
    if (this.#settling) return false
    const { todo } = this.#hmail
    const refused = refusedByReply(todo.rcpt_to, told)
    if (refused.length === 0) return false
    const bounced = `Some recipients failed: ${namesOf(refused)}`
    this.#refused = { recipients: refused, reason: bounced, details: { ...details, bounce_recips: refused, mx } }
    this.#deferredReason = reason
    this.#deferredDetails = details
    this.parts.giveBack()
    this.parts.defer(todo.rcpt_to.filter((recipient) => !refused.includes(recipient)))
    this.partOver()
    return true
  }

  /** hmail is done with this part. */
  partOver(): void {
    const hmail = this.#hmail
    hmail.refcount = 1
    this.#settling = true
    hmail.todo.rcpt_to = [...(this.#refused?.recipients ?? [])]
    if (hmail.todo.rcpt_to.length > 0 || this.parts.hasMore) void this.#settle()
    else {
      this.#finished = true
      void this.#waitFor(this.#host.remove())
      hmail.next_cb()
    }
  }

  /** hmail renames the file for the next attempt. */
  async requeue(delaySeconds: number, rename: () => unknown): Promise<void> {
    await this.#store()
    this.#requeueSeconds = delaySeconds
    await rename()
    this.#requeueSeconds = undefined
  }

  /** hmail says so by a bounce. True: the item waits under its old name. */
  notRequeued(reason: string): boolean {
    if (this.#requeueSeconds === undefined) return false
    this.#keep('RELAYOUT_E_QUEUE_FILE_NAME', reason, this.#requeueSeconds)
    return true
  }

  /** The bounce is not in the queue: those that it is for are tried again, and bounce then. */
  notBounced(reason: string): void {
    this.#keep('RELAYOUT_E_BOUNCE_NOT_QUEUED', reason, this.#host.keepSeconds())
  }

  async #settle(): Promise<void> {
    const hmail = this.#hmail
    await this.#store()
    const refused = this.#refused
    if (refused) {
      this.#refused = undefined
      hmail.bounce(refused.reason, refused.details)
    } else if (this.parts.next()) {
      this.#settling = false
      this.#host.nextPart()
    } else {
      this.parts.giveBack()
      const recipients = hmail.todo.rcpt_to
      const reason = this.#deferredReason ?? `Some recipients temp failed: ${namesOf(recipients)}`
      hmail.temp_fail(reason, { ...this.#deferredDetails, fail_recips: recipients })
    }
  }

  #store(): Promise<void> | undefined {
    const left = [...this.#hmail.todo.rcpt_to, ...this.parts.more]
    if (left.length === this.#inFile) return undefined
    const stored = this.#host.store(left).then(
      () => {
        this.#inFile = left.length
      },
      (error: unknown) =>
        this.#host.failed(
          relayoutError('RELAYOUT_E_QUEUE_FILE_STALE', { file: this.#hmail.filename, why: String(error) }),
        ),
    )
    return this.#waitFor(stored)
  }

  #waitFor(done: Promise<void>): Promise<void> {
    const stored = done.then(() => {
      if (this.#stored === stored) this.#stored = undefined
    })
    this.#stored = stored
    return stored
  }

  #keep(code: 'RELAYOUT_E_QUEUE_FILE_NAME' | 'RELAYOUT_E_BOUNCE_NOT_QUEUED', why: string, seconds: number): void {
    this.#host.failed(relayoutError(code, { file: this.#hmail.filename, why, seconds: String(seconds) }))
    this.parts.giveBack()
    this.#hmail.send_email_respond(DELAY, String(seconds))
  }
}

function namesOf(recipients: readonly HarakaAddress[]): string {
  return recipients.map(({ address }) => `<${address}>`).join(', ')
}
