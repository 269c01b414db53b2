/**
 * Haraka reads the beginning of an item's queue file once, when it meets the item. Where that fails (no file descriptor is
 * left, the disk has an error), it renames the file for its next attempt and then waits for the reading for ever: until a
 * restart the message is neither sent nor bounced. An item that has no attempt left ends Haraka, at each start anew. Here
 * the file is read again until that succeeds, and keeps its name.
 */
import type { HMail } from './shapes.js'

/** `read_todo` ends in `temp_fail` when it fails, or in the event `ready`. (outbound/hmail.js) */
type Item = Omit<HMail, 'todo'> & { readonly todo: unknown; read_todo(): void }

type TempFail = (this: Item, reason: string, details?: object) => void

const FIRST_SECONDS = 1
const LONGEST_SECONDS = 300

/** `failed` is told of each time, and for how long nothing is tried. */
export function readAgain(prototype: HMail, failed: (file: string, why: string, seconds: number) => void): void {
  const waited = new WeakMap<Item, number>()
  const { temp_fail: original } = prototype as unknown as { readonly temp_fail: TempFail }
  const temp_fail: TempFail = function (reason, details) {
    if (this.todo) {
      original.call(this, reason, details)
      return
    }
    const seconds = Math.min(2 * (waited.get(this) ?? FIRST_SECONDS / 2), LONGEST_SECONDS)
    waited.set(this, seconds)
    failed(this.filename, reason, seconds)
    setTimeout(() => this.read_todo(), seconds * 1_000)
  }
  Object.assign(prototype, { temp_fail })
}
