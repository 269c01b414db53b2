import assert from 'node:assert/strict'
import fc from 'fast-check'
import { lint } from '../../lib/lint/lint.js'
import { found, sentences } from './found.js'
import { GOOD_SCRIPTS } from './good-scripts.js'

describe('what lint says', () => {
  for (const [script, ...expected] of [
    ['function Checkfile(f, a) return a end', 'Checkfile is never called: the function is called CheckFile'],
    ['local function Start() x = 1 end', 'Start is local, and therefore never called: leave out the local'],
    [
      'function ReturnCodeHandler(a, b, c, d, e) return a end',
      'ReturnCodeHandler is passed 3 arguments: d and what follows it are always nil. ' +
        'The most that it can take: ReturnCodeHandler(LastCommand, FullResponse, LastLine)',
    ],
    [
      'function CheckFile(Filename, Size, Actions) return Actions end',
      'arguments go by position, not by name: Size is here what is documented as Actions. ' +
        'Write CheckFile(Filename, Actions, Size)',
    ],
    [
      'function CheckFile(Filename, Actions) if Size > 5 then end return Actions end',
      'Size is nil: nothing sets it. To take this argument, write CheckFile(Filename, Actions, Size)',
    ],
    [
      'function CheckFile(f, a, bytes) if size > 5 then end return a end',
      'size is nil: nothing sets it. This argument is called bytes here',
    ],
    ['print(sendernme, sendernme)', 'sendernme is nil: nothing sets it (it is read 2 times). Did you mean sendername?'],
    ['local limits = {} print(limit)', 'limit is nil: nothing sets it. Did you mean limits?'],
    [
      'if true then local from = 1 end print(from)',
      'from is nil: nothing sets it, and the local of that name cannot be seen from here',
    ],
    ['os.execute("ls")', 'os.execute is not available to a script: a script cannot start programs'],
    [
      'print(io.open)',
      'io.open is not available to a script, and says so when it is called: a script cannot read or write files',
    ],
    ['string.lenght("x")', 'string.lenght is nil: there is nothing of that name'],
    ['string.uper("x")', 'string.uper is nil: there is nothing of that name. Did you mean string.upper?'],
    ['table.gsub("x")', 'table.gsub is nil: there is nothing of that name. Did you mean string.gsub?'],
    ['sendername = "x"', 'sendername is read only, and this is ignored: write it to a variable of your own'],
    [
      'local t = {} for k, v in t do end',
      'Lua 5.3 does not go through a table by itself: write for k, v in pairs(t) do',
    ],
    [
      'x = "\\m"',
      "invalid escape sequence near '\\m' (Lua 5.1 leaves the backslash out here; one that is meant is written \\\\)",
    ],
    ['if x != 1 then end', "unexpected symbol near '!' (Lua writes ~= for unequal)"],
    ['@', "unexpected symbol near '@'"],
    ['if a && b then end', "<expression> expected near '&' (Lua writes and)"],
    ['x += 1', "'=' expected near '+' (Lua writes x = x + 1)"],
    ['if x = 1 then end', "'then' expected near '=' (to compare, Lua writes ==)"],
  ] as const) {
    it(`${script}: ${expected.join(' ')}`, () => {
      assert.deepEqual(sentences(script), expected)
    })
  }

  it('names the callbacks that there are, each by its last definition, with what is known of its parameters', () => {
    const { callbacks } = lint(
      Buffer.from(`\n  CheckFile = make()\nfunction Start() end\nStart = nil
local function connected(...) end ServerConnected = connected
_G.ReturnCodeHandler = function(a, b, ...) return a end
function ReturnCodeHandler(a) return a end
ModifyReturnPath = false`),
    )
    assert.deepEqual(callbacks, [
      { name: 'CheckFile', line: 2, column: 3, parameters: 0, variadic: true },
      { name: 'Start', line: 3, column: 10, parameters: 0, variadic: false },
      { name: 'ServerConnected', line: 5, column: 35, parameters: 0, variadic: true },
      { name: 'ReturnCodeHandler', line: 7, column: 10, parameters: 1, variadic: false },
    ])
  })
})

describe('where lint finds things', () => {
  for (const [name, text, expected] of [
    ['counts characters, not bytes', 'local s = "äöü€😀" senderid = 1', '1:19 read-only'],
    ['counts lines as Lua does', 'x = 1\r\ny = 2\rz = 3\n\rsenderid = 1', '4:1 read-only'],
    ['leaves out a byte order mark', '\ufeffsenderid = 1', '1:1 read-only'],
    ['passes over a first line for the shell', '#!/usr/bin/lua\nsenderid = 1', '2:1 read-only'],
    ['passes over both', '\ufeff# x\n  senderid = 1', '2:3 read-only'],
    ['knows where a syntax error is', 'x = 1\n  y = = 2', '2:7 syntax'],
    ['says that the end is missing where the text ends', 'function f()\n', '2:1 syntax'],
  ] as const) {
    it(name, () => assert.deepEqual(found(text), [expected]))
  }

  it('counts bytes in a line that is not UTF-8', () => {
    const [finding] = lint(Buffer.from('local s = "\xe4\xb0" senderid = 1', 'latin1')).findings
    assert.equal(finding?.column, 16)
  })

  it('goes by the place of what is found', () => {
    assert.deepEqual(found('senderid = 1 print(os.execute) UseBatv = nope sendername = 1'), [
      '1:1 read-only',
      '1:23 not-available',
      '1:32 misspelt-global',
      '1:42 undefined-global',
      '1:47 read-only',
    ])
  })
})

describe('a script that lint does not understand', () => {
  it('has a syntax error, unless the engine takes it', () => {
    const script = 'senderid = 0x.8'
    assert.deepEqual(found(script), ['1:14 syntax'])
    assert.deepEqual(found(script, { compiles: true }), ['1:14 not-examined'])
  })

  for (const [name, script] of Object.entries({
    'brackets in brackets': `x = ${'('.repeat(100_000)}1${')'.repeat(100_000)}`,
    'tables in tables': `x = ${'{'.repeat(100_000)}${'}'.repeat(100_000)}`,
    'blocks in blocks': `${'do '.repeat(100_000)}${'end '.repeat(100_000)}`,
    'a long concatenation': `x = ${'"a" .. '.repeat(100_000)}"a"`,
    'a long bracket with many brackets in it': `x = [${'='.repeat(1000)}[${']'.repeat(100_000)}`,
    'very many goto': 'goto a '.repeat(2000),
  })) {
    it(`is not looked at: ${name}`, () => assert.deepEqual(found(script), ['1:1 not-examined']))
  }

  for (const [name, script] of Object.entries({
    'one long sum': `senderid = ${'1 + '.repeat(100_000)}1`,
    'one long condition': `senderid = ${'not x or '.repeat(50_000)}x x = 1`,
    'fields of fields': `senderid = x${'.a'.repeat(100_000)} x = 1`,
    'calls of calls': `senderid = x${'()'.repeat(100_000)} x = print`,
    'a long table': `senderid = { ${'1, '.repeat(300_000)} }`,
    'many branches': `senderid = 1 if x then ${'elseif x then '.repeat(20_000)} end x = 1`,
    'a long line of text outside ASCII': `senderid = "${'ä'.repeat(100_000)}"`,
  })) {
    it(`is looked at: ${name}`, () => assert.deepEqual(found(script), ['1:1 read-only']))
  }

  it('has at most 200 findings', () => {
    assert.equal(found('senderid = 1 '.repeat(10_000)).length, 200)
  })
})

describe('lint never throws', () => {
  const isInOrder = (bytes: Uint8Array): void => {
    const { findings } = lint(bytes)
    for (const [i, { line, column, sentence }] of findings.entries()) {
      const before = findings[i - 1]
      assert.ok(line >= 1 && column >= 1 && sentence !== '')
      if (before !== undefined) assert.ok(line > before.line || (line === before.line && column >= before.column))
    }
  }

  it('on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), isInOrder), { numRuns: 1000 })
  })

  it('on words of the language in any order', () => {
    const words = fc.constantFrom(
      ...'and break do else elseif end false for function goto if in local nil not or repeat return then true until while'.split(
        ' ',
      ),
      ...'+ - * / // % ^ # & ~ | << >> == ~= <= >= < > = ( ) { } [ ] :: ; : , . .. ...'.split(' '),
      ...'_ENV _G a CheckFile Actions SkipSend Start os execute "x" [[y]] 1 0x1p2 --[[z]] \n \\ __proto__ constructor'.split(
        ' ',
      ),
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 60 }), (text) => isInOrder(Buffer.from(text.join(' ')))),
      { numRuns: 3000 },
    )
  })

  it('on good scripts with something cut out or put in', () => {
    const script = fc.constantFrom(...GOOD_SCRIPTS.map(([, text]) => Buffer.from(text, 'latin1')))
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(12),
      put: fc.string({ maxLength: 6 }),
    })
    fc.assert(
      fc.property(script, fc.array(mutation, { minLength: 1, maxLength: 4 }), (good, mutations) => {
        let bytes: Uint8Array = good
        for (const { at, cut, put } of mutations) {
          const from = Math.floor(at * bytes.length)
          bytes = Buffer.concat([bytes.subarray(0, from), Buffer.from(put), bytes.subarray(from + cut)])
        }
        isInOrder(bytes)
      }),
      { numRuns: 1000 },
    )
  })

  it('on 4 MB', () => {
    const [, script = ''] = GOOD_SCRIPTS[0] ?? []
    const bytes = Buffer.from(script.replaceAll('local ', '').repeat(Math.floor((4 * 1024 * 1024) / script.length)))
    assert.deepEqual(new Set(lint(bytes).findings.map(({ rule }) => rule)), new Set(['defined-twice']))
  })
})
