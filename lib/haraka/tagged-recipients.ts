/**
 * Recipients of incoming mail that are tagged return paths (contract 7), in Haraka's rcpt hook, before other plugins
 * look at them.
 *
 * A tag that was made with one of the keys is taken off, so that all who come after see the plain address. A bounce,
 * which is mail from the null sender, to any other tag answers no message that was sent from here and is refused, as is
 * one to an expired tag; with `require` also one to an address without a tag. A client that may relay is not refused,
 * nor, with `domains`, anything to other domains: another system may tag for them. Whatever fails here, the recipient
 * goes on to the other plugins as it is.
 */
import { signReturnPath, type TagVerdict, verifyReturnPath } from '../batv/return-path.js'
import { fromBytes, toBytes } from '../core/byte-string.js'
import type { Clock } from '../core/clock.js'
import type { BatvSettings } from '../core/settings/settings.js'
import type { EventLog } from './event-log.js'
import { DENY, type InboundAddress, type HarakaConnection, type Next, type Transaction } from './shapes.js'

type Refused = Exclude<TagVerdict['kind'], 'valid'>

const NOT_SENT = 'the message that this bounce returns was not sent from here'

/** What the client is told, after 550 (RFC 3463 section 3.8: 5.7.1, delivery not authorised). */
const REPLIES: Readonly<Record<Refused, string>> = {
  expired: '5.7.1 This return path has expired: the message that this bounce returns was sent too long ago',
  forged: `5.7.1 This return path has a tag that was not made here: ${NOT_SENT}`,
  'unknown key': `5.7.1 This return path has a tag that was not made here: ${NOT_SENT}`,
  untagged: `5.7.1 Return paths of this domain have a tag (BATV), and this one has none: ${NOT_SENT}`,
}

/** RFC 5321 section 4.5.1: it takes all mail. */
const POSTMASTER = /^"?postmaster"?$/i

export class TaggedRecipients {
  readonly #log: EventLog
  readonly #clock: Clock
  readonly #settings: () => BatvSettings

  constructor(log: EventLog, clock: Clock, settings: () => BatvSettings) {
    this.#log = log
    this.#clock = clock
    this.#settings = settings
  }

  /** Answers the hook, once, whatever fails. */
  check(next: Next, connection: HarakaConnection, recipient: InboundAddress): void {
    let refused: Refused | undefined
    try {
      refused = this.#examine(connection, recipient)
    } catch (error) {
      const text = String(error)
      this.#log.failure(
        { place: 'rcpt', text },
        'error',
        'bounce',
        { error: text },
        connection.transaction ?? undefined,
      )
    }
    if (refused === undefined) next()
    else next(DENY, REPLIES[refused])
  }

  /** Why the recipient is refused; undefined where it is not, and its tag is off when it was made here. */
  #examine(connection: HarakaConnection, recipient: InboundAddress): Refused | undefined {
    const { transaction } = connection
    const settings = this.#settings()
    if (settings.keys.length === 0 || !transaction) return undefined
    const written = String(recipient.address)
    const address = toBytes(written)
    const verdict = verifyReturnPath(address, settings.keys, this.#clock.now(), settings.lifetimeDays)
    if (verdict.kind !== 'valid' && mayRefuse(connection, transaction, recipient, settings)) {
      if (verdict.kind !== 'untagged' || isMissed(address, recipient, settings)) {
        this.#note('notice', 'bounce', { refused: verdict.kind, recipient: written }, connection, transaction)
        return verdict.kind
      }
    }
    if (verdict.kind === 'valid' || verdict.kind === 'expired') {
      takeOff(recipient, fromBytes(verdict.plain))
      this.#note('info', 'untag', { tag: verdict.kind, recipient: String(recipient.address) }, connection, transaction)
    }
    return undefined
  }

  #note(
    level: 'notice' | 'info',
    event: string,
    values: Readonly<Record<string, string>>,
    { remote }: HarakaConnection,
    transaction: Transaction,
  ): void {
    this.#log.event(level, event, { ...values, ip: remote.ip }, transaction)
  }
}

/** It is a bounce, from a stranger, to a domain whose mail leaves here. */
function mayRefuse(
  { relaying }: HarakaConnection,
  { mail_from }: Transaction,
  { host }: InboundAddress,
  { domains }: BatvSettings,
): boolean {
  return mail_from.user === '' && !relaying && (domains.length === 0 || domains.includes(String(host)))
}

/** A tag should be there: it is required, and the address could have got one. */
function isMissed(address: string, { user }: InboundAddress, { require, keys: [key] }: BatvSettings): boolean {
  // Only whether it can be signed matters, not with what.
  return require && !POSTMASTER.test(user) && key !== undefined && signReturnPath(address, key, 0) !== undefined
}

/** In place: the transaction has the same object. By Haraka's own parser, which sets all that depends on it. */
function takeOff(recipient: InboundAddress, plain: string): void {
  const path = `<${plain}>`
  recipient.parse(path)
  recipient.original = path
}
