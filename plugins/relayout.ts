/**
 * What Haraka loads: every export becomes a property of the plugin object, `hook_*` register themselves, at priority 0.
 */
import { loadRelayout } from '../lib/haraka/load.js'
import { noteOrigin } from '../lib/haraka/origin.js'
import type { Relayout } from '../lib/haraka/relayout.js'
import {
  type BounceError,
  type DeferredParams,
  type DeliveredParams,
  DENYSOFT,
  type HarakaConnection,
  type HarakaPlugin,
  type HMail,
  type InboundAddress,
  type Next,
} from '../lib/haraka/shapes.js'

/** Before other plugins, wherever they stand in config/plugins: Haraka runs the lowest priority first. */
const BEFORE_OTHERS = -100
/** And the highest last. */
const AFTER_OTHERS = 100

let relayout: Relayout

export function register(this: HarakaPlugin): void {
  relayout = loadRelayout(this)
  this.register_hook('mail', 'note_origin', BEFORE_OTHERS)
  this.register_hook('rcpt', 'take_off_tag', BEFORE_OTHERS)
  this.register_hook('queue_outbound', 'queue_for_delivery', AFTER_OTHERS)
}

export function note_origin(next: Next, connection: HarakaConnection): void {
  noteOrigin(connection)
  next()
}

export function take_off_tag(next: Next, connection: HarakaConnection, [recipient]: [InboundAddress]): void {
  relayout.recipient(next, connection, recipient)
}

export function queue_for_delivery(next: Next, connection: HarakaConnection): void {
  relayout.queue(next, connection)
}

export function shutdown(): void {
  relayout.close()
}

/** Without `nodes` the only process delivers mail; with them the master does not. */
export function hook_init_master(next: Next, server: { readonly cluster?: unknown }): void {
  if (!server.cluster) relayout.start()
  next()
}

export function hook_init_child(next: Next): void {
  relayout.start()
  next()
}

export function hook_send_email(next: Next, hmail: HMail): void {
  relayout.offer(next, hmail)
}

export function hook_deferred(next: Next, hmail: HMail, params: DeferredParams): void {
  const heldSeconds = relayout.deferred(hmail, params)
  if (heldSeconds === undefined) next()
  else next(DENYSOFT, String(heldSeconds))
}

export function hook_bounce(next: Next, hmail: HMail, error: BounceError): void {
  relayout.bounced(hmail, error)
  next()
}

export function hook_delivered(next: Next, hmail: HMail, params: DeliveredParams): void {
  relayout.delivered(hmail, params)
  next()
}
