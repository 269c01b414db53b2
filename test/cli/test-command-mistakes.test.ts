/** Files of expectations that are not in order: each mistake is a sentence with its place. */
import assert from 'node:assert/strict'

import fc from 'fast-check'
import { stringify } from 'yaml'

import { MESSAGE_KEYS, REPLY_KEYS } from '../../lib/cli/commands/test/expectation-keys.js'
import { Mistakes } from '../../lib/cli/commands/test/mistakes.js'
import { FILE_FIELDS, readExpectations, TEST_FIELDS } from '../../lib/cli/commands/test/read-expectations.js'
import { MESSAGE_FIELDS, REPLY_FIELDS } from '../../lib/cli/commands/test/read-steps.js'
import { assertGolden } from './support/golden.js'
import { relayout } from './support/relayout.js'

const AT = { file: 'x.yaml', folder: '/nowhere', nowMs: Date.parse('2026-11-23T10:00') }

function mistakes(text: string): readonly string[] {
  const read = readExpectations(text, AT)
  return read instanceof Mistakes ? read.sentences : []
}

const MESSAGE = "message: {from: '', to: a@b.example}"
const test = (rest: string): string => `tests:\n  - {name: a, ${rest}}\n`
const expected = (expect: string): string => test(`${MESSAGE}, expect: {${expect}}`)
const sent = (message: string): string => test(`message: {from: '', to: a@b.example, ${message}}, expect: {skip: no}`)

const BROKEN = `scirpt: relayout.lua
tests:
  - name: first
    mesage: {}
    message:
      from:
      to: [a@b.example, c@d.example]
      size: 12M
    expect:
      skip: maybe
      retyr: 15m
  - name: first
    reply: {command: RCPT, reply: 99 x}
    expect: {}
`

/** The file, and what the only mistake is. */
const FILES: readonly (readonly [string, RegExp])[] = [
  ['', /^x\.yaml:1:1: there are no tests: give the key tests, and behind it a list of tests, each with name/],
  ['- name: a\n', /:1:1: there are no tests: give the key tests, and behind it a list/],
  ['# nothing yet\n', /:1:1: there are no tests/],
  ['---\n', /:1:1: there are no tests/],
  ['script: a.lua\n', /:1:1: there are no tests/],
  ['tests:\n', /:1:1: there is nothing behind tests: give a list of tests/],
  ['tests: []\n', /:1:8: there is nothing behind tests/],
  ['tests:\n  -\n', /:2:4: there is nothing behind tests/],
  ['tests: 5\n', /:1:8: tests: 5 cannot be used: a list of tests, /],
  ['- name: x\n', /:1:1: .*there are no tests/],
  ['tests:\n\t- name: x\n', /:2:1: this cannot be read as YAML: a line begins with spaces, not with tabs$/],
  ['tests: [\n', /:2:1: this cannot be read as YAML: the line begins at the wrong column, or a bracket is not closed$/],
  ['script: "a\n', /:2:1: this cannot be read as YAML: a quote, a bracket, a hyphen or a colon is missing/],
  ['script: @a\n', /:1:9: .*: a text that begins with this character needs quotes$/],
  ['script: !a b\n', /:1:9: .*: a text that begins with ! needs quotes$/],
  ['script: a: b\n', /:1:9: .*: a text with a colon and a space in it needs quotes$/],
  ['script: *a\n', /:1:9: .*: nothing is named &a$/],
  ['tests: &a [*a]\n', /:1:12: .*: nothing is named &a$/],
  ['a: 1\n---\nb: 2\n', /:2:1: .*: a file has one document: take this --- out$/],
  ['? [a]\n: 1\n', /:1:3: .*: a key is a word$/],
  [`${expected('skip: no')}script: a.lua\nscript: b.lua\n`, /:4:1: there is a key script already, in line 3\./],
  [
    `${expected('skip: no')}setings: a\n`,
    /:3:1: there is no key setings in a file of expectations \(did you mean settings\?\)/,
  ],
  [`${expected('skip: no')}at: noon\n`, /:3:5: at: noon cannot be used: a time such as 22:30,/],
  [
    "tests:\n  - {message: {from: '', to: a@b.example}, expect: {skip: no}}\n",
    /:2:5: a test has no name: give a name$/,
  ],
  [test('expect: {skip: no}'), /:2:5: a test has no message: give one of message, messages, reply and replies$/],
  [
    test(`${MESSAGE}, reply: {command: ., reply: 250 x}, expect: {skip: no}`),
    /: reply does not go together with message\./,
  ],
  [test(MESSAGE), /:2:5: a test has no expect: give one or more of sender, skip, /],
  [test(`${MESSAGE}, expect: {}`), /:2:\d+: there is nothing behind expect: give one or more of sender, /],
  [test(`${MESSAGE}, expect: `), /: there is nothing behind expect: give one or more of sender, /],
  [test(`${MESSAGE}, expect: no`), /: expect: no cannot be used: keys and values \(sender, /],
  [expected('sikp: no'), /:2:\d+: there is no key sikp in expect \(did you mean skip\?\)\. There is sender, skip, /],
  [expected('skip: perhaps'), /: skip: perhaps cannot be used: true or false is accepted$/],
  [expected('skip: [yes]'), /: skip: a list cannot be used: true or false is accepted$/],
  [
    expected('reason: /(/'),
    /: reason: \/\(\/ cannot be used: a text, or \/a regular expression\/ is accepted; unterminated group$/,
  ],
  [expected('reason: /a/q'), /; behind the second slash there may be i, m and s$/],
  [expected('retry: soon'), /: a time such as 90s, 15m, 2h or 1d is accepted$/],
  [expected('priority: 101'), /: a number from 1 to 100 is accepted$/],
  [expected('last_try: 2'), /: true or false is accepted$/],
  [expected('skip: yes, priority: 1'), /: priority does not go together with skip: yes\. Take one of them out$/],
  [expected('sender: a, pass: yes'), /: pass: yes does not go together with sender\./],
  [expected('sender: a, retry: 1m'), /: retry does not go together with sender\./],
  [sent('sizes: 5'), /: there is no key sizes in message \(did you mean size\?\)/],
  [
    sent('size: 12M'),
    /: size: 12M cannot be used: a number of bytes, or a size such as 300kB, 12MB or 12MiB is accepted$/,
  ],
  [sent('size: 99999999999999999999'), /: size: /],
  [sent('retries: -1'), /: retries: -1 cannot be used: a whole number up to 1,000 is accepted$/],
  [sent('queued: 2026-13-01'), /: queued: 2026-13-01 cannot be used: a time such as /],
  [sent('tried: 25:00'), /: tried: 25:00 cannot be used/],
  [sent('header: [a]'), /: header: a list cannot be used: keys and values is accepted$/],
  [sent('header: {"a b": c}'), /: header: a b cannot be used: the name of a header field is accepted$/],
  [sent('header: {Subject: }'), /: there is nothing behind Subject: give a text$/],
  [sent('file: a.eml, body: x'), /: body does not go together with file\./],
  [
    test('message: {to: a@b.example}, expect: {skip: no}'),
    /: message has no from: give an address such as ann@example\.com, or '' for the null sender$/,
  ],
  [test("message: {from: ''}, expect: {skip: no}"), /: message has no to: give an address such as bob@example\.net$/],
  [test("message: {from: '', to: a@b.example, to: x}, expect: {skip: no}"), /: there is a key to already, in line 2\./],
  [test('message: {from: a b, to: a@b.example}, expect: {skip: no}'), /: from: a b cannot be used/],
  [
    test("message: {from: '', to: ['']}, expect: {skip: no}"),
    /: to: {2}cannot be used: an address such as bob@example\.net is accepted$/,
  ],
  [
    test("message: {from: '', to: [a@b.example, c@d.example]}, expect: {skip: no}"),
    /: recipients at b\.example and at d\.example are no one message/,
  ],
  [test('reply: {reply: 250 x}, expect: {reply: 250}'), /: reply has no command: give a command such as /],
  [test('reply: {command: .}, expect: {reply: 250}'), /: reply has no reply: give a reply such as /],
  [
    test('reply: {command: ., reply: 99 x}, expect: {reply: 250}'),
    /: reply: 99 x cannot be used: .*; it does not start with a code/,
  ],
  [test('reply: {command: ., reply: 250 x}, expect: {reply: 999}'), /: reply: 999 cannot be used: /],
  [
    test('reply: {command: ., reply: 250 x}, expect: {outcome: good}'),
    /: unchanged, applied, adjusted, refused or invalid is accepted$/,
  ],
  [test('messages: [], expect: {order: [a, b]}'), /messages: give a list of messages/],
  [
    test("messages: [{name: a, from: '', to: a@b.example}]"),
    /: a test has no expect: give order here, or expect in a message$/,
  ],
  [test("messages: [{name: a, from: '', to: a@b.example, expect: {}}]"), /there is nothing behind expect/],
  [
    test("messages: [{name: anna, from: '', to: a@b.example}], expect: {order: [anna]}"),
    /: order: anna cannot be used: a list of two messages or more/,
  ],
  [
    test("messages: [{name: a, from: '', to: a@b.example}], expect: {order: [a, b]}"),
    /: there is no message b; there is a$/,
  ],
  [test("messages: [{name: a, from: '', to: a@b.example}], expect: {order: [a, a]}"), /: there is a message a already/],
  [test("messages: [{name: a, from: '', to: a@b.example}], expect: {skip: no}"), /there is no key skip in expect/],
  [
    test('replies: [{command: ., reply: 250 x, expect: {reply: 250}}], expect: {reply: 250}'),
    /: expect of the test does not go together with replies/,
  ],
  [
    `${expected('skip: no')}  - {name: a, ${MESSAGE}, expect: {skip: no}}\n`,
    /:3:5: there is a test a already, in line 2\. Give each a name of its own$/,
  ],
]

describe('a file of expectations that is not in order', function () {
  this.timeout(60_000)

  it('is not tested, and all that is wrong is named with its place', async () => {
    const { code, out, err } = await relayout(['test', '-'], { stdin: BROKEN })
    assert.deepEqual([code, out], [2, ''])
    assertGolden('test-broken', err.replace(/(.{1,79})(?: |$)/gm, '$1\n'), [[/\n\n/g, '\n']])
  })

  for (const [text, sentence] of FILES) {
    it(`says of ${JSON.stringify(text).slice(0, 90)} what is wrong`, () => {
      const said = mistakes(text)
      assert.ok(
        said.some((one) => sentence.test(one)),
        said.join('\n') || 'nothing',
      )
      for (const one of said) assert.match(one, /^x\.yaml:\d+:\d+: [^\n]*[^.\n]$/)
    })
  }

  it('cannot grow by its aliases without end', () => {
    const list = (name: string, of: string): string =>
      `${name}: &${name} [${Array.from({ length: 100 }, () => of).join(', ')}]\n`
    const bomb = `a: &a {name: x, message: {from: '', to: a@b.example, header: &h {S: [${'x, '.repeat(99)}x]}}}\n`
    const [first, ...others] = mistakes(
      `${bomb}${list('m', '{header: *h}')}${list('tests', '{name: x, messages: *m}')}`,
    )
    assert.match(first ?? '', /^x\.yaml:\d+:\d+: .*it has more than 100,000 values, its aliases written out$/)
    assert.deepEqual(others, [])
    const deep = Array.from({ length: 60 }, (_, i) => `m${i + 1}: &m${i + 1} {<<: [*m${i}, *m${i}]}\n`).join('')
    assert.ok(mistakes(`m0: &m0 {name: a}\n${deep}tests: [*m60]\n`).length > 0)
    assert.ok(mistakes('['.repeat(100_000)).length > 0)
    assert.ok(mistakes('{a: '.repeat(100_000)).length > 0)
  })

  it('may take keys over from another place, and change them', () => {
    const merged = `tests:\n  - {name: a, message: &m {from: '', to: a@b.example, size: 5}, expect: {skip: no}}
  - {name: b, message: {<<: *m, size: 7}, expect: {skip: no}}\n`
    const read = readExpectations(merged, AT)
    assert.ok(!(read instanceof Mistakes), 'it is in order')
    const sizes = read.tests.map(({ steps: [step] }) => (step?.kind === 'message' ? step.message.size : undefined))
    assert.deepEqual(sizes, [5, 7])
  })

  const words = [...FILE_FIELDS, ...TEST_FIELDS, ...MESSAGE_FIELDS, ...REPLY_FIELDS, 'order', '<<']
  const keys = [...words, ...Object.keys(MESSAGE_KEYS), ...Object.keys(REPLY_KEYS)]

  it('never ends in anything but sentences: documents of the right words', () => {
    const values = [
      '',
      'yes',
      '12MB',
      '10:00',
      'a@b.example',
      '250 ok',
      '/x/',
      '/(/',
      '\0',
      '\u{1f600}',
      '-1',
      '*x',
      '!x',
    ]
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        fc.oneof(fc.constantFrom(...values), fc.string(), fc.integer(), fc.constant(null), fc.boolean()),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 6 }),
      ),
    }))
    const tests = fc.array(fc.dictionary(fc.constantFrom(...TEST_FIELDS), tree, { maxKeys: 7 }), { maxLength: 4 })
    fc.assert(
      fc.property(
        fc.record({ tests: fc.oneof(tests, tree), at: tree, script: tree }, { requiredKeys: [] }),
        (document) => {
          for (const one of mistakes(stringify(document))) assert.match(one, /^x\.yaml:\d+:\d+: [^\n]+$/)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never ends in anything but sentences: whatever text', () => {
    const pieces = [
      'tests:',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '"',
      "'",
      '|',
      '>',
      '&a ',
      '*a',
      '<<: ',
      '\t',
      '#',
      '!',
    ]
    const text = fc.array(fc.oneof(fc.constantFrom(...pieces, ...keys), fc.string({ maxLength: 5 })), { maxLength: 60 })
    fc.assert(
      fc.property(text, (parts) => {
        for (const one of mistakes(parts.join(''))) assert.match(one, /^x\.yaml:\d+:\d+: [^\n]+$/)
      }),
      { numRuns: 1000 },
    )
  })

  it('is one that cannot be read, too', async () => {
    for (const [args, stdin, said] of [
      [['none.yaml'], '', 'none.yaml cannot be read: there is no such file'],
      [['/tmp'], '', '/tmp cannot be read: it is a folder'],
      [['-'], Buffer.from([0xff, 0xfe, 0x00]), 'standard input cannot be read: it is no UTF-8 text'],
      [
        ['-'],
        expected('skip: no'),
        'there is no config folder of Haraka here: neither relayout.ini nor a script was found',
      ],
      [['--script', 'none.lua', '-'], expected('skip: no'), 'none.lua cannot be read: there is no such file'],
      [['--config', '/nowhere', '-'], expected('skip: no'), '/nowhere cannot be read: there is no such folder'],
    ] as const) {
      const { code, out, err } = await relayout(['test', ...args], { cwd: '/', stdin })
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.ok(err.startsWith(`relayout: ${said}`), err)
    }
    for (const [text, said] of [
      ['script: none.lua\n', /^standard input:3:9: \S*none\.lua cannot be read: there is no such file/],
      [
        'settings: none.ini\n',
        /^standard input:3:11: settings: none\.ini cannot be used: a file relayout\.ini.*; there is no such file\n/,
      ],
    ] as const) {
      const { code, err } = await relayout(['test', '-'], { cwd: '/', stdin: `${expected('skip: no')}${text}` })
      assert.equal(code, 2)
      assert.match(err, said)
    }
  })
})
