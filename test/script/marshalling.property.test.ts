import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { decide, type Decision, type RawActions, type RawValue } from '../../lib/core/decision.js'
import type { MessageFacts, ScriptSession } from '../../lib/script/port.js'
import { FACTS, useFiles, usePort } from './fixture.js'

// No time limit of the script is to be reached here, however slow the machine.
const OPTIONS = { timeoutMs: 20_000 }

const byte = fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n))
const awkward = fc.constantFrom(
  ...['\0', '\r\n', '\n', '\r', '\t', ' ', '"', '\\', ',', ';', ':', '|', '%', '.', '\x1b', '\x7f', '\x80', '\xff'],
  ...['\xc3\xa9', '\xe2\x82', '__proto__', 'constructor', '__index', '|a', '0', '1', 'nil', '1e5', '-0', '\x1bLua'],
)
const bytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.oneof(awkward, byte, byte), { maxLength }).map((parts) => parts.join(''))
/** Also empty ones, and ones past every length at which strings are handled in another way. */
const text = fc.oneof(
  bytes(12),
  bytes(200),
  fc.tuple(bytes(5), fc.integer({ min: 1, max: 3000 })).map(([unit, times]) => unit.repeat(times)),
)

const record = <Value>(model: { [Key in keyof Value]: fc.Arbitrary<Value[Key]> }): fc.Arbitrary<Value> =>
  fc.record(model, { noNullPrototype: true })

/** What a script says of a byte string: its length, how it begins, and what all of it is. */
function shown(value: string): string {
  const held = Buffer.from(value, 'latin1')
  const all = createHmac('sha256', 'key').update(held).digest('hex')
  return `${held.length}:${held.toString('hex', 0, 200)}:${all}`
}

function list(values: readonly string[]): string {
  return `${values.length} ${shown(values.map((value) => `${value.length}:${value}`).join(''))}`
}

const SHOW = `
  local function shown(s)
    assert(type(s) == 'string')
    return #s .. ':' .. VPOP3.HexString(s:sub(1, 200)) .. ':' .. VPOP3.HexString(VPOP3.HMAC('sha256', 'key', s))
  end
  local function list(strings)
    local all = {}
    for i, s in ipairs(strings) do all[i] = #s .. ':' .. s end
    assert(#all == #strings)
    return #all .. ' ' .. shown(table.concat(all))
  end
  local function exactly(n) return string.format('%.17g', n) end
`

describe('any message', () => {
  const { open } = usePort(OPTIONS)
  const SCRIPT = `${SHOW}
      function CheckFile(f, a, size, ct, rp, rcpts, hd, hl, ...)
        print(shown(f)) print(shown(ct)) print(shown(rp)) print(list(rcpts))
        print(exactly(size), exactly((...)), select('#', ...)) print(shown((select(2, ...))))
        print(a.SkipSend, a.Reason == '', a.Priority)
      end
      function ReturnCodeHandler(...)
        for _, s in ipairs({...}) do print(shown(s)) end
        print(shown(ConnectedServer))
      end`
  /** A session for each message: `print` has a limit. */
  async function inSession(body: (session: ScriptSession, printed: string[]) => Promise<void>): Promise<void> {
    const { session, printed } = open(SCRIPT)
    try {
      await body(session, printed)
    } finally {
      session.close()
    }
  }

  const address = fc.oneof(bytes(8), bytes(40))
  const recipients = fc.oneof(
    { weight: 20, arbitrary: fc.array(address, { maxLength: 30 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(address, fc.integer({ min: 1000, max: 5000 }))
        .map(([unit, count]) => Array.from({ length: count }, (_, at) => `${unit}${at}`)),
    },
  )
  const facts = record<MessageFacts>({
    filename: text,
    dataStart: fc.maxSafeNat(),
    size: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 31, 2 ** 32, 2 ** 53 - 1)),
    creationTime: text,
    returnPath: text,
    recipients,
    retries: fc.oneof(fc.nat(), fc.maxSafeInteger(), fc.constantFrom(-1, 0.5, 1e300)),
    lastTryTime: text,
  })

  it('is what the script sees', async () => {
    await fc.assert(
      fc.asyncProperty(facts, (message) =>
        inSession(async (session, printed) => {
          await session.checkFile(message)
          assert.deepEqual(printed.slice(0, 4), [
            shown(message.filename),
            shown(message.creationTime),
            shown(message.returnPath),
            list(message.recipients),
          ])
          const [size, retries, more] = printed[4]!.split('\t').map(Number)
          assert.deepEqual([size, retries, more], [message.size, message.retries, 2])
          assert.deepEqual(printed.slice(5), [shown(message.lastTryTime), 'false\ttrue\t50'])
        }),
      ),
      { numRuns: 150 },
    )
  })

  it('is answered with what the relay server said, as the script sees it', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, text, (command, full, last, server) =>
        inSession(async (session, printed) => {
          assert.equal(await session.returnCode(command, full, last, server), undefined)
          assert.deepEqual(printed, [command, full, last, server].map(shown))
        }),
      ),
      { numRuns: 150 },
    )
  })

  it('has a sender, whatever it is called', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(40), fc.maxSafeNat(), async (senderName, senderId) => {
        const { session: own, printed: said } = open(`${SHOW} print(shown(sendername), exactly(senderid))`, {
          senderName,
          senderId,
        })
        await own.started
        own.close()
        assert.equal(said[0]!.split('\t')[0], shown(senderName))
        assert.equal(Number(said[0]!.split('\t')[1]), senderId)
      }),
      { numRuns: 30 },
    )
  })
})

interface Line {
  /** As it is meant: without its line end, and without the dot that RFC 5321 4.5.2 adds on the wire. */
  readonly content: string
  readonly end: '\r\n' | '\n'
}

interface Block {
  readonly lines: readonly Line[]
  /** The empty line, or the end of data, or nothing: then the file ends with the last line, with its end or without. */
  readonly terminator: '\r\n' | '\n' | '.\r\n' | 'end of file' | 'no line end'
  readonly body: string
}

/** RFC 5322 section 2.2 on lines that are known, with no look at how they were found. */
function model({ lines, terminator }: Block): { raw: string[]; data: Map<string, [string, string]> } {
  const fields: { raw: string; first: string; value: string }[] = []
  lines.forEach(({ content, end }, at) => {
    const kept = at === lines.length - 1 && terminator === 'no line end' ? '' : end
    const folded = [' ', '\t'].includes(content.charAt(0)) && fields.length > 0
    const last = fields.at(-1)
    if (!folded || last === undefined) {
      fields.push({ raw: content + kept, first: content, value: content })
      return
    }
    last.raw += content + kept
    last.value += content
  })
  const raw = fields.map(({ raw }) => raw.replace(/\r?\n$/, ''))
  const data = new Map<string, [string, string]>()
  for (const { first, value } of fields) {
    const colon = first.indexOf(':')
    const name = first.slice(0, Math.max(0, colon)).replace(/[ \t]+$/, '')
    const isName = name !== '' && Array.from(name).every((c) => c > ' ' && c <= '~')
    if (!isName || data.has(name.toLowerCase())) continue
    data.set(name.toLowerCase(), [name, value.slice(colon + 1).replace(/^[ \t\r]+|[ \t\r]+$/g, '')])
  }
  return { raw, data }
}

/** The message as it is in the queue file. */
function written({ lines, terminator, body }: Block): string {
  const onWire = lines.map(({ content, end }) => (content.startsWith('.') ? `.${content}` : content) + end).join('')
  if (terminator === 'end of file') return onWire
  return terminator === 'no line end' ? onWire.replace(/\r?\n$/, '') : onWire + terminator + body
}

const name = fc.oneof(
  fc.constantFrom(
    'Subject',
    'subject',
    'SUBJECT',
    'X-Spam-Score',
    'Received',
    '__proto__',
    'constructor',
    '1',
    '.',
    '|',
  ),
  fc.string({
    unit: fc.integer({ min: 33, max: 126 }).map((n) => String.fromCharCode(n)),
    minLength: 1,
    maxLength: 20,
  }),
)
const lineText = fc.oneof(bytes(10), bytes(40)).map((value) => value.replaceAll('\n', ''))
const longText = fc
  .tuple(lineText, fc.integer({ min: 1, max: 20_000 }))
  .map(([unit, length]) => unit.repeat(Math.ceil(length / Math.max(1, unit.length))))
const blank = fc.constantFrom('', '', ' ', '\t', ' \t ')
const content = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(name, blank, blank, lineText, blank).map(([n, a, b, v, c]) => `${n}${a}:${b}${v}${c}`),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(' ', '\t'), lineText).map(([b, v]) => b + v) },
  { weight: 2, arbitrary: lineText },
  { weight: 1, arbitrary: fc.tuple(name, longText).map(([n, v]) => `${n}: ${v}`) },
)
const line: fc.Arbitrary<Line> = fc
  .tuple(content, fc.constantFrom<Line['end']>('\r\n', '\n'))
  // A bare LF takes a CR before it into the line end; an empty line would end the header.
  .map(([made, end]) => ({ content: (end === '\n' ? made.replace(/\r+$/, '') : made) || 'x', end }))
/** Again and again, but well within the 1 MB that are read. */
function many(lines: readonly Line[]): Line[] {
  const size = lines.reduce((sum, { content }) => sum + content.length, 0)
  return Array.from({ length: Math.min(300, Math.floor(300_000 / size) + 1) }, () => lines).flat()
}
const block = record<Block>({
  lines: fc.oneof(
    { weight: 15, arbitrary: fc.array(line, { maxLength: 25 }) },
    { weight: 1, arbitrary: fc.array(line, { minLength: 1, maxLength: 5 }).map(many) },
  ),
  terminator: fc.constantFrom('\r\n', '\n', '.\r\n', 'end of file', 'no line end'),
  body: bytes(20),
})

describe('any header', () => {
  const { open } = usePort(OPTIONS)
  const file = useFiles()
  const SCRIPT = `${SHOW}
      function CheckFile(f, a, size, ct, rp, rcpts, hd, hl)
        print(list(hl))
        local names, values = {}, {}
        for name, value in pairs(hd) do names[#names + 1], values[#values + 1] = name, value end
        print(list(names)) print(list(values))
        for i, name in ipairs(names) do
          local value = values[i]
          assert(hd[name] == value and hd[name:lower()] == value and rawget(hd, name:upper()) == value)
        end
        print(hd['not-' .. #names .. '-there'], hd[1], hd[''], next(names) == nil or #hd)
      end`

  it('is in HeaderLines as it stands and in HeaderData by name, unfolded', async () => {
    await fc.assert(
      fc.asyncProperty(block, bytes(30), async (header, before) => {
        const { raw, data } = model(header)
        // A session for each: print has a limit.
        const { session, printed } = open(SCRIPT)
        await session.checkFile({ ...FACTS, ...file(written(header), before) })
        session.close()
        const fields = [...data.values()]
        assert.deepEqual(printed, [
          list(raw),
          list(fields.map(([name]) => name)),
          list(fields.map(([, value]) => value)),
          `nil\tnil\tnil\t${fields.length === 0 ? 'true' : '0'}`,
        ])
      }),
      { numRuns: 200 },
    )
  })
})

/** A Lua expression, and the value that it has when it comes out. */
interface Made {
  readonly lua: string
  readonly raw: RawValue
}

const literal = (value: string): string =>
  `"${Array.from(value, (c) => `\\${String(c.charCodeAt(0)).padStart(3, '0')}`).join('')}"`
const stringValue = (value: string): Made => ({ lua: literal(value), raw: value })
const numberValue = (value: number): Made => {
  // Nothing tells -0 from 0, and it has no form of its own on its way out.
  if (Object.is(value, -0)) return { lua: '(-0.0)', raw: 0 }
  if (Number.isNaN(value)) return { lua: '(0/0)', raw: value }
  return { lua: Number.isFinite(value) ? `(${value})` : value > 0 ? 'math.huge' : '(-1/0)', raw: value }
}

const someNumber = fc.oneof(
  fc.double(),
  fc.integer({ min: -200, max: 200 }),
  fc.integer({ min: 0, max: 700_000 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 1, 100, 0.5, NaN, Infinity, -Infinity, 5e-324, 2.2e-308, 1.7e308, 604_800, 604_801, 2 ** 31),
)
const sign = fc.constantFrom('', '', '-', '+')
const space = fc.constantFrom('', '', ' ', '\t', '\n', '\v\f\r', '\0', '\xa0', '\x85')
/** Text that is a number to Lua, or nearly. */
const numeral = fc
  .tuple(
    space,
    sign,
    fc.oneof(
      someNumber.map(String),
      fc.nat(1000).map((n) => `0x${n.toString(16)}`),
      fc.constantFrom(
        '0x',
        '0X1F',
        '0x1p4',
        '0x.8',
        '1e2',
        '1e',
        '.5',
        '5.',
        '.',
        '1 2',
        '1_0',
        '0b1',
        '0o7',
        'inf',
        '',
      ),
    ),
    space,
  )
  .map((parts) => parts.join(''))
const value: fc.Arbitrary<Made> = fc.oneof(
  fc.constantFrom<Made>({ lua: 'true', raw: true }, { lua: 'false', raw: false }, { lua: 'nil', raw: undefined }),
  someNumber.map(numberValue),
  fc.oneof(bytes(10), bytes(100), numeral).map(stringValue),
  fc.constantFrom('', '0', 'false', 'no', 'NO', 'False', 'yes', ' no', '00', '0.0').map(stringValue),
  fc.tuple(bytes(6), fc.integer({ min: 1, max: 600 })).map(([unit, times]) => stringValue(unit.repeat(times))),
  fc.constantFrom<Made>(
    { lua: '{}', raw: { luaType: 'table' } },
    {
      lua: "setmetatable({}, {__tostring = error, __index = error, __len = error, __name = 'number'})",
      raw: { luaType: 'table' },
    },
    { lua: 'print', raw: { luaType: 'function' } },
    { lua: 'function() error() end', raw: { luaType: 'function' } },
    { lua: 'coroutine.create(print)', raw: { luaType: 'thread' } },
  ),
)

const FIELDS = ['SkipSend', 'Reason', 'Priority', 'RetryAfter', 'ForceLastTry'] as const
const actions = record<Record<(typeof FIELDS)[number], Made>>({
  SkipSend: value,
  Reason: value,
  Priority: value,
  RetryAfter: value,
  ForceLastTry: value,
})

/** How a script hands over the values `v`. */
const WAYS = {
  'in the table passed in': 'for _, k in ipairs(fields) do a[k] = v[k] end return a',
  'in the table passed in, unsaid': 'for _, k in ipairs(fields) do a[k] = v[k] end',
  'in a table that was emptied': 'for k in pairs(a) do a[k] = nil end for k, x in pairs(v) do a[k] = x end return a',
  'in another table': 'return v',
  'by inheritance': 'return setmetatable({}, {__index = v})',
  'by a function': 'return setmetatable({}, {__index = function(_, k) return v[k] end})',
  'with a metatable': 'return setmetatable(v, {__newindex = error, __metatable = false})',
}

const isYes = (raw: RawValue): boolean =>
  typeof raw === 'string'
    ? !['', '0', 'false', 'no'].includes(raw.toLowerCase())
    : raw !== undefined && raw !== false && raw !== 0

/** Contract 4: `tonumber` is what the script's own tonumber says of the value. */
function expectedNumber(raw: RawValue, tonumber: string, low: number, high: number): number | undefined {
  const said = Number(tonumber.replace('inf', 'Infinity'))
  const found = typeof raw === 'number' ? raw : typeof raw === 'string' ? said : NaN
  return Number.isNaN(found) ? undefined : Math.max(low, Math.min(high, found))
}

/** No more of a field is handed out than means something. */
const cut = (raw: RawValue): RawValue => (typeof raw === 'string' ? raw.slice(0, 4096) : raw)

function assertReason(reason: string, raw: RawValue): void {
  assert.doesNotMatch(reason, /[\0-\x1f\x7f]/) // eslint-disable-line no-control-regex
  assert.ok(reason.length <= 500)
  if (raw === undefined || typeof raw === 'object') assert.equal(reason, '')
  else if (typeof raw !== 'string') assert.equal(reason, String(raw))
  else {
    const clean = Array.from(raw.replaceAll('\r\n', '\n'), (c) => (c < ' ' || c === '\x7f' ? ' ' : c)).join('')
    const whole = clean.replace(/^ +/, '')
    assert.ok(whole.startsWith(reason))
    // What is missing is blanks, or lies behind the bound or a character before it.
    const missing = whole.slice(reason.length)
    assert.ok(/^ *$/.test(missing) || /^ *$/.test(missing.slice(0, Math.max(0, 497 - reason.length))))
    assert.doesNotMatch(reason, /^ | $/)
  }
}

describe('anything that CheckFile says', () => {
  const { open } = usePort(OPTIONS)
  let session: ScriptSession
  before(() => {
    ;({ session } = open(`
      local fields = {'${FIELDS.join("', '")}'}
      function CheckFile(_, a, _, _, code)
        return load('local fields, v, a = ... ' .. code)(fields, load('return ' .. a_values)(), a)
      end
      function ReturnCodeHandler(command, values)
        if command == 'values' then
          a_values = values
          local v = load('return ' .. values)()
          local function numeral(x)
            local n = type(x) == 'string' and tonumber(x)
            return n and string.format('%.17g', n) or 'none'
          end
          return numeral(v.Priority) .. '/' .. numeral(v.RetryAfter)
        else return load('return ' .. values)() end
      end`))
  })
  after(() => session.close())

  async function decided(
    values: Record<(typeof FIELDS)[number], Made>,
    way: string,
  ): Promise<[RawActions, Decision, numerals: string[]]> {
    const table = `{${FIELDS.map((field) => `${field} = ${values[field].lua}`).join(', ')}}`
    const numerals = (await session.returnCode('values', table, '', '')) ?? ''
    const { actions, returned } = await session.checkFile({ ...FACTS, returnPath: way })
    assert.equal(returned, way.includes('return'))
    return [actions, decide(actions), numerals.split('/')]
  }

  for (const [what, way] of Object.entries(WAYS)) {
    it(`comes out as it is and means what the contract says: ${what}`, async () => {
      await fc.assert(
        fc.asyncProperty(actions, async (values) => {
          const [raw, decision, [priorityText = '', retryText = '']] = await decided(values, way)
          assert.deepEqual(raw, Object.fromEntries(FIELDS.map((field) => [field, cut(values[field].raw)])))
          assert.equal(decision.skip, isYes(raw.SkipSend))
          assert.equal(decision.forceLastTry, isYes(raw.ForceLastTry))
          assertReason(decision.reason, raw.Reason)
          const priority = expectedNumber(raw.Priority, priorityText, 1, 100)
          const retry = expectedNumber(raw.RetryAfter, retryText, 1, 604_800)
          assert.deepEqual([decision.priority, decision.retryAfterSeconds], [priority ?? 50, retry])
          assert.equal(
            decision.warnings.length,
            Number(priority === undefined && raw.Priority !== undefined) +
              Number(retry === undefined && raw.RetryAfter !== undefined),
          )
          for (const warning of decision.warnings) assert.match(warning, /^.{1,200}$/u)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('of a reply is a new one when it is a non-empty string, and nothing otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 3 }), async (values) => {
        const reply = await session.returnCode('reply', values.map(({ lua }) => lua).join(', '), '', '')
        const first = values[0]?.raw
        assert.equal(reply, typeof first === 'string' && first !== '' ? first : undefined)
      }),
      { numRuns: 150 },
    )
  })

  it('of a wrong type is refused by name', async () => {
    await fc.assert(
      fc.asyncProperty(value, async ({ lua, raw }) => {
        const { session: own } = open(`function CheckFile() return ${lua} end`)
        const outcome = await own.checkFile(FACTS).then(
          ({ returned }) => returned,
          (error: unknown) => (error as Error).message,
        )
        own.close()
        const type = raw === undefined ? 'nil' : typeof raw === 'object' ? raw.luaType : typeof raw
        if (type === 'nil') assert.equal(outcome, false)
        else if (type === 'table')
          assert.equal(outcome === true || /bad argument|error object/.test(String(outcome)), true)
        else assert.equal(outcome, `relayout.lua:1: CheckFile must return the Actions table, not a ${type}`)
      }),
      { numRuns: 40 },
    )
  })
})
