/**
 * A relay server that fails once, in every way and at every stage of the dialogue, on fresh, reused and pipelined
 * connections, with and without a script: what becomes of each recipient of the message that is hit, and that the
 * messages before and after it are delivered. Through a real Haraka, which hears of hundreds of such servers at one time.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { assertBalanced } from '../accounting/ledger.js'
import { until } from '../support/haraka-instance.js'
import { type Account, type ManyRelays, openManyRelays } from '../support/many-relays.js'
import type { RelayConnectionRecord } from '../support/scripted-relay.js'
import { TEST_CERTIFICATE } from '../support/test-certificate.js'
import { CASES, exclusion, MODES, SCRIPT, SCRIPTS } from './cases.js'
import { FAULTS } from './faults.js'
import { asSeen, outcomeOf } from './outcomes.js'
import { idleFault, STAGES } from './stages.js'

const COMMAND = /^(?:EHLO \S+|HELO \S+|STARTTLS|AUTH PLAIN \S+|MAIL FROM:<.*|RCPT TO:<.*|DATA|RSET|QUIT|\.)$/

describe('a hostile relay server', function () {
  this.timeout(600_000)
  let scene: ManyRelays
  let account: Account

  before(async () => {
    scene = await openManyRelays(CASES, {
      main: 'script_timeout=30s\nscript_breaker=off\nsession_idle=1s',
      sender: 'max_connections=1\nreply_timeout=1m\nidle_timeout=1h',
      config: { 'seen.lua': SCRIPT },
      script: '',
      trusted: TEST_CERTIFICATE,
      most: 200,
      patienceMs: 500_000,
    })
    for (const at of [0, 1]) {
      const idle = CASES.filter((one) => one.stage === 'idle' && one.at === at)
      const names = idle.map(({ name }) => name)
      await scene.submit(0, at + 1, names)
      await scene.settled()
      for (const { name, fault } of idle) scene.relay(name).connections[0]?.say(idleFault(fault))
      await scene.submit(at + 1, Infinity, names)
    }
    await scene.submit(
      0,
      Infinity,
      CASES.filter(({ stage }) => stage !== 'idle').map(({ name }) => name),
    )
    account = await scene.settled()
  })
  after(() => scene.remove())

  for (const one of CASES)
    it(`${one.name}: ${[...new Set(one.fates)].join(', ')}`, () => {
      for (let k = 0; k < one.messages; k++)
        assert.deepEqual(
          ['a', 'b', 'c'].map((letter) => account.fates(one.name, `${letter}${k}`).join('+')),
          k === one.at ? asSeen(one.fates) : ['delivered', 'delivered', 'delivered'],
          `message ${k}`,
        )
      assert.deepEqual(account.wrong(one.name), [])
      assert.equal(scene.mostOpen(one.name), 1)
      const { connections } = scene.relay(one.name)
      for (const { commands } of connections) for (const command of commands) assert.match(command, COMMAND)
      const there = one.stage === 'idle' ? connections[0] : one.hit()
      assert.ok(there, 'the server has failed')
      assert.equal(there === carried(connections, one.at + 1), one.sameConnection)
    })

  it('is there in every way: stages × faults × modes × scripts, but for what cannot be', () => {
    const excluded = STAGES.flatMap((stage) => FAULTS.filter((fault) => exclusion(stage, fault) !== undefined))
    const product = STAGES.length * FAULTS.length - excluded.length
    assert.equal(CASES.length, product * MODES.length * SCRIPTS.length)
    assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length)
    for (const stage of STAGES)
      for (const fault of FAULTS)
        assert.equal(outcomeOf(stage, fault, false) === undefined, exclusion(stage, fault) !== undefined)
  })

  it('costs nobody a message: the account balances', () => {
    assertBalanced(account.sum)
  })

  it('doubles only what the server had the whole of without a word that can be read, and says so in the log', () => {
    const inDoubt = CASES.filter(({ fates }) => fates[0] === 'in doubt')
    const doubled = inDoubt.flatMap(({ name, at }) => ['a', 'b', 'c'].map((letter) => `${letter}${at}@${name}.test`))
    assert.deepEqual(account.sum.twice.map(({ recipient }) => recipient).sort(), doubled.sort())
    const told = /\[WARN\] .* relay sender=(\S+) .*the connection was lost after the whole message was sent/g
    const senders = new Set([...scene.haraka.output.matchAll(told)].map(([, sender]) => sender))
    for (const { name } of inDoubt) assert.ok(senders.has(name), name)
  })

  it('is sent no password before TLS is on, where that is asked for', () => {
    for (const { name, stage } of CASES)
      if (stage !== 'auth')
        for (const { commands, tls } of scene.relay(name).connections)
          if (!tls) assert.ok(!commands.some((command) => command.startsWith('AUTH')), name)
  })

  it('is sent nothing more, under TLS or not, when plain text came between STARTTLS and TLS', () => {
    const injected = CASES.filter(
      ({ stage, fault }) => fault === 'inject' || (stage === 'starttls' && fault === 'early'),
    )
    for (const { name, hit } of injected) assert.equal(hit()?.commands.at(-1), 'STARTTLS', name)
  })

  it('leaves no connection behind', async () => {
    const ini = path.join(scene.haraka.folder, 'config/relayout.ini')
    fs.writeFileSync(ini, fs.readFileSync(ini, 'utf8').replaceAll('idle_timeout=1h', 'idle_timeout=1s'))
    await until('all connections are closed', () => CASES.every(({ name }) => scene.relay(name).openNow === 0))
  })

  it('leaves Haraka running, and nothing uncaught in its log', () => {
    assert.equal(scene.haraka.runs, true)
    assert.doesNotMatch(scene.haraka.output, /\[(?:CRIT|ALERT|EMERG)\]|\n\s+at .+:\d+:\d+/)
  })
})

/** The connection that the k-th message went over. */
function carried(connections: readonly RelayConnectionRecord[], k: number): RelayConnectionRecord | undefined {
  return connections.findLast(({ commands }) => commands.includes(`MAIL FROM:<m${k}@example.com>`))
}
