/**
 * The methods of hmail that are ours while an item is delivered.
 *
 * They stand on an object between the item and Haraka's class, one for all items: properties of the item's own would
 * make Haraka's work on it slow, and would have to be made and removed for every message.
 */
import type { Told, ToldBy } from './partial-bounce.js'
import type { Settlement } from './settlement.js'
import { CONT, DENYSOFT, type HarakaMx, type HMail, OK } from './shapes.js'

/** What becomes of an item under way. */
export interface ItemInHand {
  readonly settlement: Settlement
  /** How often Haraka tries an item again. */
  readonly retries: number
  requiresTls(): boolean
  /** Delivers to the sender's own relay servers. False: it has none. */
  deliver(): boolean
  /** Exchangers that Haraka or a plugin found, for connections of ours. */
  mark(mxs: HarakaMx[]): HarakaMx[]
  /** False: hmail is not to try a further server now. */
  nextServer(): boolean
  /** What hmail was told of its recipients over the connection in use. */
  told(): Told
  /** The same, or over the last connection over which it was told anything of them. */
  toldLast(): ToldBy
  /** Queues a bounce. */
  queueBounce(from: unknown, to: unknown, message: string, done: (code: number, why: unknown) => void): void
  /** A line for Haraka's log of level protocol without the credentials; undefined where that is not kept. */
  protocolLine(line: string): string | undefined
}

const IN_HAND = Symbol('relayout delivery')

type OverriddenHMail = HMail & { [IN_HAND]: ItemInHand }

/** Ours by Haraka's prototype, of which there is one, and the other way round. */
const overriding = new WeakMap<object, object>()
const originals = new WeakMap<object, object>()

export function takeInHand(hmail: HMail, item: ItemInHand): void {
  ;(hmail as OverriddenHMail)[IN_HAND] = item
  const prototype = Object.getPrototypeOf(hmail) as HMail
  if (!originals.has(prototype)) Object.setPrototypeOf(hmail, overriding.get(prototype) ?? override(prototype))
}

/** hmail is Haraka's own again. */
export function letGo(hmail: HMail): void {
  const original = originals.get(Object.getPrototypeOf(hmail) as object)
  if (original) Object.setPrototypeOf(hmail, original)
}

function override(original: HMail): object {
  const ours = Object.assign(Object.create(original) as object, methodsOver(original))
  overriding.set(original, ours)
  originals.set(ours, original)
  return ours
}

function methodsOver(original: HMail): ThisType<OverriddenHMail> & Partial<HMail> {
  return {
    // Whatever other plugins say of the domain's exchangers: the message goes to its sender's relay servers.
    get_mx_respond(code, answer) {
      return this[IN_HAND].deliver() ? undefined : original.get_mx_respond.call(this, code, answer)
    },
    found_mx(mxs) {
      return original.found_mx.call(this, this[IN_HAND].mark(mxs))
    },
    try_deliver() {
      return this[IN_HAND].nextServer() ? original.try_deliver.call(this) : undefined
    },
    get_force_tls(mx) {
      return this[IN_HAND].requiresTls() || original.get_force_tls.call(this, mx)
    },
    // Haraka's own asks for one byte more than there is, and needs a further look at the file to find that out.
    data_stream() {
      if (this.file_size === this.data_start) return original.data_stream.call(this)
      this.file_size--
      const stream = original.data_stream.call(this)
      this.file_size++
      return stream
    },
    split_to_new_recipients(recipients, _reason, callback) {
      this[IN_HAND].settlement.setAside(recipients, callback)
    },
    temp_fail(reason, details) {
      const { retries, settlement } = this[IN_HAND]
      // What fails for the last time bounces: that is this part alone, and the others go on.
      if (this.num_failures < retries) {
        if (settlement.bounceRefused(this[IN_HAND].toldLast(), reason, details)) return
        settlement.parts.giveBack()
      }
      original.temp_fail.call(this, reason, details)
    },
    // It bounces the item when the file cannot be renamed.
    async deferred_respond(code, seconds, params) {
      const { settlement } = this[IN_HAND]
      const answer = isTimedOut(code, seconds) ? CONT : code
      const delaySeconds = answer === DENYSOFT ? parseInt(String(seconds), 10) : params.delay
      await settlement.requeue(delaySeconds, () => original.deferred_respond.call(this, answer, seconds, params))
    },
    bounce_respond(code, message) {
      original.bounce_respond.call(this, isTimedOut(code, message) ? CONT : code, message)
    },
    bounce(reason, details) {
      const { settlement } = this[IN_HAND]
      if (settlement.notRequeued(reason)) return
      settlement.keepDeferred(this[IN_HAND].told())
      original.bounce.call(this, reason, details)
    },
    // What follows in Haraka drops the item when the bounce cannot be made or queued.
    populate_bounce_message(from, to, reason, callback) {
      const { settlement } = this[IN_HAND]
      original.populate_bounce_message.call(this, from, to, reason, (error, lines) => {
        if (error || !lines) {
          settlement.notBounced(String(error))
          return
        }
        this[IN_HAND].queueBounce(from, to, lines.join(''), (code, why) => {
          if (code === OK) this.discard()
          else if (code === DENYSOFT) settlement.notBounced(String(why))
          else callback(`${String(why)} (${code})`)
        })
      })
    },
    // Haraka's own removes the file, which may have other recipients.
    double_bounce(error) {
      this.lognotice(`Double bounce: ${error}`)
      this.discard()
    },
    // Haraka's own removes the file, and the next message over the connection does not wait for it.
    discard() {
      this.refcount--
      if (this.refcount === 0) this[IN_HAND].settlement.partOver()
    },
    logprotocol(line) {
      const clean = this[IN_HAND].protocolLine(line)
      if (clean !== undefined) original.logprotocol.call(this, clean)
    },
  }
}

/**
 * A plugin has not answered the hook in time (plugins.js). To `bounce` that would mean that nobody is to be told, and to
 * `deferred` a delay that is no number, which stops the timers of all that waits.
 */
function isTimedOut(code: number, message: unknown): boolean {
  return code === DENYSOFT && message === 'plugin timeout'
}
