import assert from 'node:assert/strict'

import { type CpuProfile, shares } from '../../bench/profile.js'

/** Each stack is its frames from the outside in, `function@url`, and how long it was seen, us. */
function profileOf(...stacks: readonly (readonly [frames: readonly string[], us: number])[]): CpuProfile {
  const nodes = [{ id: 1, callFrame: { functionName: '(root)', url: '' }, children: [] as number[] }]
  const samples: number[] = []
  for (const [frames] of stacks) {
    let parent = nodes[0]!
    for (const frame of frames) {
      const [functionName = '', url = ''] = frame.split('@')
      const node = { id: nodes.length + 1, callFrame: { functionName, url }, children: [] }
      nodes.push(node)
      parent.children.push(node.id)
      parent = node
    }
    samples.push(parent.id)
  }
  return { nodes, samples, timeDeltas: [5, ...stacks.map(([, us]) => us)], startTime: 0, endTime: 0 }
}

const PLUGIN = 'read@file:///package/dist/lib/relay/reply-reader.js'
const HARAKA = 'send@/package/node_modules/haraka/outbound/hmail.js'

describe("the plugin's share of a processor profile", () => {
  it('gives a sample to the innermost frame in a source file', () => {
    const found = shares(
      profileOf(
        [['onread@node:net', PLUGIN], 30],
        [[PLUGIN, HARAKA], 100],
        [[HARAKA, PLUGIN, 'emit@node:events', 'indexOf@'], 7],
        [['start@file:///package/dist/plugins/relayout.js'], 2],
        [['measure@file:///package/dist/bench/probe.js'], 1],
      ),
      '/package',
    )
    assert.deepEqual(found, {
      plugin: 39,
      haraka: 101,
      other: 0,
      files: [
        ['lib/relay/reply-reader.js', 37],
        ['plugins/relayout.js', 2],
      ],
    })
  })

  it('gives what nobody called to nobody, and leaves waiting out', () => {
    const found = shares(
      profileOf([['(garbage collector)@'], 20], [['(program)@'], 3], [['(idle)@'], 500], [['tick@node:timers'], 4]),
      '/package',
    )
    assert.deepEqual(found, { plugin: 0, haraka: 0, other: 27, files: [] })
  })
})
