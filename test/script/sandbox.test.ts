import assert from 'node:assert/strict'
import { FACTS, usePort } from './fixture.js'

describe('what a script has', () => {
  const { prints } = usePort()

  it('is exactly the allowed names', async () => {
    const [names] = await prints(`
      local names = {}
      for name in pairs(_G) do names[#names + 1] = name end
      table.sort(names)
      print(table.concat(names, ' '))`)
    assert.equal(
      names,
      'ConnectedServer MaxMessagesPerConnection MaxRecipientsPerConnection MaxRecipientsPerMessage UseBATV VPOP3 ' +
        'VerifyCertificate _G _VERSION assert bit32 collectgarbage coroutine debug dofile error gcinfo getfenv ' +
        'getmetatable io ipairs load loadfile loadstring math module newproxy next os package pairs pcall print ' +
        'rawequal rawget rawlen rawset require select senderid sendername setfenv setmetatable string table ' +
        'tonumber tostring type unpack utf8 xpcall',
    )
  })

  for (const [call, sentence] of Object.entries({
    "os.execute('ls')": 'os.execute is not available in relayout.lua: a script cannot start programs',
    'os.exit()': 'os.exit is not available in relayout.lua: a script cannot stop the mail server',
    "os.remove('x')": 'os.remove is not available in relayout.lua: a script cannot read or write files',
    "io.open('x')": 'io.open is not available in relayout.lua: a script cannot read or write files',
    "io.popen('x')": 'io.popen is not available in relayout.lua: a script cannot start programs',
    "dofile('x')": 'dofile is not available in relayout.lua: a script cannot read or write files',
    "require('fs')": 'require is not available in relayout.lua: a script cannot load other code',
    "package.loadlib('x')": 'package.loadlib is not available in relayout.lua: a script cannot load other code',
    'string.dump(print)': 'string.dump is not available in relayout.lua: a script cannot make bytecode',
    'setfenv(1, {})':
      'setfenv is not available in relayout.lua: function environments went away with Lua 5.2: ' +
      "give a chunk one by load(text, 'name', 't', environment), a function by local _ENV = environment in it",
    "module('x')":
      'module is not available in relayout.lua: a script cannot load other code: ' +
      'write local name = {} and put the functions there',
    'debug.sethook()':
      'debug.sethook is not available in relayout.lua: the debug library would open the limits that a script runs in',
    'VPOP3.SendMail()': 'VPOP3.SendMail is not available in relayout.lua: that part of VPOP3 does not exist here',
    "os.getenv('HOME')": "os.getenv('HOME') is not available in a script: only 'TZ' is",
  })) {
    it(`says when it is called: ${call}`, async () => {
      assert.deepEqual(await prints(`print('before')\n${call}`), ['before', `relayout.lua:2: ${sentence}`])
    })
  }

  it('loads text only, within a bound', async () => {
    assert.deepEqual(
      await prints(`
        print(load('return 1 + 1')(), loadstring('return ...')(7), load('x = = 1'))
        print(load('\\27Lua'))
        print(type(load(function() return nil end, 'name', 'b')))
        print(load('return x', 'name', 't', {x = 5})())
        print(pcall(load, ('x'):rep(2000000)))`),
      [
        `2\t7\tnil\t[string "x = = 1"]:1: unexpected symbol near '='`,
        `nil\tattempt to load a binary chunk (mode is 't')`,
        'function',
        '5',
        'false\trelayout.lua:6: load: the chunk is longer than 1048576 bytes',
      ],
    )
  })

  it('keeps the string metatable away from harm to other sessions', async () => {
    assert.deepEqual(
      await prints(`getmetatable('').__index = {upper = function() return 'mine' end} print(('a'):upper())`),
      ['mine'],
    )
    assert.deepEqual(await prints(`print(('a'):upper())`), ['A'])
  })
})

describe('names of older Lua', () => {
  const { prints } = usePort()

  for (const [expression, expected] of Object.entries({
    'unpack({1, 2})': '1\t2',
    'table.getn({1, 2, 3})': '3',
    'table.maxn({1, [10] = 2, x = 3})': '10',
    "table.foreachi({'a', 'b'}, function(i, v) if v == 'b' then return i end end)": '2',
    "table.foreach({x = 'y'}, function(k, v) return k .. v end)": 'xy',
    'math.pow(2, 10), math.mod(-7, 3), math.log10(1000), math.ldexp(1, 10)': '1024\t-1\t3\t1024',
    'math.frexp(8)': '0.5\t4',
    'math.frexp(0)': '0\t0',
    'math.atan2(0, -1) == math.pi, math.cosh(0), math.sinh(0), math.tanh(0)': 'true\t1\t0\t0',
    "string.gfind('a b', '%a')()": 'a',
    'collectgarbage(), collectgarbage("count") > 0, gcinfo() > 0, collectgarbage("step")': '0\ttrue\ttrue\ttrue',
    'bit32.band(0xFF, 0x0F), bit32.bor(1, 2^31), bit32.bxor(5, 1), bit32.bnot(0)': '15\t2147483649\t4\t4294967295',
    'bit32.lshift(1, 31), bit32.rshift(2^31, 31), bit32.arshift(2^31, 31), bit32.lshift(1, 32)':
      '2147483648\t1\t4294967295\t0',
    'bit32.lrotate(0x80000001, 1), bit32.rrotate(1, 1), bit32.btest(3, 4), bit32.btest(7, 4)':
      '3\t2147483648\tfalse\ttrue',
    'bit32.extract(0xF0, 4, 4), bit32.replace(0, 0xF, 4, 4), bit32.band(-1)': '15\t240\t4294967295',
  })) {
    it(`${expression} is ${JSON.stringify(expected)}`, async () => {
      assert.deepEqual(await prints(`print(${expression})`), [expected])
    })
  }
})

describe('VPOP3', () => {
  const { prints } = usePort()

  for (const [expression, expected] of Object.entries({
    "VPOP3.HexString(VPOP3.HMAC('sha1', 'key', 'The quick brown fox jumps over the lazy dog'))":
      'de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9',
    "VPOP3.HexString(VPOP3.HMAC('MD5', 'key', 'The quick brown fox jumps over the lazy dog'))":
      '80070713463e7749b90c2dc24911e275',
    "#VPOP3.HMAC('SHA-256', '\\0\\255', '\\128')": '32',
    "VPOP3.HexString('\\0\\127\\255')": '007fff',
    "VPOP3.UnHexString('00ffA0') == '\\0\\255\\160'": 'true',
  })) {
    it(`${expression} is ${expected}`, async () => {
      assert.deepEqual(await prints(`print(${expression})`), [expected])
    })
  }

  it('refuses what is no hexadecimal text and no known algorithm', async () => {
    assert.deepEqual(await prints(`VPOP3.UnHexString('abc')`), [
      'relayout.lua:1: VPOP3.UnHexString takes an even number of hexadecimal digits',
    ])
    assert.deepEqual(await prints(`VPOP3.HMAC('rot13', 'k', 'd')`), [
      "relayout.lua:1: VPOP3.HMAC knows no algorithm 'rot13'",
    ])
  })
})

describe('shared globals', () => {
  const { open, prints } = usePort()

  it('have their first values', async () => {
    const { session, printed } = open(
      `print(senderid, sendername, ConnectedServer, UseBATV, VerifyCertificate)
       print(MaxMessagesPerConnection, MaxRecipientsPerConnection, MaxRecipientsPerMessage)`,
      { senderId: 3, senderName: 'b\xfcro', useBatv: true, verifyCertificate: false, maxMessagesPerConnection: 5 },
    )
    await session.started
    session.close()
    assert.deepEqual(printed, ['3\tb\xfcro\t\ttrue\tfalse', '5\t0\t100'])
  })

  it('that are read only stay as they are, with one remark for each', async () => {
    const { session, printed, warnings } = open(`senderid = 5
      senderid = 6
      rawset(_G, 'sendername', 'x')
      _G.ConnectedServer = nil
      _ENV.senderid = nil
      local senderid_local = 1
      print(senderid, sendername, ConnectedServer, senderid_local)`)
    await session.started
    session.close()
    assert.deepEqual(printed, ['0\tdefault\t\t1'])
    assert.deepEqual(warnings, [
      'relayout.lua:1: assignment to senderid is ignored: it is read only',
      'relayout.lua:3: assignment to sendername is ignored: it is read only',
      'relayout.lua:4: assignment to ConnectedServer is ignored: it is read only',
    ])
  })

  it('leave other uses of the names alone', async () => {
    assert.deepEqual(
      await prints(`local t = {senderid = 1} t.senderid = 2
        local function f() local _ENV = {senderid = 9} senderid = 10 return senderid end
        setmetatable(_G, {__index = function(_, k) return k .. '?' end, __newindex = function(t, k, v) rawset(t, k, v .. '!') end})
        new = 'x'
        print(t.senderid, f(), missing, new, senderid)`),
      ['2\t10\tmissing?\tx!\t0'],
    )
  })
})

describe('print', () => {
  const { open, prints } = usePort()

  it('is one line per call, with tabs, tostring and any bytes', async () => {
    assert.deepEqual(
      await prints(`print() print('a', nil, true, 1.5) print('two\\nlines\\0\\255')
        print(setmetatable({}, {__tostring = function() return 'object' end}))`),
      ['', 'a\tnil\ttrue\t1.5', 'two\nlines\0\xff', 'object'],
    )
  })

  it('stops a flood of many calls, and says now and then how much is missing', async () => {
    const { session, printed } = open(`function CheckFile(_, a) for i = 1, 100 do print(i) end return a end`)
    for (let i = 0; i < 300; i++) await session.checkFile(FACTS)
    session.close()
    assert.equal(printed.length < 15_000, true, `${printed.length} lines`)
    assert.equal(printed.length >= 500, true, `${printed.length} lines`)
    const remarks = printed.filter((line) => line.endsWith(' more lines dropped'))
    assert.equal(remarks.length >= 1 && remarks.length <= 15, true, remarks.join())
  })

  it('cuts long lines and stops a flood', async () => {
    const { session, printed } = open(`print(('x'):rep(5000)) for i = 1, 1000 do print(i) end`)
    await session.started
    session.close()
    assert.equal(printed[0], `${'x'.repeat(2000)}\xe2\x80\xa6`)
    assert.equal(printed.length, 101)
    assert.equal(printed.at(-1), '\xe2\x80\xa6 901 more lines dropped')
  })
})
