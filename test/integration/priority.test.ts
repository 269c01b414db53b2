import assert from 'node:assert/strict'

import { openScene, type Scene, subjects } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

const SCRIPT = `
function CheckFile(filename, actions, size, created, from, recipients, headerdata)
  actions.Priority = tonumber(headerdata["X-Priority-Wanted"])
  return actions
end
`

const COUNT = 200

/** Priorities in no order, each several times; the subject tells priority and arrival. */
const BATCH = Array.from({ length: COUNT }, (_, i) => ({ priority: 1 + ((i * 37) % 100), arrival: i }))

const subjectOf = ({ priority, arrival }: (typeof BATCH)[number]): string => `p${priority} n${arrival}`

const IN_ORDER = [...BATCH].sort((a, b) => b.priority - a.priority || a.arrival - b.arrival).map(subjectOf)

/** 200 messages come in while outbound is disabled; then it is enabled. */
async function openWithBatch(maxConnections: number): Promise<Scene> {
  const scene = await openScene({
    script: SCRIPT,
    ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=${maxConnections}\n`,
    config: { 'outbound.ini': 'disabled=true\n' },
  })
  await scene.submit(
    ...BATCH.map((item) => ({
      from: 'joe@example.com',
      to: ['ann@example.net'],
      data: plainMessage(subjectOf(item), [`X-Priority-Wanted: ${item.priority}`]),
    })),
  )
  assert.equal(scene.haraka.queue().length, COUNT)
  assert.equal(scene.relay.connections.length, 0)
  scene.haraka.write('config/outbound.ini', 'disabled=false\n')
  return scene
}

describe('priority in a batch of 200 messages', function () {
  this.timeout(60_000)

  it('is the exact order in which they reach the relay server over one connection, arrival within it', async () => {
    const scene = await openWithBatch(1)
    try {
      await scene.relay.waitFor(COUNT)
      assert.deepEqual(subjects(scene.relay), IN_ORDER)
      assert.equal(scene.relay.maxOpen, 1)
    } finally {
      await scene.remove()
    }
  })

  it('holds with 5 connections: no message starts while a better one waits', async () => {
    const scene = await openWithBatch(5)
    try {
      await scene.relay.waitFor(COUNT)
      const sent = scene.haraka.events.flatMap((line) => {
        const match = /^INFO (\S+) send .*priority=(\d+)/.exec(line)
        return match ? [Number(match[2])] : []
      })
      assert.equal(sent.length, COUNT)
      assert.deepEqual(
        sent,
        [...sent].sort((a, b) => b - a),
      )
      assert.ok(scene.relay.maxOpen <= 5, `${scene.relay.maxOpen} connections at one time`)
      // Only the five that are on their way at one time may change places.
      const places = new Map(subjects(scene.relay).map((subject, place) => [subject, place]))
      IN_ORDER.forEach((subject, place) => {
        assert.ok(Math.abs((places.get(subject) ?? NaN) - place) < 5, `${subject}: place ${place}`)
      })
    } finally {
      await scene.remove()
    }
  })
})
