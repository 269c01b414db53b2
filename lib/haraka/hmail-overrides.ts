/**
 * The methods of hmail that are ours while an item is delivered.
 *
 * They stand on an object between the item and Haraka's class, one for all items: properties of the item's own would
 * make Haraka's work on it slow, and would have to be made and removed for every message.
 */
import { isDsnField, keepDeferred, type Told } from './partial-bounce.js'
import type { RecipientParts } from './recipient-parts.js'
import type { HarakaMx, HMail } from './shapes.js'

/** What becomes of an item under way. */
export interface ItemInHand {
  readonly parts: RecipientParts
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
  /** Once for each part: whether the item is to bounce for the first time. */
  firstBounce(): boolean
  /** Some of its recipients have an item of their own. */
  splitOff(item: HMail, reason: string): void
  /** This part of the recipients is done with, and there are others. */
  partOver(): void
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
    split_to_new_recipients(recipients, reason, callback) {
      this[IN_HAND].parts.splitOff(recipients, () =>
        original.split_to_new_recipients.call(this, recipients, reason, (item) => {
          if (item !== this) {
            inherit(this, item, recipients)
            this[IN_HAND].splitOff(item, reason)
          }
          callback(item)
        }),
      )
    },
    temp_fail(reason, details) {
      // What fails for the last time bounces: that is this part alone, and the others go on.
      if (this.num_failures < this[IN_HAND].retries) this[IN_HAND].parts.giveBack('last')
      original.temp_fail.call(this, reason, details)
    },
    bounce(reason, details) {
      const bounce = (): void => original.bounce.call(this, reason, details)
      if (details?.bounce_recips === undefined && this[IN_HAND].firstBounce())
        keepDeferred(this, this[IN_HAND].told(), bounce)
      else bounce()
    },
    double_bounce(error) {
      if (!this[IN_HAND].parts.hasOthers) {
        original.double_bounce.call(this, error)
        return
      }
      // It removes the file, which has the other recipients.
      this.lognotice(`Double bounce: ${error}`)
      this.discard()
    },
    discard() {
      const { [IN_HAND]: inHand } = this
      original.discard.call(this)
      if (inHand.parts.partIsOver) inHand.partOver()
    },
    logprotocol(line) {
      const clean = this[IN_HAND].protocolLine(line)
      if (clean !== undefined) original.logprotocol.call(this, clean)
    },
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
