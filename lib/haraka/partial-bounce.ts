/**
 * Contract 10, R2: when some recipients got a 4xx to RCPT and the message is then refused for good, Haraka bounces them
 * all. The deferred ones are split off and stay in the queue; only the others bounce.
 */
import { replyClass, type Reply } from '../core/reply.js'
import type { HarakaAddress, HMail } from './shapes.js'

/** What hmail was told of each of its recipients, in their order; undefined where nothing was said yet. */
export type Told = readonly { readonly presented: Reply | undefined }[]

/** Calls `bounce` for what is to bounce, after the deferred recipients have an item of their own. */
export function keepDeferred(hmail: HMail, told: Told, bounce: () => void): void {
  const recipients = hmail.todo.rcpt_to
  const isDeferred = (_: HarakaAddress, i: number): boolean => {
    const reply = told[i]?.presented
    return reply !== undefined && replyClass(reply) === 4
  }
  const deferred = recipients.filter(isDeferred)
  if (deferred.length === 0 || deferred.length === recipients.length) {
    bounce()
    return
  }
  // As hmail itself does it after a message that went to some: a reference for the new item until that is on disk.
  hmail.refcount++
  hmail.split_to_new_recipients(deferred.map(withoutDsn), 'Some recipients temporarily failed', (item) => {
    hmail.todo.rcpt_to = recipients.filter((recipient, i) => !isDeferred(recipient, i))
    hmail.discard()
    item.temp_fail(`Some recipients temp failed: ${deferred.map(({ address }) => address).join(', ')}`, {
      fail_recips: deferred,
    })
    bounce()
  })
}

/** Where hmail writes down, on a recipient, what was said of it: a DSN is made of these. */
export function isDsnField(key: string): boolean {
  return key === 'reason' || key.startsWith('dsn_')
}

/** The recipient without what was said of the others. */
function withoutDsn(recipient: HarakaAddress): HarakaAddress {
  const own = Object.entries(recipient).filter(([key]) => !isDsnField(key))
  return Object.assign(
    Object.create(Object.getPrototypeOf(recipient) as object),
    Object.fromEntries(own),
  ) as HarakaAddress
}
