import assert from 'node:assert/strict'
import { BY_SIZE, OFFICE_HOURS } from '../support/reference-scripts.js'
import { checkOnce, FACTS, usePort } from './fixture.js'

/** What to add to the clock so that the script sees this hour. */
const todayAt = (hour: number): number => new Date().setHours(hour, 30, 0, 0)

describe('the original example scripts', () => {
  for (const [hour, skip] of [
    [12, 1],
    [23, false],
  ] as const) {
    describe(`big messages, at ${hour}:30`, () => {
      const { open } = usePort({ atMs: todayAt(hour) })

      it('skips above 10,000,000 bytes by day only', async () => {
        const { actions } = await checkOnce(open, OFFICE_HOURS, { size: 10_000_001 })
        assert.deepEqual([actions.SkipSend, actions.Priority], [skip, 1])
      })

      it('sends messages above 5,000,000 bytes last, at any hour', async () => {
        const { actions } = await checkOnce(open, OFFICE_HOURS, { size: 5_000_001 })
        assert.deepEqual([actions.SkipSend, actions.Priority], [false, 1])
      })

      it('leaves small messages alone', async () => {
        const { actions } = await checkOnce(open, OFFICE_HOURS, { size: 5_000_000 })
        assert.deepEqual([actions.SkipSend, actions.Reason, actions.Priority], [false, '', 50])
      })
    })
  }

  describe('two senders by size', () => {
    const { open } = usePort()
    const cases = [
      { senderId: 0, size: 50_001, skip: false },
      { senderId: 0, size: 50_000, skip: 1 },
      { senderId: 1, size: 50_001, skip: 1 },
      { senderId: 1, size: 50_000, skip: false },
    ]
    for (const { senderId, size, skip } of cases) {
      it(`sender ${senderId} ${skip === false ? 'takes' : 'skips'} ${size} bytes`, async () => {
        const { session } = open(BY_SIZE, { senderId })
        const { actions, returned } = await session.checkFile({ ...FACTS, size })
        session.close()
        assert.equal(actions.SkipSend, skip)
        assert.equal(returned, true)
      })
    }
  })
})
