import assert from 'node:assert/strict'
import { CallLimits } from '../../lib/script/lua/call-limits.js'
import { LuaSession } from '../../lib/script/lua/lua-session.js'
import { Progress } from '../../lib/script/progress.js'
import { FACTS, GLOBALS, source } from './fixture.js'

describe('a session in the script thread', () => {
  function opened(script: string, timeoutMs: number, seconds: () => number, progress = new Progress()): LuaSession {
    // The memory is that of the whole test run here.
    const limits = new CallLimits(timeoutMs, 10_000, progress)
    const now = (): number => seconds() * 1000
    return new LuaSession(source(script), GLOBALS, false, {
      limits,
      now,
      print: () => undefined,
      warning: () => undefined,
    })
  }

  it('that fails when its file is run once more, after Start was killed, says so in every call', () => {
    // What os.time() says: the file and Start at first, then the same again after the Kill, then the file alone.
    const times = [0, 0, 2, 2, 3]
    const session = opened(
      `if os.time() == 3 then error('now it fails') end
       function Start() if os.time() == 2 then while true do end end end
       function CheckFile(_, a, size) if size == 1 then while true do end end return a end`,
      1000,
      () => times.shift() ?? 0,
    )
    assert.equal(session.begin().topLevel, undefined)
    const killed = session.checkFile({ ...FACTS, size: 1 })
    assert.ok('failure' in killed && killed.failure.kind === 'timeout')
    for (let call = 0; call < 2; call++) {
      const answer = session.checkFile(FACTS)
      assert.ok('failure' in answer)
      assert.match(answer.failure.message, /now it fails$/)
      assert.equal(answer.failure.function, 'main chunk')
    }
  })

  it('that hands over a table with a metatable has no more time because that is read', () => {
    const progress = new Progress()
    const begun: number[] = []
    const session = opened(
      `function CheckFile() os.time() return setmetatable({}, {__index = function() os.time() end}) end`,
      20_000,
      () => begun.push(progress.read().sinceMs),
      progress,
    )
    session.begin()
    assert.ok('value' in session.checkFile(FACTS))
    assert.deepEqual([begun.length, new Set(begun).size], [6, 1])
  })
})

describe('the limits of a call', () => {
  it('give the rest of a phase no new time', () => {
    const progress = new Progress()
    const limits = new CallLimits(1000, 64, progress)
    limits.call = 7
    let sinceMs = 0
    limits.within('CheckFile', () => {
      sinceMs = progress.read().sinceMs
    })
    assert.equal(progress.read().call, 0)
    limits.rest('CheckFile', () => {
      assert.deepEqual(progress.read(), { call: 7, phase: 'CheckFile', line: 0, sinceMs })
    })
    assert.equal(progress.read().call, 0)
  })
})
