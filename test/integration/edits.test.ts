import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, oneSender, type Scene, subjects } from '../support/scene.js'
import { type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'
import { gate } from '../support/transactions.js'

const message = (subject: string) => ({ from: 'joe@example.com', to: ['ann@example.net'], data: plainMessage(subject) })

const ini = (host: string, more = ''): string => `${oneSender(host)}max_connections=1\nidle_timeout=1m\n${more}`

interface Case {
  readonly name: string
  readonly edit: (scene: Scene, host: string, other: ScriptedRelay) => void
  readonly reloaded: RegExp
  /** Which of the two relay servers gets the second message. */
  readonly to?: 'other'
  /** The first message is under way during the edit, else its connection rests. */
  readonly underWay?: boolean
}

const CASES: readonly Case[] = [
  {
    name: 'another max_messages_per_connection',
    edit: ({ haraka }, host) => haraka.write('config/relayout.ini', ini(host, 'max_messages_per_connection=7\n')),
    reloaded: /reload file=relayout.ini/,
  },
  {
    name: 'another helo, while a message is under way',
    edit: ({ haraka }, host) => haraka.write('config/relayout.ini', ini(host, 'helo=new.example.com\n')),
    reloaded: /reload file=relayout.ini/,
    underWay: true,
  },
  {
    name: 'another host',
    edit: ({ haraka }, _, other) => haraka.write('config/relayout.ini', ini(`127.0.0.1:${other.port}`)),
    reloaded: /reload file=relayout.ini/,
    to: 'other',
  },
  {
    name: 'another script',
    edit: ({ haraka }) => haraka.write('config/relayout.lua', 'function ServerConnected() print("new script") end'),
    reloaded: /reload script=relayout.lua/,
  },
  {
    name: 'another script, while a message is under way',
    edit: ({ haraka }) => haraka.write('config/relayout.lua', 'function ServerConnected() print("new script") end'),
    reloaded: /reload script=relayout.lua/,
    underWay: true,
  },
]

describe('an edit while a connection is open', function () {
  this.timeout(60_000)
  const results: Promise<void>[] = []

  // Haraka takes some seconds to notice an edit: all at one time.
  before(() => {
    for (const one of CASES) results.push(run(one))
    for (const result of results) result.catch(() => undefined)
  })

  CASES.forEach(({ name }, i) => {
    it(`${name}: the old connection is not used again`, () => results[i])
  })

  async function run({ edit, reloaded, to, underWay }: Case): Promise<void> {
    const done = gate()
    const other = await startScriptedRelay()
    const scene = await openScene({
      ini,
      script: '-- old',
      relay: underWay ? { endOfData: { after: done.opened } } : {},
    })
    try {
      const { haraka, relay } = scene
      await scene.submit(message('one'))
      if (underWay) await until('it is under way', () => relay.connections[0]?.commands.includes('.') ?? false)
      else await relay.waitFor(1)
      edit(scene, `127.0.0.1:${relay.port}`, other)
      await haraka.waitForLog(reloaded)
      done.open()
      await scene.submit(message('two'))
      await until('both are delivered', () => relay.messages.length + other.messages.length === 2)
      await until('the queue is empty', () => haraka.queue().length === 0)
      assert.deepEqual([subjects(relay), subjects(other)], to ? [['one'], ['two']] : [['one', 'two'], []])
      assert.equal(relay.connections.length, to ? 1 : 2)
      const [first, second] = relay.connections
      await until('the old connection is closed', () => first?.ended !== undefined)
      assert.equal(first?.ended, 'quit')
      assert.equal(first.commands.filter((command) => command.startsWith('MAIL ')).length, 1)
      if (second) assert.ok(second.open)
      await haraka.waitForLog(/close .*messages=1 recipients=1 why="settings or script changed"\n/)
    } finally {
      await scene.remove()
      await other.close()
    }
  }
})
