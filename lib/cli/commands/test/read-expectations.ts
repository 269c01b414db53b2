/** A file of expectations, from its text. All mistakes are found at once. */
import type { Expectations, MessageStep, ReplyStep, Test } from './expectations.js'
import { MESSAGE_KEYS, REPLY_KEYS } from './expectation-keys.js'
import { Fields } from './fields.js'
import { FILE, NAME, time } from './kinds.js'
import { Mistakes, type Place, type Placed } from './mistakes.js'
import { type Around, MESSAGE_FIELDS, messageStep, REPLY_FIELDS, replyStep, STEP_FIELDS } from './read-steps.js'
import { isEmpty, TooManyNodes, YamlFile } from './yaml-file.js'

export const FILE_FIELDS = ['script', 'settings', 'at', 'tests']
const SUBJECTS = ['message', 'messages', 'reply', 'replies'] as const
export const TEST_FIELDS = ['name', 'at', ...SUBJECTS, 'expect']
export const ORDER_FIELDS = ['order']

const START: Place = { line: 1, column: 1 }
const SOME_TESTS = 'a list of tests, each with name, message or reply, and expect'
const KEY_TESTS = `the key tests, and behind it ${SOME_TESTS}`

/** `file`: as it is named to whoever reads; `folder`: that relative names count from. */
export function readExpectations(
  text: string,
  { file, folder, nowMs }: { file: string; folder: string; nowMs: number },
): Expectations | Mistakes {
  const mistakes = new Mistakes(file)
  try {
    const yaml = new YamlFile(text, mistakes)
    const read = yaml.root && readFile(yaml, mistakes, nowMs)
    if (!isEmpty(yaml.root) && read && mistakes.count === 0) return { file, folder, ...read }
    if (mistakes.count === 0) mistakes.add('RELAYOUT_E_TEST_NONE', START, { accepted: KEY_TESTS })
    return mistakes
  } catch (error) {
    if (!(error instanceof TooManyNodes)) throw error
    const only = new Mistakes(file)
    only.add('RELAYOUT_E_TEST_YAML', error.place, { why: error.message })
    return only
  }
}

function readFile(
  yaml: YamlFile,
  mistakes: Mistakes,
  nowMs: number,
): Omit<Expectations, 'file' | 'folder'> | undefined {
  if (!yaml.root || isEmpty(yaml.root)) return undefined
  const fields = new Fields(yaml, mistakes, yaml.root, 'a file of expectations', FILE_FIELDS)
  const senders: Placed<string>[] = []
  const atMs = fields.read('at', time(nowMs))?.value ?? nowMs
  const around: Around = { mistakes, nowMs, atMs, senders }
  if (!fields.has('tests')) mistakes.add('RELAYOUT_E_TEST_NONE', fields.place, { accepted: KEY_TESTS })
  const tests = fields.nodes('tests', SOME_TESTS).flatMap((node) => {
    const test = fields.fields('tests', node, 'a test', TEST_FIELDS)
    return test ? readTest(test, around) : []
  })
  unique('test', tests, mistakes)
  return { script: fields.read('script', FILE), settings: fields.read('settings', FILE), senders, tests }
}

function readTest(fields: Fields, around: Around): Test {
  const name = fields.need('name', NAME)?.value ?? ''
  const inTest = { ...around, atMs: fields.read('at', time(around.nowMs))?.value ?? around.atMs }
  const [subject, ...others] = SUBJECTS.filter((key) => fields.has(key))
  for (const other of others) {
    around.mistakes.add('RELAYOUT_E_TEST_CLASH', fields.placeOf(other), { key: other, other: subject ?? '' })
  }
  if (!subject) fields.missing('message', 'one of message, messages, reply and replies')
  const test = { name, place: fields.place }
  switch (subject) {
    case 'message':
    case 'reply':
      return { ...test, steps: single(fields, subject, inTest), order: undefined }
    case 'messages':
    case 'replies':
      return { ...test, ...several(fields, subject, inTest) }
    default:
      return { ...test, steps: [], order: undefined }
  }
}

/** The test's own `expect` is its. */
function single(fields: Fields, subject: 'message' | 'reply', around: Around): Test['steps'] {
  const keys = Object.keys(subject === 'message' ? MESSAGE_KEYS : REPLY_KEYS)
  const expect = fields.inner('expect', keys)
  if (!fields.has('expect')) fields.missing('expect', `one or more of ${keys.join(', ')}`)
  const inner = fields.inner(subject, subject === 'message' ? MESSAGE_FIELDS : REPLY_FIELDS)
  return inner ? steps(inner, expect, subject === 'message', around) : []
}

function several(fields: Fields, subject: 'messages' | 'replies', around: Around): Pick<Test, 'steps' | 'order'> {
  const messages = subject === 'messages'
  const known = [...STEP_FIELDS, ...(messages ? MESSAGE_FIELDS : REPLY_FIELDS)]
  const keys = Object.keys(messages ? MESSAGE_KEYS : REPLY_KEYS)
  const made = fields.nodes(subject, `a list of ${subject}`).flatMap((node) => {
    const inner = fields.fields(subject, node, messages ? 'a message' : 'a reply', known)
    return inner ? steps(inner, inner.inner('expect', keys), messages, around) : []
  })
  unique(
    messages ? 'message' : 'reply',
    made.flatMap((step) => (step.name === undefined ? [] : { ...step, name: step.name })),
    around.mistakes,
  )
  if (!messages && fields.has('expect')) {
    around.mistakes.add('RELAYOUT_E_TEST_CLASH', fields.placeOf('expect'), {
      key: 'expect of the test',
      other: subject,
    })
    return { steps: made, order: undefined }
  }
  const order = readOrder(fields.inner('expect', ORDER_FIELDS), made, around.mistakes)
  if (!fields.has('expect') && made.every(({ expected }) => expected.length === 0)) {
    fields.missing('expect', messages ? 'order here, or expect in a message' : 'expect in a reply')
  }
  return { steps: made, order }
}

function steps(
  fields: Fields,
  expect: Fields | undefined,
  message: boolean,
  around: Around,
): (MessageStep | ReplyStep)[] {
  const step = message ? messageStep(fields, expect, around) : replyStep(fields, expect, around)
  return step ? [step] : []
}

function readOrder(expect: Fields | undefined, made: Test['steps'], mistakes: Mistakes): Test['order'] {
  if (!expect) return undefined
  if (!expect.has('order')) {
    expect.missing('order', 'the names of messages, the one that goes first at the beginning')
    return undefined
  }
  const names = made.flatMap(({ name }) => name ?? [])
  const order = expect.readAll('order', NAME)
  const seen = new Set<string>()
  for (const { value: name, place } of order) {
    if (!names.includes(name)) {
      mistakes.add('RELAYOUT_E_TEST_UNKNOWN', place, {
        what: 'message',
        name,
        known: names.join(', ') || 'none with a name',
      })
    } else if (seen.has(name)) mistakes.add('RELAYOUT_E_TEST_NAME', place, { what: 'message', name, line: place.line })
    seen.add(name)
  }
  if (order.length === 1) {
    const params = { key: 'order', value: order[0]?.value ?? '', accepted: 'a list of two messages or more', why: '' }
    mistakes.add('RELAYOUT_E_TEST_VALUE', expect.placeOf('order'), params)
  }
  return { value: order.map(({ value }) => value), place: expect.placeOf('order') }
}

function unique(what: string, ones: readonly { name: string; place: Place }[], mistakes: Mistakes): void {
  const lines = new Map<string, number>()
  for (const { name, place } of ones) {
    const line = lines.get(name)
    if (line === undefined) lines.set(name, place.line)
    else if (name !== '') mistakes.add('RELAYOUT_E_TEST_NAME', place, { what, name, line })
  }
}
