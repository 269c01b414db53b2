/** The kinds of values in a file of expectations, each read from its text. */
import type { Address } from '@haraka/email-address'

import { fromBytes, toBytes } from '../../../core/byte-string.js'
import { RelayoutError } from '../../../core/errors.js'
import { parseRewrite, type Reply } from '../../../core/reply.js'
import { type Reading, yesNo } from '../../../core/settings/key-spec.js'
import { parseTime } from '../../../core/settings/quantity.js'
import { type AnsweredCommand, readCommand } from '../../conversation/read-command.js'
import { bareAddress } from '../../messages/message-file.js'
import { readTime } from '../../read-time.js'
import { type Match, readMatch } from './match.js'

export interface Kind<Value> {
  /** Completes "… is accepted". */
  readonly accepted: string
  /** Never throws. */
  read(text: string): Reading<Value>
}

const NOTHING_SAID = { why: '' } as const

export const NAME: Kind<string> = {
  accepted: 'a name',
  read: (text) => (text.trim() === '' ? NOTHING_SAID : { value: text.trim() }),
}

/** Anything, also nothing between quotes. */
export const TEXT: Kind<string> = { accepted: 'a text', read: (value) => ({ value }) }

export const FILE: Kind<string> = {
  accepted: 'the name of a file',
  read: (text) => (text === '' || text.includes('\0') ? NOTHING_SAID : { value: text }),
}

export const YES_NO: Kind<boolean> = yesNo(false)

export const MATCH: Kind<Match> = { accepted: 'a text, or /a regular expression/', read: readMatch }

/** Milliseconds since the epoch. */
export function time(nowMs: number): Kind<number> {
  return {
    accepted: 'a time such as 22:30, 2026-12-24 or 2026-12-24 22:30, with Z or +01:00 behind it if not local',
    read: (text) => readingOf(() => readTime(text.trim().replace(/ (?=\d:)/, ' 0'), nowMs)),
  }
}

/** Seconds. */
export const DURATION: Kind<number> = {
  accepted: 'a time such as 90s, 15m, 2h or 1d',
  read: (text) => {
    const ms = parseTime(text)
    return ms === undefined ? NOTHING_SAID : { value: ms / 1000 }
  },
}

const UNITS = ['', 'k', 'm', 'g', 't'] as const

/** Bytes. */
export const SIZE: Kind<number> = {
  accepted: 'a number of bytes, or a size such as 300kB, 12MB or 12MiB',
  read: (text) => {
    const [, number = '', unit = '', binary = ''] = /^(\d{1,15}(?:\.\d{1,6})?) ?(?:([kmgt]?)(i?)b)?$/i.exec(text) ?? []
    const power = UNITS.indexOf(unit.toLowerCase() as (typeof UNITS)[number])
    const value = Math.round(Number(number || NaN) * (binary === '' ? 1000 : 1024) ** power)
    return Number.isSafeInteger(value) && !(binary !== '' && power === 0) ? { value } : NOTHING_SAID
  },
}

export function whole(most: number): Kind<number> {
  return {
    accepted: `a whole number up to ${most.toLocaleString('en-US')}`,
    read: (text) => (/^\d{1,9}$/.test(text) && Number(text) <= most ? { value: Number(text) } : NOTHING_SAID),
  }
}

export const PRIORITY: Kind<number> = {
  accepted: 'a number from 1 to 100',
  read: (text) => {
    const value = /^\d{1,3}(?:\.\d{1,9})?$/.test(text) ? Number(text) : NaN
    return value >= 1 && value <= 100 ? { value } : NOTHING_SAID
  },
}

/** '' is the null sender. */
export const RETURN_PATH: Kind<Address> = {
  accepted: "an address such as ann@example.com, or '' for the null sender,",
  read: (text) => readingOf(() => bareAddress(text)),
}

export const RECIPIENT: Kind<Address> = {
  accepted: 'an address such as bob@example.net',
  read: (text) => {
    const reading = readingOf(() => bareAddress(text))
    return 'value' in reading && !reading.value.host ? NOTHING_SAID : reading
  },
}

/** A command as it is sent; '' stands for the connection, before which there is none. */
export const COMMAND: Kind<AnsweredCommand> = {
  accepted: "a command such as RCPT TO:<bob@example.net>, . for the end of the message, or '' for the greeting,",
  read: (text) => readingOf(() => readCommand(toBytes(text.trim()))),
}

export const REPLY: Kind<Reply> = {
  accepted: 'a reply such as 450 4.1.1 User unknown',
  read: (text) => {
    const parsed = parseRewrite(toBytes(text))
    return 'reply' in parsed ? { value: parsed.reply } : { why: parsed.error }
  },
}

/** A code alone stands for any text behind it. */
export const REPLY_MATCH: Kind<Match> = {
  accepted: 'a reply such as 550 5.1.1 User unknown, its code alone, or /a regular expression/',
  read: (text) => {
    if (/^\d+$/.test(text.trim())) {
      const code = text.trim()
      return /^[2-5]\d\d$/.test(code) ? { value: { matches: (came) => came.startsWith(code) } } : NOTHING_SAID
    }
    if (text.startsWith('/')) return readMatch(text)
    const parsed = parseRewrite(toBytes(text))
    return 'reply' in parsed ? readMatch(replyText(parsed.reply)) : { why: parsed.error }
  },
}

export function choice<Word extends string>(words: readonly Word[]): Kind<Word> {
  return {
    accepted: words.join(', ').replace(/, ([^,]*)$/, ' or $1'),
    read: (text) => {
      const value = words.find((word) => word === text.trim().toLowerCase())
      return value === undefined ? NOTHING_SAID : { value }
    },
  }
}

/** All its lines, as they are written in a file. */
export function replyText({ lines }: Reply): string {
  return fromBytes(lines.join('\n'))
}

/** Of what throws where it is no value. */
function readingOf<Value>(read: () => Value): Reading<Value> {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof RelayoutError) return NOTHING_SAID
    throw error
  }
}
