import assert from 'node:assert/strict'

import { UntaggedServers } from '../../lib/haraka/untagged-servers.js'
import { FakeClock } from '../support/fake-clock.js'

const DAY_MS = 86_400_000

describe('relay servers that refuse tags', () => {
  it('are remembered for a day, each by name and port', () => {
    const clock = new FakeClock()
    const servers = new UntaggedServers(clock)
    assert.equal(servers.has('relay.example', 25), false)
    servers.add('Relay.example', 25)
    assert.deepEqual(
      [servers.has('relay.EXAMPLE', 25), servers.has('relay.example', 587), servers.has('other.example', 25)],
      [true, false, false],
    )
    clock.advance(DAY_MS - 1)
    assert.equal(servers.has('relay.example', 25), true)
    clock.advance(1)
    assert.equal(servers.has('relay.example', 25), false)
  })

  it('are remembered anew, and forgotten', () => {
    const clock = new FakeClock()
    const servers = new UntaggedServers(clock)
    servers.add('relay.example', undefined)
    clock.advance(DAY_MS - 1)
    servers.add('relay.example', undefined)
    clock.advance(DAY_MS - 1)
    assert.equal(servers.has('relay.example', undefined), true)
    servers.delete('relay.example', undefined)
    assert.equal(servers.has('relay.example', undefined), false)
  })

  it('are 10,000 at most: the oldest are forgotten', () => {
    const servers = new UntaggedServers(new FakeClock())
    for (let i = 0; i <= 10_000; i++) servers.add(`mx${i}.example`, 25)
    assert.deepEqual([servers.has('mx0.example', 25), servers.has('mx1.example', 25)], [false, true])
  })
})
