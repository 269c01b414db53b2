/**
 * A scripted relay server that fails at random, in all ways that a server and a network have, at each stage.
 */
import { NEVER } from './many-relays.js'
import type { AnswerObject, ScriptedRelayOptions } from './scripted-relay.js'

const FAULTS: readonly AnswerObject[] = [
  { then: 'close' },
  { then: 'reset' },
  { after: NEVER },
  { reply: '421 4.3.2 bye', then: 'close' },
  { reply: '421 4.3.2 bye' },
  { reply: '451 4.3.0 later' },
  { raw: '451-half', then: 'close' },
  { raw: 'garbage\r\n' },
]

const OK = '250 2.0.0 ok'

/** What may follow a message that was accepted. */
const AFTER: readonly AnswerObject[] = [
  { reply: OK, then: 'close' },
  { reply: OK, raw: OK + '\r\n' },
  { reply: OK, raw: '421 4.3.2 bye\r\n', then: 'close' },
  { reply: OK, raw: '2' },
]

/** One of the faults in `share` of all cases, or none. */
export type Pick = (faults: readonly AnswerObject[], share: number) => AnswerObject | undefined

export function oneOf<Value>(values: readonly Value[], share: number, random: () => number): Value | undefined {
  return random() < share ? values[Math.floor(random() * values.length)] : undefined
}

/** Every stage but the greeting, EHLO and end of data. */
export function unreliableRelay(pick: Pick) {
  const fault = (): AnswerObject | undefined => pick(FAULTS, 0.04)
  return {
    mail: fault,
    rcpt: () => pick(FAULTS, 0.02),
    data: fault,
    rset: fault,
    quit: fault,
    onBody: () => pick([{ then: 'close' }, { then: 'reset' }], 0.02),
  } satisfies ScriptedRelayOptions
}

/** The answer to end of data: without a `reply` the message is not accepted. */
export function unreliableEnd(pick: Pick): AnswerObject | undefined {
  return pick(FAULTS, 0.04) ?? pick(AFTER, 0.1)
}
