import assert from 'node:assert/strict'
import type { Worker } from 'node:worker_threads'
import { failureOf, FACTS, usePort } from './fixture.js'

const LOOP = 'while true do end'
/** A loop inside one library function: only ending the thread helps. */
const NATIVE_LOOP = `local _ = (('a'):rep(40)):find(('a*'):rep(40) .. 'b')`
const COUNTING = `n = 0 function CheckFile(_, a) n = n + 1 a.Priority = n return a end`
/** Takes a while for a message of size 1, without coming near the limit. */
const SLOW = `function CheckFile(_, a, size)
    if size == 1 then local t = os.clock() while os.clock() - t < 0.03 do end end
    return a
  end
  function ReturnCodeHandler() return '250 judged' end`

describe('the senders', () => {
  const { open } = usePort()

  for (const [how, loop] of [
    ['by itself', LOOP],
    ['inside a library function', NATIVE_LOOP],
  ] as const) {
    it(`are answered while the script of another runs too long ${how}, and keep their variables`, async () => {
      const hanging = open(`function CheckFile() ${loop} end`, { senderName: 'hanging' }).session
      const well = open(COUNTING, { senderName: 'well', senderId: 1 }).session
      await Promise.all([hanging.started, well.started])
      let ended = 0
      const runaways = Array.from({ length: 3 }, async () => {
        assert.equal((await failureOf(hanging.checkFile(FACTS))).kind, 'timeout')
        ended++
      })
      for (let n = 1; n <= 50; n++) assert.equal((await well.checkFile(FACTS)).actions.Priority, n)
      assert.equal(ended, 0, 'a runaway has held up the other sender')
      await Promise.all(runaways)
      assert.equal((await well.checkFile(FACTS)).actions.Priority, 51)
      hanging.close()
      well.close()
    })
  }

  it('have the calls about replies answered before those about messages that wait', async () => {
    const { session } = open(SLOW)
    await session.checkFile(FACTS)
    const answered: string[] = []
    const checks = Array.from({ length: 10 }, async () => {
      await session.checkFile({ ...FACTS, size: 1 })
      answered.push('message')
    })
    // By the time of the first answer the others wait in the thread.
    await checks[0]
    assert.equal(await session.returnCode('QUIT', '221 x', '221 x', 'smtp.example.net'), '250 judged')
    answered.push('reply')
    await Promise.all(checks)
    session.close()
    assert.equal(answered.indexOf('reply') < 5, true, answered.join(' '))
  })

  it('see nothing of a session that had the thread before them', async () => {
    const first = open(`left = 'behind' string.mine = 1 getmetatable('').mine = 2 ${COUNTING}`, { senderName: 'a' })
    await first.session.checkFile(FACTS)
    first.session.close()
    const second = open(`print(left, string.mine, getmetatable('').mine) ${COUNTING}`, { senderName: 'b' })
    await second.session.checkFile(FACTS)
    second.session.close()
    assert.deepEqual(second.printed, ['nil\tnil\tnil'])
  })
})

for (const [times, what] of [
  [1, 'once'],
  [2, 'twice'],
  [Infinity, 'whenever it begins'],
] as const)
  describe(`a session whose thread dies ${what}`, () => {
    const { open } = usePort({ timeoutMs: 20_000 })
    /** So many of the threads that are made die while the script begins. */
    let dying: number = times
    const made = (thread: Worker): void => {
      if (dying-- > 0) thread.once('online', () => setTimeout(() => void thread.terminate(), 300))
    }
    before(() => void process.on('worker', made))
    after(() => void process.off('worker', made))

    it(times < 3 ? 'has its functions all the same' : 'is told so, and does not try for ever', async () => {
      const { session } = open(`local t = os.clock() while os.clock() - t < 1 do end ${COUNTING}`)
      const { topLevel } = await session.started
      if (times < 3) {
        assert.equal((await session.checkFile(FACTS)).actions.Priority, 1)
        assert.equal(dying, -1)
      } else assert.match(topLevel?.message ?? '', /the script engine (has crashed|does not start)/)
      session.close()
    })
  })

// Threads have a low priority: where many begin at once on a busy machine, any of them may have to wait for long.
describe('very many senders', () => {
  const { open } = usePort({ timeoutMs: 20_000 })

  it('share threads', async () => {
    const sessions = Array.from({ length: 24 }, (_, i) => open(COUNTING, { senderName: `s${i}`, senderId: i }).session)
    for (const n of [1, 2]) {
      const answers = await Promise.all(sessions.map((session) => session.checkFile(FACTS)))
      assert.deepEqual(new Set(answers.map(({ actions }) => actions.Priority)), new Set([n]))
    }
    for (const session of sessions) session.close()
  })
})

describe('senders whose scripts want too much memory', () => {
  // A time that is not reached on a busy machine either: twelve threads collect garbage at once.
  const { open } = usePort({ timeoutMs: 60_000, memoryMb: 32 })

  // What looks at a thread's memory is got by a setting of the whole process.
  it('are all told so, when it is at the same time', async function () {
    this.timeout(120_000)
    const script = `function CheckFile() local s = 'x' while true do s = VPOP3.HexString(s) end end`
    for (let round = 0; round < 4; round++) {
      const sessions = Array.from({ length: 12 }, (_, i) => open(script, { senderName: `${round} ${i}` }).session)
      await Promise.all(sessions.map(({ started }) => started))
      const failures = await Promise.all(sessions.map((session) => failureOf(session.checkFile(FACTS))))
      assert.deepEqual([...new Set(failures.map(({ kind }) => kind))], ['memory'])
      for (const session of sessions) session.close()
    }
  })
})
