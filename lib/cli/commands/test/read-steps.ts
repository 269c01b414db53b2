/** A message or a reply of a test, and what is expected of it. */
import { toBytes } from '../../../core/byte-string.js'
import type { Address } from '@haraka/email-address'

import { MESSAGE_KEYS, type ReadExpectation, REPLY_KEYS, type ExpectationKey } from './expectation-keys.js'
import type { Expectation, GivenMessage, MessageCame, MessageStep, ReplyCame, ReplyStep } from './expectations.js'
import { OUTCOMES } from './expectations.js'
import type { Fields } from './fields.js'
import { COMMAND, FILE, NAME, RECIPIENT, REPLY, RETURN_PATH, SIZE, TEXT, time, whole } from './kinds.js'
import type { Mistakes, Placed } from './mistakes.js'

export const MESSAGE_FIELDS = ['from', 'to', 'size', 'header', 'body', 'file', 'retries', 'queued', 'tried']
export const REPLY_FIELDS = ['command', 'reply', 'sender', 'server']
/** Of a message or reply that stands beside others. */
export const STEP_FIELDS = ['name', 'at', 'expect']

const MOST_RETRIES = 1_000
const HEADER_NAME = /^[!-9;-~]+$/

/** What holds for all steps of a test. */
export interface Around {
  readonly mistakes: Mistakes
  readonly nowMs: number
  readonly atMs: number
  /** Senders that are named are added. */
  readonly senders: Placed<string>[]
}

/** `expect`: where the step has its own, undefined: it expects nothing. */
export function messageStep(fields: Fields, expect: Fields | undefined, around: Around): MessageStep {
  const atMs = stepTime(fields, around)
  const expected = expectations<MessageCame>(expect, MESSAGE_KEYS, around)
  for (const { key, expected: value, place } of expected) if (key === 'sender') around.senders.push({ value, place })
  const message = givenMessage(fields, around)
  return { kind: 'message', name: fields.read('name', NAME)?.value, place: fields.place, atMs, expected, message }
}

export function replyStep(fields: Fields, expect: Fields | undefined, around: Around): ReplyStep | undefined {
  const atMs = stepTime(fields, around)
  const expected = expectations<ReplyCame>(expect, REPLY_KEYS, around)
  const command = fields.need('command', COMMAND)
  const reply = fields.need('reply', REPLY)
  const sender = fields.read('sender', NAME)
  if (sender) around.senders.push(sender)
  const server = fields.read('server', NAME)?.value
  const name = fields.read('name', NAME)?.value
  if (!command || !reply) return undefined
  const given = { command: command.value, reply: reply.value, sender: sender?.value, server }
  return { kind: 'reply', name, place: fields.place, atMs, expected, reply: given }
}

function stepTime(fields: Fields, { nowMs, atMs }: Around): number {
  return fields.read('at', time(nowMs))?.value ?? atMs
}

function expectations<Came extends MessageCame | ReplyCame>(
  expect: Fields | undefined,
  keys: Readonly<Record<string, ExpectationKey<Came>>>,
  { mistakes }: Around,
): Expectation<Came>[] {
  if (!expect) return []
  if (expect.keys.length === 0) expect.empty(`one or more of ${Object.keys(keys).join(', ')}`)
  const read = expect.keys.flatMap((name) => keys[name]?.(expect, name) ?? [])
  let before: readonly ReadExpectation<Came>[] = []
  for (const one of read) {
    const other = before.find(({ outcomes }) => !outcomes.some((outcome) => one.outcomes.includes(outcome)))
    if (other) mistakes.add('RELAYOUT_E_TEST_CLASH', one.place, { key: stated(one), other: stated(other) })
    before = [...before, one]
  }
  return read
}

/** `skip = true`, but `priority`, of which any would clash. */
function stated({ key, expected, outcomes }: ReadExpectation<never>): string {
  return OUTCOMES.includes(key as 'skip') && outcomes.length === 1 ? `${key}: ${expected}` : key
}

function givenMessage(fields: Fields, { mistakes, nowMs }: Around): GivenMessage {
  const file = fields.read('file', FILE)
  for (const key of ['header', 'body'].filter((other) => file && fields.has(other))) {
    mistakes.add('RELAYOUT_E_TEST_CLASH', fields.placeOf(key), { key, other: 'file' })
  }
  const to = fields.readAll('to', RECIPIENT)
  if (!fields.has('file')) {
    if (!fields.has('from')) fields.missing('from', RETURN_PATH.accepted)
    if (!fields.has('to')) fields.missing('to', RECIPIENT.accepted)
  }
  const [first] = to
  const other = to.find(({ value }) => value.host !== first?.value.host)
  if (first && other) {
    const domains = { one: first.value.host, other: other.value.host }
    mistakes.add('RELAYOUT_E_TEST_DOMAINS', other.place, domains)
  }
  return {
    file,
    from: fields.read('from', RETURN_PATH)?.value,
    to: to.map(({ value }): Address => value),
    size: fields.read('size', SIZE)?.value,
    header: header(fields.inner('header'), mistakes),
    body: fields.read('body', TEXT)?.value ?? '',
    retries: fields.read('retries', whole(MOST_RETRIES))?.value,
    queuedMs: fields.read('queued', time(nowMs))?.value,
    triedMs: fields.read('tried', time(nowMs))?.value,
  }
}

/** A field with a list of values comes as often. */
function header(fields: Fields | undefined, mistakes: Mistakes): (readonly [string, string])[] {
  if (!fields) return []
  return fields.keys.flatMap((name) => {
    if (!HEADER_NAME.test(name)) {
      const params = { key: 'header', value: name, accepted: 'the name of a header field', why: '' }
      mistakes.add('RELAYOUT_E_TEST_VALUE', fields.placeOf(name), params)
      return []
    }
    return fields.readAll(name, TEXT).map(({ value }) => [name, toBytes(value)] as const)
  })
}
