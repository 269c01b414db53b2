/**
 * What became of one message, read from three witnesses: the plugin's lines in Haraka's log, Haraka's own lines about
 * the queue item, and the records of the test relay. Nothing is taken from the scenario.
 */
import { parseEvent, parseFields, type LogLine } from './log-line.js'
import { headerOf } from './relay-line.js'
import type { Fate } from './scenario.js'
import type { MessageRecord, RelayRecord } from './test-relay.js'

export interface Observation {
  readonly sender: string | undefined
  readonly priority: number | undefined
  /** Why it was skipped, if it was. */
  readonly reason: string | undefined
  /** The reply of the relay that decided: to a recipient if it was not 250, else to the message. */
  readonly reply: string | undefined
  /** What Haraka was given instead of that reply. */
  readonly rewritten: string | undefined
  readonly delivered: number
  readonly bounced: number
  readonly fate: Fate | undefined
  /** Whether the sender was told of the bounce: the report has come to the relay. */
  readonly reported: boolean
  /** The reply in that report. */
  readonly diagnostic: string | undefined
  /** Its place among the messages that the relays received. */
  readonly place: number | undefined
}

export interface Witnesses {
  readonly log: readonly LogLine[]
  readonly records: readonly RelayRecord[]
}

export interface Subject {
  readonly key: string
  readonly uuid: string
  readonly to: readonly string[]
}

export function observe(subject: Subject, { log, records }: Witnesses): Observation {
  const lines = log.filter(({ uuid }) => uuid === subject.uuid || uuid.startsWith(`${subject.uuid}.`))
  const events = lines.map(parseEvent).filter((event) => event !== undefined)
  const send = events.findLast(({ name }) => name === 'send')?.fields
  const skip = events.findLast(({ name }) => name === 'skip')?.fields
  const rewrite = events.find(({ name }) => name === 'rewrite')?.fields

  const received = records.filter(isMessage)
  const message = received.find(({ head }) => demoKey(head) === subject.key)
  const answered = records.find((record) => record.kind === 'recipient' && subject.to.includes(record.to))
  const report = received.find(({ from, head }) => from === '' && subject.to.some((to) => isReportOn(head, to)))
  return {
    sender: send?.['sender'],
    priority: send && Number(send['priority']),
    reason: skip?.['reason'],
    reply: (answered ?? message)?.reply,
    rewritten: rewrite?.['new'],
    delivered: message?.to.length ?? 0,
    bounced: lines.filter(isBounce).length,
    fate: fateOf(lines),
    reported: report !== undefined,
    diagnostic: /^Diagnostic-Code: smtp; ?(.*?)\s*$/m.exec(report?.head ?? '')?.[1],
    place: message && received.indexOf(message) + 1,
  }
}

/** The last that the log says of it. */
function fateOf(lines: readonly LogLine[]): Fate | undefined {
  let fate: Fate | undefined
  for (const line of lines) {
    if (line.origin === 'relayout') {
      if (line.text.startsWith('skip ')) fate = 'waiting'
      else if (line.text.startsWith('send ')) fate = undefined
    } else if ('delivered file' in parseDelivered(line)) fate = 'delivered'
    else if (isBounce(line)) fate ??= 'bounced'
    else if (line.text.startsWith('Temp failing ')) fate = 'deferred'
  }
  return fate
}

/** Haraka's line about a delivery has a key with a space in it: `delivered file=…`. */
function parseDelivered({ text }: LogLine): Readonly<Record<string, string>> {
  return text.includes('delivered file=') ? { 'delivered file': '', ...parseFields(text) } : {}
}

function isBounce({ text }: LogLine): boolean {
  return text.startsWith('bouncing mail: ')
}

function isMessage(record: RelayRecord): record is MessageRecord {
  return record.kind === 'message'
}

function demoKey(head: string): string | undefined {
  return /^x-demo:[ \t]*(\S+)/im.exec(headerOf(head))?.[1]
}

/** A delivery status report (RFC 3464) about `to`. */
function isReportOn(head: string, to: string): boolean {
  return head.split(/\r?\n/).includes(`Final-Recipient: rfc822;${to}`)
}
