import assert from 'node:assert/strict'
import { usePort } from '../fixture.js'

/** Expression → what print says. Each is what the interpreter of the version says that the expression is for. */
const EXPRESSIONS: Record<string, Record<string, string>> = {
  'the order of pairs': {
    "keys({'a', 'b', 'c'})": '1 2 3',
    "keys({x = 1, 'a', 'b', 'c'})": '1 2 3 x',
    "(function() local t = {} t[3], t[1], t[2] = 'c', 'a', 'b' return keys(t) end)()": '1 2 3',
    '(function() local t = {first = 1} for i = 5, 1, -1 do t[i] = i end return keys(t) end)()': '1 2 3 4 5 first',
    "(function() local t = {1, 2, 3} t[2] = nil t[2] = 'again' return keys(t) end)()": '1 2 3',
    "keys({'a', nil, 'c', nil, 'e'})": '1 3 5',
    'keys(table.pack(7, nil, 9))': '1 3 n',
    "(function() local t = {} for i = 1, 120 do t[121 - i] = i end return select(2, keys(t):gsub(' ', '')), keys(t):sub(1, 9) end)()":
      '119\t1 2 3 4 5',
    '(function() local t, n = {1, 2, 3, x = 4}, 0 for k in pairs(t) do t[k] = nil n = n + 1 end return n, next(t) end)()':
      '4\tnil',
    '(function() local t, n = {3, 2, 1}, 0 for _ in pairs(t) do for _ in pairs(t) do n = n + 1 end end return n end)()':
      '9',
    "next({'a', 'b'})": '1\ta',
    'next({10, 20}, 1)': '2\t20',
  },
  'the length over nil': {
    '#{nil, nil, 3}, #{1, nil, 3}, #{1, nil, nil, 4}, #{1, nil, 3, nil}, #{nil}, #{nil, nil}': '3\t3\t4\t1\t0\t0',
    '(function(...) return #{...} end)(1, nil, nil, 4)': '4',
    "(function(...) local t = {...} for i = 1, #t do t[i] = tostring(t[i]) end return table.concat(t, ' ') end)('a', nil, nil, 'd')":
      'a nil nil d',
    'unpack({1, nil, 3})': '1\tnil\t3',
    '#table.pack(nil, nil, 3), table.pack(nil, nil).n': '3\t2',
    '(function() local t = {nil, nil, 3} t[3] = nil return #t end)()': '0',
    '(function() local t = {} for i = 1, 9 do t[i] = i end t[9] = nil return #t end)()': '8',
  },
  'tonumber with a base': {
    "tonumber('ffffffff', 16), tonumber('7FFFFFFFFF', 16), tonumber('-ff', 16), tonumber('+11', 2)":
      '4294967295\t549755813887\t-255\t3',
    "tonumber('1z', 10), tonumber('78', 8), tonumber('g', 16), tonumber('', 16), tonumber('1 1', 2)":
      'nil\tnil\tnil\tnil\tnil',
    "tonumber(' zZ ', 36), tonumber('1e1', 16), tonumber(10, 16), tonumber('007', 8)": '1295\t481\t16\t7',
    "tonumber('1.5', 10), tonumber('12', 10)": '1.5\t12',
    "pcall(tonumber, '1', 37)": "false\tbad argument #2 to 'tonumber' (base out of range)",
    'pcall(tonumber, {}, 16)': "false\tbad argument #1 to 'tonumber' (string expected, got table)",
  },
  'a half, rounded to even': {
    "string.format('%.0f %.0f %.0f %.1f %.2f', 0.5, 1.5, 2.5, 0.25, 1.125)": '0 2 2 0.2 1.12',
    "string.format('%.0e %.2e %.1e %.0e', 2.5, 1.125, 2.25, 9.5)": '2e+00 1.12e+00 2.2e+00 1e+01',
    "string.format('%.7g %.2g %.3g', 1000000.5, 84500000, 262500000)": '1000000 8.4e+07 2.62e+08',
    "string.format('%.23f', 2^-24)": '0.00000005960464477539062',
    '12345678901234.5, 12345678901235.5': '12345678901234\t12345678901236',
    "string.format('%.2f %.2f %.3f', 1.005, 2.675, 1.0005)": '1.00 2.67 1.000',
    "string.format('%.99g', 0.0001):len()": '68',
  },
  'whole numbers beyond 2^53 in formats': {
    "string.format('%d %x %X %o', 2^60, 2^53, 2^62, 2^53)":
      '1152921504606846976 20000000000000 4000000000000000 400000000000000000',
    "string.format('%d %i', -2^53, -2^60)": '-9007199254740992 -1152921504606846976',
    "pcall(string.format, '%d', 1e300)":
      "false\tbad argument #2 to 'string.format' (number has no integer representation)",
    "string.format('%d %5d|%-5d|%05d', '10', '0x10', ' 7 ', '-3')": '10    16|7    |-0003',
  },
  'arguments of string.format': {
    "pcall(string.format, '%s%s', 1)": "false\tbad argument #3 to 'string.format' (no value)",
    "pcall(string.format, '%s %d', 'a')": "false\tbad argument #3 to 'string.format' (no value)",
    "string.format('%s %s %s', setmetatable({}, {__tostring = function() return 'me' end}), nil, false)":
      'me nil false',
    "string.format('%5s|%-5s|%.2s|%5.1s|', 'abc', 'abc', 'abc', 'abc')": '  abc|abc  |ab|    a|',
    "#string.format('%s', 'a\\0b'), #string.format('%c', 0)": '3\t1',
  },
  math: {
    "math.max('10', 9), math.min('10', 9), math.max(2)": '10\t9\t2',
    'pcall(math.max)': "false\tbad argument #1 to 'math.max' (number expected, got no value)",
    "math.floor('3.7'), math.abs('-3'), '10' / '4'": '3\t3\t2.5',
    'math.random(5, 5), math.random(1)': '5\t1',
    'pcall(math.random, 0)': "false\tbad argument #1 to 'math.random' (interval is empty)",
    'pcall(math.random, 2, 1)': "false\tbad argument #2 to 'math.random' (interval is empty)",
    '(function() for i = 1, 500 do local n = math.random(2^40) if n < 1 or n > 2^40 or n % 1 ~= 0 then return n end end return true end)()':
      'true',
    '(function() for i = 1, 500 do local n = math.random(-2^33, 2^33) if n < -2^33 or n > 2^33 then return n end end return true end)()':
      'true',
    '(function() for i = 1, 500 do local n = math.random() if n < 0 or n >= 1 then return n end end return true end)()':
      'true',
    '(function() local seen = {} for i = 1, 300 do seen[math.random(6)] = true end return #seen end)()': '6',
    '(function() math.randomseed(42) local a = math.random(1e9) math.randomseed(42) return a == math.random(1e9) end)()':
      'true',
    '(function() math.randomseed(1) local a = math.random(1e9) math.randomseed(2) return a ~= math.random(1e9) end)()':
      'true',
  },
  'strings and patterns': {
    "('a\\0b'):find('%z'), ('a\\0b'):gsub('[%z]', '0')": '2\ta0b\t1',
    "string.find('a.c', '.', 1, true), string.find('abc', 'c', -1), string.find('abc', '', 4)": '2\t3\t4\t3',
    "('key = value'):match('^(%w+)%s*=%s*(%w+)$')": 'key\tvalue',
    "('THE (quick) fox'):find('%((%a+)%)')": '5\t11\tquick',
    "string.gsub('hello world', '(%w+)', '<%1>')": '<hello> <world>\t2',
    "string.gsub('abc', '', '-')": '-a-b-c-\t4',
    'pcall(string.char, 256)': "false\tbad argument #1 to 'string.char' (value out of range)",
    "string.char(), string.char(72, '105', 233):byte(1, -1)": '\t72\t105\t233',
    "('x'):rep(3, ','), ('x'):rep(0), ('x'):rep(-1)": 'x,x,x\t\t',
  },
  'string.pack': {
    "string.packsize('l'), string.packsize('j'), string.packsize('T'), string.packsize('i'), string.packsize('!i1d')":
      '8\t8\t8\t4\t16',
    "string.pack('>I2 <I2', 258, 258):byte(1, -1)": '1\t2\t2\t1',
    "string.pack('<i8', -2):byte(1, -1)": '254\t255\t255\t255\t255\t255\t255\t255',
    "string.unpack('<i8', string.pack('<i8', -2^40)), string.unpack('>I6', '\\0\\1\\0\\0\\0\\0')":
      '-1099511627776\t4294967296\t7',
    "string.unpack('z s1 B', 'ab\\0\\3xyz\\255')": 'ab\txyz\t255\t9',
    "string.unpack('<d', string.pack('<d', 0.1)), #string.pack('s', 'abc')": '0.1\t11',
    "pcall(string.pack, 'b', 128)": "false\tbad argument #2 to 'string.pack' (integer overflow)",
    "pcall(string.unpack, 'i4', 'abc')": "false\tbad argument #2 to 'string.unpack' (data string too short)",
  },
  'bit32 with any number': {
    'bit32.band(2^32 + 5, -1), bit32.bor(-2^31, 1), bit32.bnot(-1)': '5\t2147483649\t0',
    'bit32.band(1.5), bit32.band(2.5), bit32.band(3.7), bit32.band(-1.5)': '2\t2\t4\t4294967294',
    'bit32.lshift(0xdeadbeef, 4), bit32.rshift(-1, 28), bit32.arshift(0x80000000, 40), bit32.lshift(1, -1)':
      '3940282096\t15\t4294967295\t0',
    'bit32.lrotate(0x12345678, -4), bit32.rrotate(0x12345678, 36)': '2166572391\t2166572391',
    'bit32.extract(0x12345678, 0, 32), bit32.replace(0x12345678, 0xff, 4, 8), bit32.btest(), bit32.band()':
      '305419896\t305422328\ttrue\t4294967295',
    'pcall(bit32.extract, 1, 30, 3)': 'false\trelayout.lua:2: trying to access non-existent bits',
  },
  'old functions on tables': {
    '(function() local t = {1, 2, 3, 4} table.setn(t, 2) return #t, table.getn(t), t[3] end)()': '2\t2\tnil',
    '(function() local t = {1, 2} table.setn(t, 5) return #t end)()': '2',
    '(function() local t = {1, 2} table.setn(t, 0) return next(t) end)()': 'nil',
    'table.maxn({1, 2, [7.5] = 1}), table.maxn({}), table.maxn({[-3] = 1})': '7.5\t0\t0',
    'pcall(table.getn, nil)': "false\tbad argument #1 to 'table.getn' (table expected, got nil)",
    'pcall(table.foreach, {}, 5)': "false\tbad argument #2 to 'table.foreach' (function expected, got number)",
    "(function() local s = '' table.foreachi({'a', 'b', 'c'}, function(i, v) s = s .. i .. v end) return s end)()":
      '1a2b3c',
  },
  'errors and protected calls': {
    "select(2, xpcall(function(...) return select('#', ...) end, print, nil, nil))": '2',
    "xpcall(error, function(m) return 'caught ' .. m end, 'this')": 'false\tcaught this',
    "(debug.traceback('m', 1):gsub('\\n.*', ''))": 'm',
    'type(debug.traceback({})), debug.traceback(nil):sub(1, 16)': 'table\tstack traceback:',
    "(select(2, xpcall(function() error('x', 0) end, debug.traceback)):match('^x\\nstack traceback:\\n'))":
      'x\nstack traceback:\n',
    "pcall(load('error(\"e\", 1)', '=chunk'))": 'false\tchunk:1: e',
    "pcall(loadstring('error(\"e\")', '@file.lua'))": 'false\tfile.lua:1: e',
    "load('return ...', 'n', 't', {})(5), load(function() return nil end)": '5\tfunction',
  },
}

const KEYS = `local function keys(t) local r = {} for k in pairs(t) do r[#r + 1] = tostring(k) end return table.concat(r, ' ') end
local print = function(...) local r = table.pack(...) for i = 1, r.n do r[i] = type(r[i]) == 'function' and 'function' or r[i] end print(table.unpack(r, 1, r.n)) end `

describe('what older Lua and this engine both answer', () => {
  const { prints } = usePort()

  for (const [group, expressions] of Object.entries(EXPRESSIONS)) {
    describe(group, () => {
      for (const [expression, expected] of Object.entries(expressions)) {
        it(`${expression} is ${JSON.stringify(expected)}`, async () => {
          assert.deepEqual(await prints(`${KEYS}print(${expression})`), [expected])
        })
      }
    })
  }

  it('seeds the numbers of one script without touching those of another', async () => {
    const seeded = `math.randomseed(7) print(math.random(1e9), math.random(1e9))`
    const [first] = await prints(seeded)
    await prints(`math.randomseed(7) for i = 1, 10 do math.random() end`)
    assert.deepEqual(await prints(seeded), [first])
  })

  it('takes __ipairs, and refuses nil where the loop begins', async () => {
    assert.deepEqual(
      await prints(`local t = setmetatable({}, {__ipairs = function() return function(_, i) if i < 3 then return i + 1, 'x' end end, t, 0 end})
        for i, v in ipairs(t) do print(i, v) end
        print(pcall(ipairs, nil)) print(pcall(pairs, nil)) print(pcall(pairs))`),
      [
        '1\tx',
        '2\tx',
        '3\tx',
        "false\tbad argument #1 to 'ipairs' (table expected, got nil)",
        "false\tbad argument #1 to 'pairs' (table expected, got nil)",
        "false\tbad argument #1 to 'pairs' (value expected)",
      ],
    )
  })
})

describe('what went away with older Lua', () => {
  const { prints } = usePort()
  const NO_ARG = '; Lua 5.3 has no implicit arg: write local arg = {n = select("#", ...), ...}'

  for (const [use, message] of Object.entries({
    'return arg[1]': `relayout.lua:1: attempt to index a nil value (global 'arg')${NO_ARG}`,
    'for i = 1, arg.n do end': `relayout.lua:1: attempt to index a nil value (global 'arg')${NO_ARG}`,
    'return #arg': `relayout.lua:1: attempt to get length of a nil value (global 'arg')${NO_ARG}`,
    'for i, v in ipairs(arg) do end': `relayout.lua:1: bad argument #1 to 'ipairs' (table expected, got nil)${NO_ARG}`,
    'print(unpack(arg))': `relayout.lua:1: attempt to get length of a nil value${NO_ARG}`,
    'return table.getn(arg)': `relayout.lua:1: bad argument #1 to 'getn' (table expected, got nil)${NO_ARG}`,
    "return (string.format('%s', unpack(arg)))": `relayout.lua:1: attempt to get length of a nil value${NO_ARG}`,
    'local t = {} for k, v in t do end':
      'relayout.lua:1: attempt to call a table value; ' +
      'Lua 5.3 does not go through a table by itself: write for k, v in pairs(t) do',
    // Not the idiom.
    'local arg return arg[1]': "relayout.lua:1: attempt to index a nil value (local 'arg')",
    'return args[1]': "relayout.lua:1: attempt to index a nil value (global 'args')",
    'local t = {} t()': "relayout.lua:1: attempt to call a table value (local 't')",
    'local arg = nil return table.getn(arg)': "relayout.lua:1: bad argument #1 to 'getn' (table expected, got nil)",
  })) {
    it(`says what to write instead: ${use}`, async () => {
      assert.deepEqual(await prints(`(function(...) ${use} end)(1, 2)`), [message])
    })
  }

  it('says how a backslash is written', async () => {
    assert.deepEqual(await prints(`local file = 'C:\\mail\\queue'`), [
      "relayout.lua:1: invalid escape sequence (Lua 5.1 leaves the backslash out here; one that is meant is written \\\\) near ''C:\\m'",
    ])
    assert.deepEqual(await prints(`print(load([[x = "%\\."]], '=text'))`), [
      "nil\ttext:1: invalid escape sequence (Lua 5.1 leaves the backslash out here; one that is meant is written \\\\) near '\"%\\.'",
    ])
  })

  it('says so also where the script catches the error', async () => {
    assert.deepEqual(await prints(`print(pcall(function(...) return arg.n end))`), [
      `false\trelayout.lua:1: attempt to index a nil value (global 'arg')${NO_ARG}`,
    ])
  })

  it('leaves an arg of the script alone', async () => {
    assert.deepEqual(await prints(`arg = {'a', n = 1} print(arg[1], arg.n, #arg, unpack(arg))`), ['a\t1\t1\ta'])
  })
})
