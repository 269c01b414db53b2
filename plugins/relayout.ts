/**
 * What Haraka loads: every export becomes a property of the plugin object, `hook_*` register themselves.
 */
import { loadRelayout } from '../lib/haraka/load.js'
import type { Relayout } from '../lib/haraka/relayout.js'
import type { HarakaPlugin, HMail, Next } from '../lib/haraka/shapes.js'

let relayout: Relayout

export function register(this: HarakaPlugin): void {
  relayout = loadRelayout(this)
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

export function hook_deferred(next: Next, hmail: HMail): void {
  relayout.deferred(hmail)
  next()
}

export function hook_bounce(next: Next, hmail: HMail): void {
  relayout.finished(hmail)
  next()
}

export function hook_delivered(next: Next, hmail: HMail): void {
  relayout.finished(hmail)
  next()
}
