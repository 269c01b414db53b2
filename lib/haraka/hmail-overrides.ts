/**
 * The methods of one hmail that are ours while it is delivered, as own properties that are taken off again at the end.
 */
import { isDsnField, keepDeferred, type Told } from './partial-bounce.js'
import type { RecipientParts } from './recipient-parts.js'
import type { HarakaMx, HMail } from './shapes.js'

export interface OverrideOptions {
  requireTls(): boolean
  /** How often Haraka tries an item again. */
  readonly retries: number
  /** A temporary failure of this attempt bounces. */
  readonly lastTry: boolean
  readonly parts: RecipientParts
  /** What hmail was told of its recipients over the connection in use. */
  told(): Told
  /** Exchangers were found: those to go on with, or undefined where that is done already. */
  route(mxs: HarakaMx[]): HarakaMx[] | undefined
  /** False: hmail is not to try a further server now. */
  nextServer(): boolean
  /** Haraka's log has a place for what goes over the wire. */
  logsProtocol(): boolean
  /** This part of the recipients is done with, and there are others. */
  partOver(): void
}

export interface HMailOverrides {
  hideSecrets(redact: (text: string) => string): void
  makeLastTry(): void
  nextPart(): void
  remove(): void
}

const OVERRIDDEN = [
  'found_mx',
  'try_deliver',
  'get_force_tls',
  'split_to_new_recipients',
  'temp_fail',
  'bounce',
  'double_bounce',
  'discard',
  'logprotocol',
] as const

export function overrideHmail(hmail: HMail, options: OverrideOptions): HMailOverrides {
  const original = Object.getPrototypeOf(hmail) as HMail
  const { parts, retries } = options
  let failuresBefore: number | undefined
  let bouncing = false

  const lastTry = (failures: number): number => Math.max(failures, retries)
  // Haraka bounces what fails more often than it has intervals for.
  const makeLastTry = (): void => {
    failuresBefore = hmail.num_failures
    hmail.num_failures = lastTry(hmail.num_failures)
  }
  if (options.lastTry) makeLastTry()

  hmail.found_mx = (mxs) => {
    const marked = options.route(mxs)
    return marked && original.found_mx.call(hmail, marked)
  }
  hmail.try_deliver = () => (options.nextServer() ? original.try_deliver.call(hmail) : undefined)
  hmail.get_force_tls = (mx) => options.requireTls() || original.get_force_tls.call(hmail, mx)
  hmail.split_to_new_recipients = (recipients, reason, callback) => {
    parts.splitOff(recipients, () =>
      original.split_to_new_recipients.call(hmail, recipients, reason, (item) => {
        if (item !== hmail) inherit(hmail, item, recipients)
        callback(item)
      }),
    )
  }
  hmail.temp_fail = (reason, details) => {
    parts.giveBack('last')
    original.temp_fail.call(hmail, reason, details)
  }
  hmail.bounce = (reason, details) => {
    const bounce = (): void => original.bounce.call(hmail, reason, details)
    if (bouncing || details?.bounce_recips !== undefined) bounce()
    else {
      bouncing = true
      keepDeferred(hmail, options.told(), bounce)
    }
  }
  hmail.double_bounce = (error) => {
    if (!parts.hasOthers) {
      original.double_bounce.call(hmail, error)
      return
    }
    // It removes the file, which has the other recipients.
    hmail.lognotice(`Double bounce: ${error}`)
    hmail.discard()
  }
  hmail.discard = () => {
    original.discard.call(hmail)
    if (parts.partIsOver) options.partOver()
  }

  return {
    makeLastTry,
    // Haraka writes every command into its log at level protocol, AUTH with its secret too.
    hideSecrets(redact) {
      hmail.logprotocol = (line) => {
        if (options.logsProtocol())
          original.logprotocol.call(hmail, redact(line.replace(/^(C: AUTH \S+) .*/is, '$1 ***')))
      }
    },
    nextPart: () => (bouncing = false),
    remove() {
      for (const name of OVERRIDDEN) Reflect.deleteProperty(hmail, name)
      // It did not fail (another plugin delayed it, say): the next attempt is not the last because of this one.
      if (failuresBefore !== undefined && hmail.num_failures === lastTry(failuresBefore))
        hmail.num_failures = failuresBefore
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
