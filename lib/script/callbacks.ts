/** The callbacks of a script as bits, so that every answer can say which of them the session has just now. */
import type { Callback } from './port.js'

export const CALLBACKS: readonly Callback[] = [
  'Start',
  'CheckFile',
  'ServerDetails',
  'ServerConnected',
  'ReturnCodeHandler',
  'ModifyReturnPath',
]

export const ALL_CALLBACKS = (1 << CALLBACKS.length) - 1

export function maskOf(has: (callback: Callback) => boolean): number {
  return CALLBACKS.reduce((mask, callback, bit) => (has(callback) ? mask | (1 << bit) : mask), 0)
}

export function maskHas(mask: number, callback: Callback): boolean {
  return (mask & (1 << CALLBACKS.indexOf(callback))) !== 0
}
