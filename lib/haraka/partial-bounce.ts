/**
 * Contract 10, R2: when some recipients got a 4xx to RCPT and the message is then refused for good, Haraka bounces them
 * all. The deferred ones stay in the queue; only the others bounce.
 */
import { replyClass, type Reply } from '../core/reply.js'
import type { HarakaAddress } from './shapes.js'

/** What hmail was told of each of its recipients, in their order; undefined where nothing was said yet. */
export type Told = readonly { readonly presented: Reply | undefined }[]

/** Of these recipients those that are to be tried again. */
export function deferredByReply(recipients: readonly HarakaAddress[], told: Told): HarakaAddress[] {
  return recipients.filter((_, i) => {
    const reply = told[i]?.presented
    return reply !== undefined && replyClass(reply) === 4
  })
}
