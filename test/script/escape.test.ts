import assert from 'node:assert/strict'
import { failureOf, FACTS, useFiles, usePort } from './fixture.js'

const LOOP = 'while true do end'

describe('a script that looks for JavaScript', () => {
  const { prints } = usePort()

  const cases: Record<string, [string, ...string[]]> = {
    'by the names of JavaScript, in tables': [
      `local t = {}
       for _, k in ipairs{'__proto__', 'constructor', 'hash', 'toString', 'size', 'strong', 'metatable', 'refuses', '|', '|x'} do
         print(t[k], _G[k], string[k], rawget(t, k))
         t[k] = k
         assert(t[k] == k and #k > 0)
       end
       local n = 0
       for k, v in pairs(t) do n = n + 1 assert(k == v) end
       print(n)`,
      ...Array.from({ length: 10 }, () => 'nil\tnil\tnil\tnil'),
      '10',
    ],
    'by the names of JavaScript, in other values': [
      `for _, v in ipairs{'text', 5, true, print, coroutine.create(print)} do
         print(type(v), select(2, pcall(function() return v.constructor end)))
       end`,
      'string\tnil',
      "number\trelayout.lua:2: attempt to index a number value (upvalue 'v')",
      "boolean\trelayout.lua:2: attempt to index a boolean value (upvalue 'v')",
      "function\trelayout.lua:2: attempt to index a function value (upvalue 'v')",
      "thread\trelayout.lua:2: attempt to index a thread value (upvalue 'v')",
    ],
    'by keys that are alike in other types': [
      `local t = {['1'] = 'text', [1] = 'number', [true] = 'boolean', ['true'] = 'word', ['?true'] = 'mark', ['#1'] = 'hash'}
       print(t['1'], t[1], t[true], t['true'], t['?true'], t['#1'], t['|1'], t[1.5])
       print(pcall(function() t[0 / 0] = 1 end), t[0 / 0], t[nil])`,
      'text\tnumber\tboolean\tword\tmark\thash\tnil\tnil',
      'false\tnil\tnil',
    ],
    'in the errors of library functions': [
      `for _, f in ipairs{string.rep, function() return ('x'):rep(1e9) end, function() return string.char(256) end, table.concat} do
         local ok, e = pcall(f)
         print(ok, type(e), getmetatable(e) == getmetatable(''))
       end`,
      ...Array.from({ length: 4 }, () => 'false\tstring\ttrue'),
    ],
    'by loading bytecode': [
      `local loaded = 0
       for _, chunk in ipairs{'\\27Lua', '\\27', '\\xef\\xbb\\xbf\\27Lua', '#!x\\n\\27Lua', ' \\27Lua', '\\27Lua\\x53\\0\\x19\\x93\\r\\n\\x1a\\n'} do
         for _, mode in ipairs{'b', 'bt', 't', '', 'x'} do
           local at, whole = 0, chunk
           local function once() local piece = whole whole = nil return piece end
           local function bytes() at = at + 1 if at <= #chunk then return chunk:sub(at, at) end end
           for _, from in ipairs{chunk, once, bytes} do
             local f, why = load(from, 'n', mode, {})
             if f or chunk:byte() == 27 and not why:find('attempt to load a binary chunk') then loaded = loaded + 1 end
           end
         end
       end
       print(loaded)`,
      '0',
    ],
    'through what was removed': [
      `print(pcall(require, 'fs'), pcall(string.dump, print), pcall(debug.getregistry), pcall(io.open, 'x'))
       print(package.loaded, package.path, package.searchers, package.preload, debug.getinfo == nil, io.stdout)
       print(getmetatable(print), getmetatable(_G), getmetatable(coroutine.running()), rawequal(getmetatable('').__index, string))`,
      'false\tfalse\tfalse\tfalse\trelayout.lua:1: io.open is not available in relayout.lua: a script cannot read or write files',
      'nil\tnil\tnil\tnil\tfalse\tnil',
      'nil\tnil\tnil\ttrue',
    ],
  }
  for (const [how, [script, ...expected]] of Object.entries(cases)) {
    it(`finds none: ${how}`, async () => {
      assert.deepEqual(await prints(script), expected)
    })
  }
})

describe('a script that writes what is read only', () => {
  const { open } = usePort()

  for (const [how, statement] of Object.entries({
    'by assignment': 'senderid, sendername, ConnectedServer = 1, 2, 3',
    'by taking it away': "rawset(_G, 'ConnectedServer', nil) sendername = nil",
    'by another name of the globals': 'local _ENV = _G senderid = 1',
    'in loaded text': "load('senderid = 1')() load('senderid = 1', 'x', 't', _G)()",
    'with a metatable': `setmetatable(_G, {__newindex = function(t, k, v) rawset(t, k, v) end, __index = function() return 1 end})
      senderid = 2 setmetatable(_G, nil)`,
    'through another table': 'setmetatable({}, {__newindex = _G}).senderid = 1',
    'by a name that was made': "_G['sender' .. 'id'] = 1 _G[('SENDERID'):lower()] = 1 _G['|senderid'] = 1",
    'by every name at once': 'for k, v in next, _ENV do if type(v) ~= "function" then rawset(_ENV, k, 0) end end',
    'by table functions':
      "pcall(table.insert, _G, 'senderid', 1) pcall(table.move, {1}, 1, 1, 1, _G) pcall(table.sort, _G) pcall(table.remove, _G)",
    'from a coroutine': 'coroutine.wrap(function() senderid = 1 end)()',
    'from a message handler': 'xpcall(error, function() senderid = 1 end)',
    'from a replacement function': "('senderid'):gsub('.*', function(k) _G[k] = 1 end)",
    'where a value is passed on': `local function f(...) local a, b = ... a, b = 1, 2 return a end
      f(senderid, ConnectedServer) local t = {senderid} t[1] = 1 for senderid = 1, 2 do end string.rep(senderid, senderid)`,
  })) {
    it(`changes nothing: ${how}`, async () => {
      const { session, printed, warnings } = open(
        `local print, type, next, rawset, pcall = print, type, next, rawset, pcall
         function ServerConnected() end
         function CheckFile(_, a)
           ${statement}
           a.Reason = senderid .. '|' .. sendername .. '|' .. ConnectedServer
           return a
         end`,
        { senderId: 7, senderName: 'name' },
      )
      await session.serverConnected('relay.example.com')
      const { actions } = await session.checkFile(FACTS)
      session.close()
      assert.equal(actions.Reason, '7|name|relay.example.com')
      assert.deepEqual(printed, [])
      assert.equal(warnings.length <= 3, true)
    })
  }
})

describe('a script that was ended', () => {
  // Time enough for what is not to be ended, on a busy machine too.
  const { open } = usePort({ timeoutMs: 2_000 })

  it('begins afresh with nothing of what it was', async () => {
    const { session } = open(`runs = (runs or 0) + 1
      function CheckFile(_, a, size)
        calls = (calls or 0) + 1
        string.calls = (string.calls or 0) + 1
        getmetatable('').calls = (getmetatable('').calls or 0) + 1
        if size == 1 then pcall(function() ${LOOP} end) end
        a.Reason = runs .. calls .. string.calls .. getmetatable('').calls
        return a
      end`)
    const reasons = []
    for (const size of [0, 0, 1, 0, 1, 0]) {
      reasons.push(
        size === 1
          ? (await failureOf(session.checkFile({ ...FACTS, size }))).kind
          : (await session.checkFile({ ...FACTS, size })).actions.Reason,
      )
    }
    session.close()
    assert.deepEqual(reasons, ['1111', '1222', 'timeout', '1111', 'timeout', '1111'])
  })
})

describe('a script that is to be ended', () => {
  const { open } = usePort({ timeoutMs: 200 })

  for (const [what, loop] of Object.entries({
    'a coroutine that is resumed in a pcall': `
      local co = coroutine.create(function() pcall(function() coroutine.yield() ${LOOP} end) ${LOOP} end)
      while true do pcall(coroutine.resume, co) end`,
    'a dead coroutine that is resumed': `
      local co = coroutine.create(function() pcall(coroutine.yield) error('x') end)
      while true do pcall(coroutine.resume, co) end`,
    'a coroutine that was begun by an earlier call': 'kept()',
    'a loop in coroutines in coroutines': `
      local function f(n) if n == 0 then ${LOOP} end return coroutine.wrap(pcall)(f, n - 1) end f(60)`,
    'a loop whose iterator yields': `
      coroutine.wrap(function() for _ in function() coroutine.yield() return 1 end do end end)() kept()`,
    'a message handler that fails': `while true do xpcall(error, function() error('again') end) end`,
    'a message handler that calls itself': `local function f() xpcall(f, f) ${LOOP} end f()`,
    'a message handler that goes on': `xpcall(function() ${LOOP} end, function() ${LOOP} end) ${LOOP}`,
    'a recursion that is caught': `local function f() pcall(f) pcall(f) end f()`,
    'a field of the answer that is never read to its end': `
      do return setmetatable({}, {__index = function() ${LOOP} end}) end`,
    'an error that is never described to its end': `
      error(setmetatable({}, {__tostring = function() while true do pcall(error) end end}))`,
    'a removed key that many follow': `
      local t = {} for i = 1, 20000 do t[i] = i end
      for i = 1, 19999 do t[i] = nil end
      while true do next(t, 1) end`,
    'text to load that never ends': `load(function() return ' ' end) ${LOOP}`,
    'a chain of metatables': `
      local t = {} for i = 1, 1900 do t = setmetatable({}, {__index = t}) end while true do local _ = t.x end`,
  })) {
    it(`was ended in time: ${what}`, async () => {
      const { session } = open(`kept = coroutine.wrap(function() coroutine.yield() ${LOOP} end) kept()
        function CheckFile(_, a, size) if size == 1 then ${loop} end return a end`)
      const failure = await failureOf(session.checkFile({ ...FACTS, size: 1 }))
      assert.deepEqual([failure.kind, failure.function], ['timeout', 'CheckFile'])
      assert.equal((await session.checkFile(FACTS)).returned, true)
      session.close()
    })
  }

  it('names the line of its file, not one of text that it loaded or of a library', async () => {
    for (const body of [`\n\nload('\\n\\n\\n\\n${LOOP}')()`, `\n\ntable.foreach({1}, load('\\n\\n\\n${LOOP}'))`]) {
      const { session } = open(`function CheckFile() ${body}\nend`)
      const { message, line } = await failureOf(session.checkFile(FACTS))
      assert.deepEqual([message, line], ['relayout.lua:3: still running after 200 ms', 3])
      session.close()
    }
  })

  it('names the line of a library function that did not return', async () => {
    const { session } = open(
      `function CheckFile()\n\nlocal s = 'return ' .. ('a and '):rep(150000) load(s .. 'a')\nend`,
    )
    assert.match((await failureOf(session.checkFile(FACTS))).message, /^relayout\.lua:3: still running/)
    session.close()
  })
})

describe('a script that takes memory at one stroke', () => {
  const { open } = usePort({ timeoutMs: 20_000, memoryMb: 32 })
  /** What the whole process may have taken more at its highest, MB. Without the limits each of these takes a gigabyte. */
  const MOST_MB = 300
  const highest = (): number => process.resourceUsage().maxRSS / 1024
  const many = (text: string, times: number, between: string): string =>
    Array.from({ length: times }, () => text).join(between)

  for (const [what, flood] of Object.entries({
    'a concatenation of many long strings': `local s = ('x'):rep(12e6) local _ = ${many('s', 100, ' .. ')}`,
    'a concatenation that a metamethod goes on with': `
      local s, t = ('x'):rep(6e6), nil
      t = setmetatable({}, {__concat = function() return s end})
      local _ = ${many('s', 100, ' .. ')} .. t`,
    'replacements in replacements': `
      local s = ('x'):rep(12e6)
      local function f(n) ('ab'):gsub('.', function(c) if c == 'a' then return s end if n > 0 then f(n - 1) end end) end
      f(100)`,
    'tables in tables for table.concat': `
      local s = ('x'):rep(12e6)
      local function f(n)
        table.concat(setmetatable({}, {
          __len = function() return 2 end,
          __index = function(_, i) if i == 1 then return s end if n > 0 then f(n - 1) end return '' end,
        }))
      end
      f(100)`,
    'hexadecimal text that doubles': `local s = 'x' while true do s = VPOP3.HexString(s) end`,
    'formatted text in a table': `
      local t, s = {}, ('x'):rep(3e6) while true do t[#t + 1] = string.format('%s%d', s, #t) end`,
    'hexadecimal text that is read into a table': `
      local t, s = {}, ('61'):rep(3e6) while true do t[#t + 1] = VPOP3.UnHexString(s) end`,
    'coroutines with deep stacks': `
      local function deep(n) if n == 0 then coroutine.yield() end local x = deep(n - 1) return x end
      local t = {} while true do t[#t + 1] = coroutine.wrap(deep) t[#t](1000) end`,
    // V8 ends the whole process when a large piece does not fit into what a thread may still take.
    'a long string where a table has taken the most': `
      local t, k = {}, {} for i = 1, 100000 do t[i] = i end while true do k[#k + 1] = ('x'):rep(14e6) end`,
    'a table that doubles, filled by a library function': `
      table.move(setmetatable({}, {__index = rawequal}), 1, 1e9, 1, {})`,
    'text to load that makes a constant of every number': `
      local n = 0 load(function() n = n + 1 return n == 1 and 'return {' or n .. '.5,' end) error('loaded')`,
    'packed text of any length': `string.pack('c1000000000', 'x')`,
  })) {
    it(`fails for want of it, and the process stays small: ${what}`, async () => {
      const before = highest()
      const { session } = open(`function CheckFile(_, a, size) if size == 1 then ${flood} end return a end`)
      const failure = await failureOf(session.checkFile({ ...FACTS, size: 1 }))
      assert.deepEqual([failure.kind, failure.function], ['memory', 'CheckFile'])
      assert.equal((await session.checkFile(FACTS)).returned, true)
      session.close()
      assert.equal(highest() - before < MOST_MB, true, `${highest() - before} MB more`)
    })
  }

  it('says long things in brief', async () => {
    const { session, printed } = open(`function CheckFile(_, a, size)
      local s = ('x'):rep(size < 3 and 3e6 or 12e6)
      if size == 1 then error(s) end
      if size == 2 then error(setmetatable({}, {__tostring = function() return s end})) end
      print(${many('s', 100, ', ')})
      return a
    end`)
    for (const size of [1, 2]) {
      const { message, kind } = await failureOf(session.checkFile({ ...FACTS, size }))
      assert.deepEqual([kind, message.length <= 1000, message.slice(-3)], ['runtime', true, 'xxx'])
    }
    const before = highest()
    await session.checkFile(FACTS)
    session.close()
    assert.deepEqual(
      printed.map((line) => line.length),
      [2003],
    )
    assert.equal(highest() - before < MOST_MB, true)
  })
})

describe('a traceback', () => {
  const { open } = usePort({ timeoutMs: 20_000 })

  async function tracebackOf(script: string): Promise<string> {
    const { session } = open(script)
    const { traceback } = await failureOf(session.checkFile(FACTS))
    session.close()
    return traceback
  }

  it('is as Lua has it', async () => {
    const traceback = await tracebackOf(`local function inner() error('here') end
      function Outer() ('x'):gsub('x', function() inner() end) end
      local t = {method = function(self) Outer() end}
      function CheckFile()
        t:method()
      end`)
    assert.deepEqual(traceback.split('\n'), [
      'stack traceback:',
      "\t[JS]: in function 'error'",
      "\trelayout.lua:1: in upvalue 'inner'",
      '\trelayout.lua:2: in function <relayout.lua:2>',
      "\t[JS]: in function 'string.gsub'",
      "\trelayout.lua:2: in function 'Outer'",
      "\trelayout.lua:3: in method 'method'",
      "\trelayout.lua:5: in function 'CheckFile'",
    ])
  })

  it('leaves out the middle of a deep stack', async () => {
    const lines = (
      await tracebackOf(`function CheckFile(n) if n == 100 then error('deep') end
        CheckFile(type(n) == 'number' and n + 1 or 1) end`)
    ).split('\n')
    assert.deepEqual([lines.length, lines[11]], [23, '\t...'])
    assert.equal(lines.at(-1), "\trelayout.lua:2: in function 'CheckFile'")
  })

  it('is short whatever the functions are called and however many there are', async () => {
    const traceback = await tracebackOf(`
      local rawset, _G = rawset, _G
      for i = 1, 5000 do _G['f' .. i] = function() end end
      local long = ('n'):rep(1e6)
      _G[long] = function(n) if n == 0 then error('x') end (_G[long])(n - 1) end
      local f = _G[long]
      for k in next, _ENV do if k ~= 'error' and k ~= long then rawset(_ENV, k, nil) end end
      function CheckFile() f(30) end`)
    assert.equal(traceback.length < 5000, true)
    assert.match(traceback, /in function 'n{60}\.\.\.'/)
  })
})

describe('an answer that a script tries to spoil', () => {
  const { open } = usePort()
  const file = useFiles()

  for (const [how, body, ...reasons] of [
    ['the globals', `Reason = 'global' return _G`, 'global', 'global'],
    ['a library', `string.Reason = 'library' return string`, 'library', 'library'],
    ['HeaderData', 'return hd', 'from the header', 'from the header'],
    ['Recipients', 'return rcpts', undefined, undefined],
    ['a table whose metatable is HeaderData', `return setmetatable({Reason = 'own'}, hd)`, 'own', 'own'],
    ['what an earlier call was given', 'kept = kept or a kept.Reason = #rcpts return kept', 2, 2],
    [
      'CheckFile replaced while it runs',
      `function CheckFile() return {Reason = 'second'} end a.Reason = 'first' return a`,
      'first',
      'second',
    ],
    ['CheckFile taken away while it runs', `CheckFile = nil a.Reason = 'last' return a`, 'last', ''],
    [
      'CheckFile replaced while its answer is read',
      `return setmetatable({}, {__index = function(_, k) CheckFile = nil if k == 'Reason' then return 'read' end end})`,
      'read',
      '',
    ],
    [
      'an iterator as CheckFile',
      `CheckFile = next a.Reason = 'once' return a`,
      'once',
      /^relayout\.lua: bad argument #1 to 'next'/,
    ],
    [
      'yield as CheckFile',
      `CheckFile = coroutine.yield return {}`,
      undefined,
      /^relayout\.lua: attempt to yield from outside/,
    ],
    ['a yield out of CheckFile', 'coroutine.yield(a)', /^relayout\.lua:1: attempt to yield from outside/],
    [
      'a yield while it is read',
      'return setmetatable({}, {__index = coroutine.yield})',
      /attempt to yield from outside/,
    ],
    [
      'an error while it is read',
      'return setmetatable({}, {__index = error})',
      /^\(error object is a table value\)|bad arg/,
    ],
    ['a circle of metatables', 'local m = {} m.__index = m return setmetatable(m, m)', /'__index' chain too long/],
  ] as const) {
    it(`is what Lua says it is, or a failure: ${how}`, async () => {
      const message = file('Reason: from the header\r\n\r\n')
      const { session } = open(`function CheckFile(f, a, size, ct, rp, rcpts, hd, hl) ${body} end`)
      for (const reason of reasons) {
        const call = session.checkFile({ ...FACTS, ...message })
        if (reason instanceof RegExp) assert.match((await failureOf(call)).message, reason)
        else assert.equal((await call).actions.Reason, reason)
      }
      session.close()
    })
  }
})

describe('numbers from text', () => {
  const { prints } = usePort()

  for (const [expression, expected] of Object.entries({
    "tonumber('ffffffff', 16), tonumber('80000000', 16), tonumber('zzzzzz', 36)": '4294967295\t2147483648\t2176782335',
    "tonumber('-7f', 16), tonumber(' 12 ', 3), tonumber(10, 2)": '-127\t5\t2',
    "tonumber('12', 2), tonumber('1z', 10), tonumber('', 10), tonumber('1 2', 10), tonumber('\\xe9', 16)":
      'nil\tnil\tnil\tnil\tnil',
    "pcall(tonumber, '1', 37)": "false\tbad argument #2 to 'tonumber' (base out of range)",
    // Looked at once: at 200,000 digits a second look at each would take minutes.
    "tonumber(('1'):rep(200000) .. 'x'), tonumber(('0'):rep(200000) .. '!', 10), ('7'):rep(300) + 0 > 1e299":
      'nil\tnil\ttrue',
  })) {
    it(`${expression} is ${JSON.stringify(expected)}`, async () => {
      assert.deepEqual(await prints(`print(${expression})`), [expected])
    })
  }
})
