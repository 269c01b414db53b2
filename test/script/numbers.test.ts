import assert from 'node:assert/strict'
import { checkOnce, usePort } from './fixture.js'

/** Expression → what print says. */
const EXPRESSIONS: Record<string, Record<string, string>> = {
  'whole numbers': {
    '5e9': '5000000000',
    '3000000000': '3000000000',
    '4*1024*1024*1024': '4294967296',
    '500000000 * 8': '4000000000',
    '2^31, 2^53 - 1': '2147483648\t9007199254740991',
    '1e15, 1e100': '1000000000000000\t1e+100',
    '0 * -1': '0',
    '0x7fffffff + 1, 0xFFFFFFFF, 0x1p4': '2147483648\t4294967295\t16',
    "'10' + 5, '0x10' * 1, 10 .. 20": '15\t16\t1020',
    "tonumber('3000000000'), tonumber('1e3'), tonumber(' 5 '), tonumber('5x'), tonumber('')":
      '3000000000\t1000\t5\tnil\tnil',
    "tonumber('ff', 16), tonumber('777', 8), tonumber('zz', 36)": '255\t511\t1295',
    'math.maxinteger > 2^52': 'true',
    "#'abc' * 1e10": '30000000000',
    'math.floor(5e9 + 0.5), math.ceil(4e9 - 0.5)': '5000000000\t4000000000',
    'math.type(1), math.type(1.5), math.type("1")': 'integer\tfloat\tnil',
    'math.tointeger(3.0), math.tointeger(3.5)': '3\tnil',
    '1 == 1.0, math.max(1, 3e9, 2)': 'true\t3000000000',
    'select(-1, 1, 2, 3)': '3',
  },
  fractions: {
    '0.1, 1/3, -2.5': '0.1\t0.33333333333333\t-2.5',
    '1e-7, 1/0, -1/0': '1e-07\tinf\t-inf',
    'tostring(0/0):gsub("-", "")': 'nan\t0',
    '3.0, 1e3': '3\t1000',
  },
  'division and remainder': {
    '7 // 2, -7 // 2, 7.5 // 2': '3\t-4\t3',
    '7 % 3, -7 % 3, 7 % -3, 5.5 % 2': '1\t2\t-2\t1.5',
    '5e9 % 7, 5e9 // 7': '2\t714285714',
    '10 / 2': '5',
    'math.fmod(-7, 3), math.modf(5e9 + 0.5)': '-1\t5000000000\t0.5',
  },
  'bit operators': {
    '0xFF & 0x0F, 0xF0 | 0x0F, 5 ~ 1, ~0': '15\t255\t4\t-1',
    '1 << 31, 1 << 40, 2^40 >> 8': '2147483648\t1099511627776\t4294967296',
    '0xFFFFFFFF & 0xFFFFFFFF, 3e9 | 0': '4294967295\t3000000000',
    '-1 >> 60, 1 << 64, 1 << -1': '15\t0\t0',
    "'7' & 3": '3',
  },
  'string.format': {
    "string.format('%d %i', 3e9, -3e9)": '3000000000 -3000000000',
    "string.format('%d', 3.7)": '3',
    "string.format('%5d|%-5d|%05d|%+d|% d', 42, 42, 42, 42, 42)": '   42|42   |00042|+42| 42',
    "string.format('%x %X %#x %o', 255, 255, 255, 8)": 'ff FF 0xff 10',
    "string.format('%x', -1)": 'ffffffffffffffff',
    "string.format('%.3f|%8.2f|%-8.1f|%.0f', 3.14159, 2.5, 2.5, 0.5)": '3.142|    2.50|2.5     |0',
    "string.format('%e|%.2E', 12345.678, 0)": '1.234568e+04|0.00E+00',
    "string.format('%g %g %g %g', 100000, 1e6, 0.0001, 1e-5)": '100000 1e+06 0.0001 1e-05',
    "string.format('%g %f', 1/0, -1/0)": 'inf -inf',
    "string.format('%5.1f|%5s|%-5s|%.2s', 1/3, 'ab', 'ab', 'abc')": '  0.3|   ab|ab   |ab',
    "string.format('%5s|', '\\xe9')": '    \xe9|',
    "string.format('%s %s %s', nil, true, 5e9)": 'nil true 5000000000',
    "string.format('%q', 'a\"b\\\\\\n\\0001\\r')": '"a\\"b\\\\\\\n\\0001\\13"',
    "string.format('%c%c%%', 72, 233)": 'H\xe9%',
    "string.format('%a', 1)": '0x1p+0',
    "pcall(string.format, '%y', 1)": "false\tinvalid option '%y' to 'format'",
    "pcall(string.format, '%d')": "false\tbad argument #2 to 'string.format' (no value)",
    "pcall(string.format, '%d', 'x')": "false\tbad argument #2 to 'string.format' (number expected, got string)",
  },
  'library functions': {
    "string.rep('ab', 3), string.rep('a', 2, ','), string.rep('x', -1)": 'ababab\ta,a\t',
    "('abcdef'):sub(2, 7 / 2), ('abc'):sub(-2), ('abc'):byte(-1)": 'bc\tbc\t99',
    "#('x'):rep(1e5), ('a,b'):find(',', 1, true)": '100000\t2\t2',
    "table.concat({1, 2.5, 3e9}, ' ')": '1 2.5 3000000000',
    'table.unpack({1, 2, 3}, 2)': '2\t3',
    'os.time() * 1000 > 1.6e12, os.time() % 1': 'true\t0',
  },
}

describe('numbers', () => {
  const { open, prints } = usePort()

  for (const [group, expressions] of Object.entries(EXPRESSIONS)) {
    describe(group, () => {
      for (const [expression, expected] of Object.entries(expressions)) {
        it(`${expression} is ${JSON.stringify(expected)}`, async () => {
          assert.deepEqual(await prints(`print(${expression})`), [expected])
        })
      }
    })
  }

  it('counts in a numeric for, also past 2^31 and by fractions', async () => {
    assert.deepEqual(
      await prints(`
        for i = 2147483646, 2147483649 do print(i) end
        for i = 3, 1, -1 do print(i) end
        for x = 0, 1, 0.5 do print(x) end
        for i = 1, 0 do print('never') end
        for i = 1, #'abc' do print(i) end`),
      ['2147483646', '2147483647', '2147483648', '2147483649', '3', '2', '1', '0', '0.5', '1', '1', '2', '3'],
    )
  })

  it('uses a whole float and a numeral as the same table key', async () => {
    assert.deepEqual(
      await prints(`local t = {10, 20, 30}
        t[2.0] = 'two' t[2^53] = 'big' t[3e9] = 'large' t[0.5] = 'half'
        print(t[2], t[6/3], t[2^53], t[3000000000], t[1/2], #t, t['2'])
        t[#t + 1] = 40 print(#t, next({7}))`),
      ['two\ttwo\tbig\tlarge\thalf\t3\tnil', '4\t1\t7'],
    )
  })

  it('has exact sizes above 2^31 and 2^32', async () => {
    for (const size of [2 ** 31, 2 ** 32 + 1, 5e12 + 3]) {
      const { actions, printed } = await checkOnce(
        open,
        `function CheckFile(_, a, size) a.RetryAfter = size print(size, size / 1024 > 2e6, size - 1) return a end`,
        { size },
      )
      assert.equal(actions.RetryAfter, size)
      assert.deepEqual(printed, [`${size}\ttrue\t${size - 1}`])
    }
  })
})

describe('byte strings', () => {
  const { prints } = usePort()

  it('compares and hashes by bytes', async () => {
    assert.deepEqual(
      await prints(`
        print('\\1' < '\\16', '\\9a' < '\\xff', 'a' < 'B', 'Z' < 'a', '' < 'a', 'a\\0b' < 'a\\0c', '\\x7f' < '\\x80')
        local t = {['\\1\\17'] = 'x', ['\\17\\1'] = 'y', ['\\xe9'] = 'z'}
        print(t['\\1\\17'], t['\\17\\1'], t['\\x11\\1'], t['\\xe9'], t['\\xc3\\xa9'])
        print(#'\\xe9\\0', ('\\xe9'):byte(), ('\\xc9'):lower():byte(), ('x\\0y'):find('\\0', 1, true))`),
      ['true\ttrue\tfalse\ttrue\ttrue\ttrue\ttrue', 'x\ty\ty\tz\tnil', '2\t233\t201\t2\t2'],
    )
  })

  it('keeps the bytes of a script file as they are', async () => {
    assert.deepEqual(await prints(`print('\xe9', #'\xc3\xa9', ('\xff'):byte())`), ['\xe9\t2\t255'])
  })
})
