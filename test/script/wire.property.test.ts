import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { RawValue } from '../../lib/core/decision.js'
import {
  readConnection,
  readDecision,
  readFacts,
  readFailure,
  readOptional,
  readReturnPathFacts,
  readServerFacts,
  readSource,
  readStart,
  readTls,
  REPLY,
  REQUEST,
  writeConnection,
  writeDecision,
  writeFacts,
  writeFailure,
  writeOptional,
  writeReturnPathFacts,
  writeServerFacts,
  writeSource,
  writeStart,
  writeTls,
} from '../../lib/script/messages.js'
import type {
  CheckFileAnswer,
  ConnectionGlobals,
  MessageFacts,
  ReturnPathFacts,
  ScriptFailure,
  ScriptSource,
  ServerFacts,
  SessionGlobals,
  SessionStart,
  TlsWish,
} from '../../lib/script/port.js'
import { FieldReader, FieldWriter } from '../../lib/script/wire.js'

const RUNS = { numRuns: 300 }
const NO_BYTES = new Uint8Array(0)

const record = <Value>(model: { [Key in keyof Value]: fc.Arbitrary<Value[Key]> }): fc.Arbitrary<Value> =>
  fc.record(model, { noNullPrototype: true })

const byte = fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n))
/** Bytes, with many of those that separate the fields of a message. */
const text = fc.string({ unit: fc.oneof(fc.constantFrom(',', ';', '0', '1', '\0', 's', 'n'), byte), maxLength: 60 })
// -0 has no form of its own on the way, and nothing that reads these values tells it from 0.
const number = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom(0, 1, 2 ** 53, 5e-324)).map((n) => n + 0)
const size = fc.maxSafeNat()

/** How a kind of content is written, read back, and made. */
interface Kind<Value> {
  readonly values: fc.Arbitrary<Value>
  write(to: FieldWriter, value: Value): void
  read(from: FieldReader): Value
}

function kind<Value>(
  values: fc.Arbitrary<Value>,
  write: (to: FieldWriter, value: Value) => void,
  read: (from: FieldReader) => Value,
): Kind<unknown> {
  return { values, write: write, read }
}

const connection: fc.Arbitrary<ConnectionGlobals> = record({
  verifyCertificate: fc.boolean(),
  maxMessagesPerConnection: number,
  maxRecipientsPerConnection: number,
  maxRecipientsPerMessage: number,
})

const globals: fc.Arbitrary<SessionGlobals> = fc
  .tuple(connection, record({ senderId: size, senderName: text, useBatv: fc.boolean() }))
  .map(([limits, own]) => ({ ...limits, ...own }))

const failure: fc.Arbitrary<ScriptFailure> = fc
  .tuple(
    record({
      kind: fc.constantFrom('syntax', 'runtime', 'timeout', 'memory', 'type', 'unavailable'),
      message: text,
      file: text,
      function: text,
      traceback: text,
    }),
    fc.option(fc.integer({ min: 1, max: 2 ** 31 })),
  )
  .map(([all, line]) => (line === null ? all : { ...all, line }))

const start: fc.Arbitrary<SessionStart> = fc
  .tuple(connection, fc.boolean(), fc.option(failure), fc.option(failure))
  .map(([globals, useBatv, topLevel, start]) => ({
    globals,
    useBatv,
    ...(topLevel === null ? {} : { topLevel }),
    ...(start === null ? {} : { start }),
  }))

const facts: fc.Arbitrary<MessageFacts> = record({
  filename: text,
  dataStart: size,
  size,
  creationTime: text,
  returnPath: text,
  recipients: fc.array(text, { maxLength: 20 }),
  retries: number,
  lastTryTime: text,
})

const returnPath: fc.Arbitrary<ReturnPathFacts> = record({
  filename: text,
  dataStart: size,
  size,
  computed: text,
  returnPath: text,
  original: text,
  authSender: text,
  recipients: fc.array(text, { maxLength: 5 }),
  creationTime: text,
  senderIp: text,
  allRecipients: fc.array(text, { maxLength: 5 }),
})

const tls: fc.Arbitrary<TlsWish> = record({ tryTls: fc.boolean(), forceTls: fc.boolean() })

const server: fc.Arbitrary<ServerFacts> = record({
  filename: text,
  dataStart: size,
  size,
  authSender: text,
  returnPath: text,
  server: text,
  domain: text,
  tls,
})

const rawValue: fc.Arbitrary<RawValue> = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.constant(undefined),
  fc.constantFrom('table', 'function', 'thread', 'userdata').map((luaType) => ({ luaType })),
)

const answer: fc.Arbitrary<CheckFileAnswer> = record({
  returned: fc.boolean(),
  useBatv: fc.boolean(),
  actions: record({
    SkipSend: rawValue,
    Reason: rawValue,
    Priority: rawValue,
    RetryAfter: rawValue,
    ForceLastTry: rawValue,
  }),
})

const source: fc.Arbitrary<{ source: ScriptSource; globals: SessionGlobals }> = record({
  // The version stays behind: it is for the log, and the thread has none.
  source: record({
    name: text,
    // These go beside the message.
    bytes: fc.constant(NO_BYTES),
    version: fc.constant(''),
  }),
  globals,
})

const FIELDS: Readonly<Record<string, Kind<unknown>>> = {
  text: kind(
    text,
    (to, value) => void to.text(value),
    (from) => from.text(),
  ),
  number: kind(
    number,
    (to, value) => void to.number(value),
    (from) => from.number(),
  ),
  flag: kind(
    fc.boolean(),
    (to, value) => void to.flag(value),
    (from) => from.flag(),
  ),
}

const CONTENTS: Readonly<Record<string, Kind<unknown>>> = {
  ...FIELDS,
  source: kind(
    source,
    (to, value) => writeSource(to, value.source, value.globals),
    (from) => readSource(from, NO_BYTES),
  ),
  connection: kind(connection, writeConnection, readConnection),
  facts: kind(facts, writeFacts, readFacts),
  failure: kind(failure, writeFailure, readFailure),
  start: kind(start, writeStart, readStart),
  answer: kind(answer, writeDecision, readDecision),
  returnPath: kind(returnPath, writeReturnPathFacts, readReturnPathFacts),
  server: kind(server, writeServerFacts, readServerFacts),
  tls: kind(tls, writeTls, readTls),
  optional: kind(fc.option(text, { nil: undefined }), writeOptional, readOptional),
}

/** Any number of values, each with the name of its kind. */
function sequences(kinds: Readonly<Record<string, Kind<unknown>>>): fc.Arbitrary<[string, unknown][]> {
  const any = Object.entries(kinds).map(([name, { values }]) => values.map((value): [string, unknown] => [name, value]))
  return fc.array(fc.oneof(...any), { maxLength: 12 })
}

function roundTrip(contents: readonly [string, unknown][]): void {
  const writer = new FieldWriter()
  for (const [name, value] of contents) CONTENTS[name]!.write(writer, value)
  assert.equal(writer.empty, contents.length === 0)
  const message = writer.take()
  assert.equal(writer.empty, true)
  // One-byte characters only: that is what makes the message cheap to carry.
  assert.match(message, /^[\0-\xff]*$/)
  const reader = new FieldReader(message)
  for (const [name, value] of contents) {
    assert.equal(reader.done, false)
    assert.deepEqual(CONTENTS[name]!.read(reader), value)
  }
  assert.equal(reader.done, true)
}

describe('any message between the threads', () => {
  it('gives back its fields', () => {
    fc.assert(fc.property(sequences(FIELDS), roundTrip), RUNS)
  })

  it('gives back requests and answers, in order', () => {
    fc.assert(fc.property(sequences(CONTENTS), roundTrip), RUNS)
  })

  it('names requests and answers by one letter each', () => {
    for (const letters of [Object.values(REQUEST), Object.values(REPLY)]) {
      assert.equal(new Set(letters).size, letters.length)
      for (const letter of letters) assert.equal(letter.length, 1)
    }
  })
})
