/** A whole number that an option gives. */
import { relayoutError } from '../core/errors.js'

/** Throws a RelayoutError. */
export function readWhole(option: string, value: string, least: number, most: number): number {
  const number = Number(value)
  if (/^\d{1,15}$/.test(value) && number >= least && number <= most) return number
  const accepted = `a whole number from ${least} to ${most.toLocaleString('en-US')}`
  throw relayoutError('RELAYOUT_E_NUMBER', { option, value, accepted })
}
