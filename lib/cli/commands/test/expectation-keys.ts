/** The keys under `expect`: what each may be, and how it is compared with what came. */
import { formatTime } from '../../../core/settings/quantity.js'
import type { Expectation, MessageCame, Outcome, ReplyCame } from './expectations.js'
import { OUTCOMES } from './expectations.js'
import type { Fields } from './fields.js'
import { choice, DURATION, type Kind, MATCH, NAME, PRIORITY, REPLY_MATCH, YES_NO } from './kinds.js'

export interface ReadExpectation<Came> extends Expectation<Came> {
  /** With which outcomes of a message it can come true. */
  readonly outcomes: readonly Outcome[]
}

export type ExpectationKey<Came> = (fields: Fields, key: string) => ReadExpectation<Came> | undefined

/** `check`: what came in its place; undefined: it came. */
function key<Value, Came>(
  kind: Kind<Value>,
  check: (value: Value, came: Came) => string | undefined,
  outcomes: (value: Value) => readonly Outcome[] = () => OUTCOMES,
): ExpectationKey<Came> {
  const withText: Kind<{ text: string; value: Value }> = {
    accepted: kind.accepted,
    read: (text) => {
      const reading = kind.read(text)
      return 'value' in reading ? { value: { text: text.trim(), value: reading.value } } : reading
    },
  }
  return (fields, name) => {
    const read = fields.read(name, withText)
    if (!read) return undefined
    const { text, value } = read.value
    return {
      key: name,
      place: fields.placeOf(name),
      expected: text === '' ? 'nothing' : text,
      check: (came) => check(value, came),
      outcomes: outcomes(value),
    }
  }
}

function becomes(outcome: Outcome): ExpectationKey<MessageCame> {
  return key(
    YES_NO,
    (wanted, came) => ((came.outcome === outcome) === wanted ? undefined : came.summary),
    (wanted) => OUTCOMES.filter((one) => (one === outcome) === wanted),
  )
}

/** Of the sender that takes it. */
function ofTaken<Value>(
  kind: Kind<Value>,
  read: (taken: NonNullable<MessageCame['taken']>) => Value,
  shown: (value: Value) => string,
): ExpectationKey<MessageCame> {
  return key(
    kind,
    (wanted, { taken, summary }) => {
      if (!taken) return summary
      return read(taken) === wanted ? undefined : shown(read(taken))
    },
    () => ['take'],
  )
}

function said<Came>(what: string, texts: (came: Came) => readonly string[]): ExpectationKey<Came> {
  return key(MATCH, (wanted, came) => {
    const all = texts(came)
    if (all.some((text) => wanted.matches(text))) return undefined
    return all.length === 0 ? `no ${what}` : all.join('; ')
  })
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no')

type Keys<Came> = Readonly<Record<string, ExpectationKey<Came>>>

export const MESSAGE_KEYS: Keys<MessageCame> = {
  sender: ofTaken(NAME, ({ sender }) => sender, String),
  skip: becomes('skip'),
  hold: becomes('hold'),
  pass: becomes('pass'),
  reason: key(MATCH, (wanted, { reasons, summary }) => {
    if (reasons.some((reason) => wanted.matches(reason))) return undefined
    return reasons[0] ?? `no reason: ${summary}`
  }),
  retry: key(
    DURATION,
    (wanted, { retrySeconds, summary }) => {
      if (retrySeconds === undefined) return summary
      return retrySeconds === wanted ? undefined : formatTime(retrySeconds * 1000)
    },
    () => ['skip', 'hold'],
  ),
  priority: ofTaken(PRIORITY, ({ priority }) => priority, String),
  last_try: ofTaken(YES_NO, ({ lastTry }) => lastTry, yesOrNo),
  tag: ofTaken(YES_NO, ({ tag }) => tag, yesOrNo),
  warning: said('warning', ({ warnings }) => warnings),
  print: said('print', ({ prints }) => prints),
  failure: said('failure', ({ failures }) => failures),
}

const REPLY_OUTCOMES = ['unchanged', 'applied', 'adjusted', 'refused', 'invalid'] as const

export const REPLY_KEYS: Keys<ReplyCame> = {
  reply: key(REPLY_MATCH, (wanted, { reply }) => (wanted.matches(reply) ? undefined : reply)),
  outcome: key(choice(REPLY_OUTCOMES), (wanted, { outcome }) => (outcome === wanted ? undefined : outcome)),
  warning: said('warning', ({ warnings }) => warnings),
  print: said('print', ({ prints }) => prints),
  failure: said('failure', ({ failures }) => failures),
}
