/**
 * What the test relay heard, one line for the user.
 */
import { shownLine, timeOfDay } from './log-line.js'
import type { RelayRecord } from './test-relay.js'

const SUBJECT = /^subject:[ \t]*(.*)$/im

export function relayLine(record: RelayRecord): string {
  const time = timeOfDay(record.timeMs)
  if (record.kind === 'recipient') {
    return shownLine(time, 'test relay', `answered ${visible(record.reply)}  to RCPT TO:<${visible(record.to)}>`)
  }
  const to = record.to.map((address) => `<${visible(address)}>`).join(', ')
  const place = `connection ${record.connection}, message ${record.messageOfConnection}`
  return shownLine(
    time,
    'test relay',
    `received <${visible(record.from)}> → ${to}, ${record.bytes} bytes, "${subjectOf(record.head)}"  (${place})`,
  )
}

function subjectOf(head: string): string {
  const subject = SUBJECT.exec(headerOf(head))?.[1]?.trim() ?? ''
  return visible(Buffer.from(subject, 'latin1').toString('utf8'))
}

/** The header part of a message. */
export function headerOf(head: string): string {
  return head.split(/\r?\n\r?\n/, 1)[0] ?? ''
}

/** A terminal must not be steered by a message. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
