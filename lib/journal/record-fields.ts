/** Whether the fields of a record that is read back are what they are to be: a journal is a file, and anybody may edit it. */

type Test = readonly [what: string, holds: (value: unknown) => boolean]

const TEXT: Test = ['no text', (value) => typeof value === 'string']
const TEXTS: Test = [
  'no list of texts',
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
]
const NUMBER: Test = ['no number', (value) => typeof value === 'number' && value >= 0]
const TIME: Test = ['no time', (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))]

type Tests = Readonly<Record<string, Test>>

/** Of the events that more is made of than a line. */
const NEEDED: Readonly<Partial<Record<string, Tests>>> = {
  begin: { addresses: TEXT },
  offer: { file: TEXT, size: NUMBER, queued: TIME, from: TEXT, to: TEXTS, retries: NUMBER },
  reply: { sender: TEXT, server: TEXT, stage: TEXT, command: TEXT, reply: TEXTS },
}

/** Where they are there. */
const OPTIONAL: Tests = { id: TEXT, lastTry: TIME, headers: TEXTS }

/** What is wrong with one of them, as it completes "the line is left out: …". */
export function wrongField(record: Readonly<Record<string, unknown>>): string | undefined {
  const needed = NEEDED[String(record['event'])]
  if (!needed) return undefined
  for (const [name, [what, holds]] of Object.entries({ ...OPTIONAL, ...needed })) {
    const value = record[name]
    if (value === undefined && !(name in needed)) continue
    if (!holds(value)) return value === undefined ? `it has no ${name}` : `its ${name} is ${what}`
  }
  return undefined
}
