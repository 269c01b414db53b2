import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { BY_SIZE, OFFICE_HOURS } from '../support/reference-scripts.js'
import { openScene, type Scene, subjects } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

/** A message of exactly that many bytes. */
function ofSize(subject: string, bytes: number): string {
  const start = plainMessage(subject, [], '')
  const line = `${'x'.repeat(70)}\r\n`
  const missing = bytes - start.length
  const body = line.repeat(Math.floor(missing / line.length))
  const rest = missing - body.length
  return `${start}${body}${rest >= 2 ? `${'x'.repeat(rest - 2)}\r\n` : ''}`
}

const message = (subject: string, bytes: number) => ({
  from: 'joe@example.com',
  to: ['ann@example.net'],
  data: ofSize(subject, bytes),
})

/** A time zone in which it is now about `hour` o'clock. */
function zoneWithHour(hour: number): string {
  let offset = hour - new Date().getUTCHours()
  if (offset > 12) offset -= 24
  if (offset < -12) offset += 24
  return `Etc/GMT${offset <= 0 ? '+' : '-'}${Math.abs(offset)}`
}

describe('the example scripts of the original description', function () {
  this.timeout(60_000)

  describe('large messages wait from 8 to 18 h and go last', () => {
    const open = (hour: number): Promise<Scene> =>
      openScene({
        script: OFFICE_HOURS,
        // Longer than the largest message takes to be handed in: they are a batch.
        ini: (host) => `[main]\ncollect=2s\n[sender.main]\nhost=${host}\nmax_connections=1\n`,
        asSubmitted: true,
        env: { TZ: zoneWithHour(hour) },
      })

    for (const [hour, waits] of [
      [7, false],
      [8, true],
      [18, true],
      [19, false],
    ] as const) {
      it(`at ${hour} h a message over 10,000,000 bytes ${waits ? 'waits' : 'is sent'}`, async () => {
        const scene = await open(hour)
        try {
          await scene.submit(message('over', 10_000_001))
          if (waits) {
            await scene.haraka.waitForLog(/\[relayout\] skip .*sender=main reason="the script gave no reason" retry=60/)
            assert.equal(scene.haraka.queue().length, 1)
            assert.deepEqual(scene.relay.connections, [])
          } else {
            await scene.relay.waitFor(1)
          }
        } finally {
          await scene.remove()
        }
      })
    }

    it('sends exactly 10,000,000 bytes at 12 h, after everything up to 5,000,000 bytes', async () => {
      const scene = await open(12)
      try {
        await scene.submit(
          message('ten', 10_000_000),
          message('over five', 5_000_001),
          message('five', 5_000_000),
          message('small', 2_000),
        )
        await scene.relay.waitFor(4)
        assert.deepEqual(subjects(scene.relay), ['five', 'small', 'ten', 'over five'])
        await until('the queue is empty', () => scene.haraka.queue().length === 0)
      } finally {
        await scene.remove()
      }
    })
  })

  it('messages over 50,000 bytes go by sender 0, all others by sender 1', async () => {
    const scene = await openScene({
      script: BY_SIZE,
      ini: (host) =>
        `[sender.large]\nhost=${host}\nhelo=large.example.com\n[sender.small]\nhost=${host}\nhelo=small.example.com\n`,
      asSubmitted: true,
    })
    try {
      await scene.submit(message('at', 50_000), message('over', 50_001), message('tiny', 1_000))
      await scene.relay.waitFor(3)
      const greetings = scene.relay.messages.map(({ connection }) => connection.commands[0])
      const by = new Map(subjects(scene.relay).map((subject, i) => [subject, greetings[i]]))
      assert.equal(by.get('at'), 'EHLO small.example.com')
      assert.equal(by.get('over'), 'EHLO large.example.com')
      assert.equal(by.get('tiny'), 'EHLO small.example.com')
    } finally {
      await scene.remove()
    }
  })
})
