/** Which items Haraka held back before it offered them. */
import type { HMail } from './shapes.js'

/**
 * Whether this process could have offered the item before, had outbound not been disabled: Haraka then looks once a
 * second for each item that it holds back. An item of an earlier process is offered as soon as it is read.
 */
export function isHeldBack(hmail: HMail, nowMs: number, disabledAtStart: boolean): boolean {
  const startedMs = nowMs - process.uptime() * 1_000
  const { queue_time } = hmail.todo
  return nowMs - queue_time >= 1_000 && (queue_time >= startedMs || disabledAtStart)
}
