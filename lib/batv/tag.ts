/**
 * A prvs tag (draft-levine-smtp-batv section 5, contract 7): the key's digit, the day of expiry modulo 1000, and the
 * first three bytes of HMAC-SHA1 over those four digits and the address.
 */
import { createHmac } from 'node:crypto'

import type { BatvKey } from '../core/settings/settings.js'

const DAY_MS = 86_400_000
const DAYS = 1000
const HASH_BYTES = 3

/** `prvs=KDDDSSSSSS=` */
export const TAG_LENGTH = 16

/** The day, counted in UTC from the epoch, on which a tag made now expires; modulo 1000, as tags have it. */
export function expiryDay(nowMs: number, lifetimeDays: number): number {
  return (Math.floor(nowMs / DAY_MS) + lifetimeDays) % DAYS
}

/** Days from today until `day` of a tag, counting on over 999. */
export function daysLeft(day: number, nowMs: number): number {
  return (day - expiryDay(nowMs, 0) + DAYS) % DAYS
}

/** `KDDD` */
export function tagDigits({ key }: BatvKey, day: number): string {
  return `${key}${String(day).padStart(3, '0')}`
}

/** What the tag of an address proves itself by; `address` is the plain one, a byte string. */
export function tagHash(digits: string, address: string, { secret }: BatvKey): Buffer {
  return createHmac('sha1', secret.reveal()).update(`${digits}${address}`, 'latin1').digest().subarray(0, HASH_BYTES)
}
