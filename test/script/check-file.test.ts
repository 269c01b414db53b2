import assert from 'node:assert/strict'
import { checkOnce, failureOf, FACTS, useFiles, usePort } from './fixture.js'

describe('CheckFile', () => {
  const { open } = usePort()
  const file = useFiles()

  it('gets its ten arguments by position', async () => {
    const { printed } = await checkOnce(
      open,
      `function CheckFile(...)
         local f, a, size, ct, rp, rcpts, hd, hl, retries, last = ...
         print(select('#', ...), f, size, ct, rp, #rcpts, rcpts[1], rcpts[2], retries, last)
         print(a.SkipSend, a.Reason, a.Priority, type(hd), type(hl))
       end`,
      { size: 5_000_000_001, retries: 3, lastTryTime: '20260102030400' },
    )
    assert.equal(
      printed[0],
      '10\t/nowhere/queue-file\t5000000001\t20260102030405\tsender@example.com\t2\t' +
        'one@example.net\ttwo@example.org\t3\t20260102030400',
    )
    assert.equal(printed[1], 'false\t\t50\ttable\ttable')
  })

  it('hands out no more of a field than anyone reads, and of a traceback', async () => {
    const { actions } = await checkOnce(open, `function CheckFile(_, a) a.Reason = ('x'):rep(2^23) return a end`)
    assert.equal((actions.Reason as string).length, 4096)
    const { session } = open(`_G[('f'):rep(2^20)] = function(n) error('y') end
      function CheckFile(_, a) _G[('f'):rep(2^20)]() end`)
    const { message, traceback } = await failureOf(session.checkFile(FACTS))
    session.close()
    assert.match(message, /: y$/)
    assert.equal(traceback.length <= 4000, true)
  })

  it('gives an empty string for the null sender', async () => {
    const { printed } = await checkOnce(open, `function CheckFile(_, _, _, _, rp) print('<' .. rp .. '>') end`, {
      returnPath: '',
    })
    assert.deepEqual(printed, ['<>'])
  })

  it('answers with the table that was passed in when nothing is returned', async () => {
    const { returned, actions } = await checkOnce(open, `function CheckFile(_, a) a.Priority = 7 end`)
    assert.equal(returned, false)
    assert.equal(actions.Priority, 7)
  })

  it('answers with another table when that is returned, also one with a metatable', async () => {
    const other = await checkOnce(open, `function CheckFile() return {SkipSend = 'yes', RetryAfter = 60.5} end`)
    assert.deepEqual(other.actions, {
      SkipSend: 'yes',
      Reason: undefined,
      Priority: undefined,
      RetryAfter: 60.5,
      ForceLastTry: undefined,
    })
    const derived = await checkOnce(
      open,
      `local Base = {Reason = 'from the base'}
       function CheckFile() return setmetatable({ForceLastTry = true}, {__index = Base}) end`,
    )
    assert.equal(derived.actions.Reason, 'from the base')
    assert.equal(derived.actions.ForceLastTry, true)
  })

  it('keeps raw values apart by their types', async () => {
    const { actions } = await checkOnce(
      open,
      `function CheckFile(_, a)
         a.SkipSend, a.Reason, a.Priority, a.RetryAfter, a.ForceLastTry = nil, {}, '12', print, 0/0
         return a
       end`,
    )
    assert.deepEqual(actions, {
      SkipSend: undefined,
      Reason: { luaType: 'table' },
      Priority: '12',
      RetryAfter: { luaType: 'function' },
      ForceLastTry: NaN,
    })
  })

  it('starts every message with a fresh Actions table, whatever was done to the last', async () => {
    const { session } = open(`function CheckFile(_, a, size)
      if size == 1 then for k in pairs(a) do a[k] = nil end end
      return a
    end`)
    await session.checkFile({ ...FACTS, size: 1 })
    const { actions } = await session.checkFile({ ...FACTS, size: 2 })
    session.close()
    assert.deepEqual([actions.SkipSend, actions.Reason, actions.Priority], [false, '', 50])
  })

  for (const [type, value] of [
    ['string', "'skip'"],
    ['number', '1'],
    ['boolean', 'true'],
    ['function', 'print'],
  ] as const) {
    it(`fails when it returns a ${type}`, async () => {
      const { session } = open(`\nfunction CheckFile() return ${value} end`)
      const failure = await failureOf(session.checkFile(FACTS))
      session.close()
      assert.equal(failure.kind, 'type')
      assert.equal(failure.message, `relayout.lua:2: CheckFile must return the Actions table, not a ${type}`)
    })
  }

  it('passes 8-bit bytes in and out unchanged', async () => {
    const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
    const { printed, actions } = await checkOnce(
      open,
      `function CheckFile(_, a, _, _, rp) print(#rp, rp:byte(129)) a.Reason = rp:reverse() return a end`,
      { returnPath: all },
    )
    assert.deepEqual(printed, ['256\t128'])
    assert.equal(actions.Reason, Array.from(all).reverse().join(''))
  })

  it('does not open the queue file unless the script asks for the header', async () => {
    const missing = { filename: '/nowhere/at all' }
    const script = `function CheckFile(f, a, size, ct, rp, rcpts, hd, hl)
      if size == 1 then return a end
      if size == 2 then return hd.Subject end
      if size == 3 then return {Priority = #hl} end
      if size == 4 then for k in pairs(hd) do end end
    end`
    const { session } = open(script)
    assert.equal((await session.checkFile({ ...FACTS, ...missing, size: 1 })).actions.Priority, 50)
    for (const size of [2, 3, 4]) {
      const failure = await failureOf(session.checkFile({ ...FACTS, ...missing, size }))
      assert.equal(failure.kind, 'runtime')
      assert.match(failure.message, /^relayout\.lua:\d: cannot read the header of \/nowhere\/at all: ENOENT/)
      assert.equal(failure.line, size + 1)
    }
    session.close()
  })

  it('lets a script handle a header that cannot be read', async () => {
    const { actions } = await checkOnce(
      open,
      `function CheckFile(_, a, _, _, _, _, hd)
         local ok, why = pcall(function() return hd.Subject end)
         a.SkipSend, a.Reason = not ok, why
         return a
       end`,
    )
    assert.equal(actions.SkipSend, true)
    assert.match(JSON.stringify(actions.Reason), /ENOENT/)
  })

  it('fills the tables whatever touches them first', async () => {
    const message = file('From: a@example.com\r\nSubject: Hello\r\n\r\nbody\r\n')
    for (const expression of [
      '#hl == 2',
      "hl[2] == 'Subject: Hello'",
      "next(hl) == 1 and next(hd) == 'From'",
      "rawget(hd, 'subject') == 'Hello'",
      'rawlen(hl) == 2',
      "table.concat(hl, '|') == 'From: a@example.com|Subject: Hello'",
      "select(2, table.unpack(hl)) == 'Subject: Hello'",
      '(function() local n = 0 for _ in ipairs(hl) do n = n + 1 end return n end)() == 2',
      '(function() local n = 0 for _ in pairs(hd) do n = n + 1 end return n end)() == 2',
      "table.remove(hl) == 'Subject: Hello' and #hl == 1",
      '(function() table.sort(hl) return hl[1] end)() == "From: a@example.com"',
      '(function() hd.Subject = nil return hd.SUBJECT end)() == nil',
      "(function() hd['x-new'] = 'y' return hd['X-NEW'] end)() == 'y'",
      '#rcpts == 2 and next(rcpts) == 1',
    ]) {
      const { actions } = await checkOnce(
        open,
        `function CheckFile(_, a, _, _, _, rcpts, hd, hl) a.SkipSend = ${expression} return a end`,
        message,
      )
      assert.equal(actions.SkipSend, true, expression)
    }
  })

  it('tells what UseBATV is when it returns', async () => {
    const script = `function CheckFile(_, a, size) if size > 5 then UseBATV = VALUE end return a end`
    for (const [value, expected] of [
      ['true', true],
      ["'yes'", true],
      ['{}', true],
      ['false', false],
      ['nil', false],
      ['0', false],
      ["''", false],
      ["'0'", false],
    ] as const) {
      const { useBatv } = await checkOnce(open, script.replace('VALUE', value))
      assert.equal(useBatv, expected, value)
    }
  })
})
