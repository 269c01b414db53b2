/**
 * Relay servers that cannot be reached for a while, and the second of two relay servers when the first one fails.
 */
import assert from 'node:assert/strict'
import net from 'node:net'

import { freePort } from '../../demo/ports.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import {
  type Answer,
  type AnswerObject,
  type ScriptedRelay,
  type ScriptedRelayOptions,
  startScriptedRelay,
} from '../support/scripted-relay.js'
import { plainMessage, submit } from '../support/submit.js'

const NEVER = new Promise(() => undefined)

/** A relay server on a port that can be closed to new connections and opened again. */
class Door {
  readonly relay: ScriptedRelay
  readonly port: number
  #server: net.Server | undefined
  readonly #sockets = new Set<net.Socket>()

  private constructor(relay: ScriptedRelay, port: number) {
    this.relay = relay
    this.port = port
  }

  static async build(options: ScriptedRelayOptions): Promise<Door> {
    return new Door(await startScriptedRelay(options), await freePort())
  }

  async open(): Promise<void> {
    const server = (this.#server = net.createServer((socket) => {
      const inner = net.connect(this.relay.port, '127.0.0.1')
      for (const one of [socket, inner]) {
        this.#sockets.add(one)
        one.setNoDelay(true)
        one.on('error', () => undefined)
      }
      socket.on('close', () => inner.destroy())
      inner.on('close', () => socket.destroy())
      socket.pipe(inner).pipe(socket)
    }))
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
  }

  /** Those that are open stay. */
  shut(): void {
    this.#server?.close()
  }

  async remove(): Promise<void> {
    this.shut()
    for (const socket of this.#sockets) socket.destroy()
    await this.relay.close()
  }
}

interface Outage {
  readonly name: string
  readonly relay: ScriptedRelayOptions
  readonly ini: string
  /** Where the messages go after the first one. */
  readonly domain?: string
  /** The first message is delivered while the relay server can be reached. */
  readonly reachedBefore: boolean
}

const OUTAGES: readonly Outage[] = [
  { name: 'never-seen', relay: {}, ini: '', reachedBefore: false },
  { name: 'seen', relay: {}, ini: 'idle_timeout=0s', reachedBefore: true },
  { name: 'slow-to-end', relay: { quit: { after: NEVER } }, ini: 'idle_timeout=50ms', reachedBefore: true },
  // A connection is open that is not good for these messages: they are to have TLS.
  {
    name: 'other-connection',
    relay: { starttls: true },
    ini: 'idle_timeout=1m',
    domain: 'forced',
    reachedBefore: true,
  },
]

describe('relay servers that are down for a while', function () {
  this.timeout(60_000)
  const doors = new Map<string, Door>()
  let haraka: HarakaInstance

  const message = (k: number, domain: string) => ({
    from: 'joe@example.com',
    to: [`m${k}@${domain}`],
    data: plainMessage(`${k}`),
  })
  const received = (name: string): string[] =>
    doors.get(name)!.relay.messages.map(({ rcptTo }) => rcptTo[0]!.split('@')[0]!)

  before(async () => {
    for (const { name, relay } of OUTAGES) doors.set(name, await Door.build(relay))
    const sections = OUTAGES.map(
      ({ name, ini }) =>
        `[sender.${name}]\nhost=127.0.0.1:${doors.get(name)!.port}\nfilter[]=*${name}.test\nmax_connections=3\n${ini}\n`,
    )
    haraka = await HarakaInstance.start({
      ini: sections.join(''),
      config: {
        'outbound.ini': 'temp_fail_intervals=1h\n',
        'tls.ini': '[outbound]\nforce_tls_hosts[]=forced.other-connection.test\n',
      },
    })
    const before = OUTAGES.filter(({ reachedBefore }) => reachedBefore)
    for (const { name } of before) await doors.get(name)!.open()
    await submit(
      haraka.port,
      before.map(({ name }) => message(0, `${name}.test`)),
    )
    for (const { name } of before) await doors.get(name)!.relay.waitFor(1)
    const slow = doors.get('slow-to-end')!.relay
    await slow.until(() => slow.connections[0]?.commands.includes('QUIT') === true)
    const seen = doors.get('seen')!.relay
    await seen.until(() => seen.openNow === 0)
    for (const { name } of before) doors.get(name)!.shut()
    for (const { name, domain } of OUTAGES) {
      const to = `${domain ? `${domain}.` : ''}${name}.test`
      await submit(
        haraka.port,
        [1, 2, 3, 4].map((k) => message(k, to)),
      )
    }
    for (const { name } of OUTAGES) await haraka.waitForLog(new RegExp(`rest event=begin sender=${name} `))
    for (const { name } of OUTAGES) await doors.get(name)!.open()
    await until('the queue is empty', () => haraka.queue().length === 0)
  })
  after(async () => {
    await haraka.remove()
    for (const door of doors.values()) await door.remove()
  })

  for (const { name, reachedBefore } of OUTAGES) {
    it(`${name}: every message comes once, no attempt was counted`, () => {
      assert.deepEqual(received(name).sort(), [...(reachedBefore ? ['m0'] : []), 'm1', 'm2', 'm3', 'm4'])
      assert.doesNotMatch(haraka.output, /Temp failing/)
    })

    it(`${name}: it is not tried again and again meanwhile`, () => {
      const tries = haraka.output.match(new RegExp(`ECONNREFUSED 127.0.0.1:${doors.get(name)!.port}\\n`, 'g')) ?? []
      assert.ok(tries.length < 60, `${tries.length} times`)
    })
  }
})

describe('the second of two relay servers', function () {
  this.timeout(60_000)
  const STAGES = ['mail', 'rcpt', 'data', 'end'] as const
  let haraka: HarakaInstance
  let first: ScriptedRelay
  let second: ScriptedRelay

  /** What the first relay server does at that stage of the second message of the sender of that name. */
  const failing =
    (stage: (typeof STAGES)[number], answer: AnswerObject): Answer =>
    ({ connection }) =>
      connection.commands.findLast((line) => line.startsWith('MAIL'))?.includes(`<two@${stage}.test>`) === true
        ? answer
        : undefined

  before(async () => {
    first = await startScriptedRelay({
      mail: failing('mail', { then: 'close' }),
      rcpt: failing('rcpt', { then: 'close' }),
      data: failing('data', { then: 'reset' }),
      endOfData: failing('end', { then: 'close' }),
    })
    second = await startScriptedRelay()
    haraka = await HarakaInstance.start({
      ini: STAGES.map(
        (stage) =>
          `[sender.${stage}]\nhost=127.0.0.1:${first.port},127.0.0.1:${second.port}\nfilter[]=${stage}.test\n` +
          'max_connections=1\n',
      ).join(''),
      config: { 'outbound.ini': 'temp_fail_intervals=1h\n' },
    })
    const names = STAGES.flatMap((stage) => [`one@${stage}.test`, `two@${stage}.test`])
    await submit(
      haraka.port,
      names.map((name) => ({ from: name, to: [name], data: plainMessage(name) })),
    )
    await until(
      'all but one are gone',
      () =>
        haraka
          .queued()
          .map(({ attempts }) => attempts)
          .join() === '1',
    )
  })
  after(async () => {
    await haraka.remove()
    await Promise.all([first.close(), second.close()])
  })

  const taken = (relay: ScriptedRelay): string[] => relay.messages.map(({ mailFrom }) => mailFrom).sort()

  it('takes what the first one dropped before it had the whole message', () => {
    assert.deepEqual(taken(second), ['two@data.test', 'two@mail.test', 'two@rcpt.test'])
  })

  it('does not take what the first one may have', () => {
    assert.equal(haraka.queued()[0]?.rcpt_to[0]?.original, '<two@end.test>')
  })

  it('is asked only when a fresh connection to the first one has failed, too', () => {
    const mails = first.connections
      .flatMap(({ commands }) => commands)
      .filter((line) => line.includes('<two@mail.test>'))
    assert.equal(mails.filter((line) => line.startsWith('MAIL')).length, 2)
  })

  it('takes nothing that the first one has taken', () => {
    assert.deepEqual(taken(first), ['one@data.test', 'one@end.test', 'one@mail.test', 'one@rcpt.test'])
  })
})
