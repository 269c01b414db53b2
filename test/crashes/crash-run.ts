/**
 * Mail through a Haraka that is killed again and again at random moments of its work, and started again at once: with
 * reused connections, TLS and AUTH, messages that go in parts, recipients that are deferred and refused, bounces,
 * messages that the script skips and replies that it rewrites. Gives an account of every recipient (accounting/ledger.ts).
 */
import { Ledger, type Account, type Twice } from '../accounting/ledger.js'
import { seeBounced, seeDelivered, seeQueued } from '../accounting/sightings.js'
import { HarakaInstance, until } from '../support/haraka-instance.js'
import { randomFrom } from '../support/random.js'
import { type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'
import { DOMAINS, type Letter, letter, mustBounce, relayAnswers, SCRIPT } from './mail.js'
import { BouncesAgain } from './bounces-again.js'

export interface CrashRunOptions {
  readonly messages: number
  readonly kills: number
  readonly seed: number
  /** Hears how it goes. */
  readonly progress?: (line: string) => void
}

export interface CrashRun {
  readonly account: Account
  /** How often each signal ended Haraka. */
  readonly kills: Readonly<Record<string, number>>
  /** Messages of which it is not known whether Haraka took them: it was killed before it said so. */
  readonly inDoubt: number
  /** Recipients that bounced but should not have, or the other way round. */
  readonly wrongFates: readonly string[]
  readonly seconds: number
  /** The end of Haraka's log. */
  readonly log: string
}

const AUTH = { user: 'joe', pass: 'secret word' }

/** Haraka's own signals for an end, now and then; most often there is no warning. */
const SIGNALS = [
  'SIGKILL',
  'SIGKILL',
  'SIGKILL',
  'SIGKILL',
  'SIGKILL',
  'SIGKILL',
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
] as const

/** Messages are handed over so far ahead of those that are done, by so many clients. */
const AHEAD = 100
const CLIENTS = 3

export async function crashRun(options: CrashRunOptions): Promise<CrashRun> {
  const scene = await openCrashScene()
  try {
    return await run(scene, options)
  } finally {
    await scene.remove()
  }
}

interface CrashScene {
  readonly haraka: HarakaInstance
  readonly relays: readonly ScriptedRelay[]
  readonly dsns: ScriptedRelay
  remove(): Promise<void>
}

async function openCrashScene(): Promise<CrashScene> {
  const plain = await startScriptedRelay(relayAnswers())
  const secure = await startScriptedRelay({ ...relayAnswers(), starttls: true, auth: AUTH, authRequired: true })
  const dsns = await startScriptedRelay()
  const credentials = `auth_user=${AUTH.user}\nauth_pass=${AUTH.pass}`
  const sections = [
    '[main]\ncollect=50ms\nskip_retry=1s',
    sender('plain', plain, `filter[]=${DOMAINS[0]}\nmax_recipients_per_message=3\nmax_messages_per_connection=20`),
    sender('secure', secure, `filter[]=${DOMAINS[1]}\nmax_recipients_per_message=5\ntls=required\n${credentials}`),
    sender('dsn', dsns, 'filter[]=From: <>'),
  ]
  const haraka = await HarakaInstance.create({
    ini: sections.join('\n'),
    script: SCRIPT,
    config: { 'outbound.ini': 'temp_fail_intervals=1h*200\n', 'log.ini': '[main]\nlevel=notice\nformat=default\n' },
    // Haraka takes no interval below 5 s.
    plugins: {
      soon: `exports.register = function () { this.register_hook('deferred', 'soon', 10) }
        exports.soon = (next) => next(DENYSOFT, '1')`,
    },
  })
  return {
    haraka,
    relays: [plain, secure],
    dsns,
    async remove() {
      await haraka.remove()
      await Promise.all([plain, secure, dsns].map((relay) => relay.close()))
    },
  }
}

function sender(name: string, relay: ScriptedRelay, more: string): string {
  const common = 'max_connections=3\nverify_certificate=false'
  return `[sender.${name}]\nhost=127.0.0.1:${relay.port}\n${common}\n${more}\n`
}

async function run(scene: CrashScene, { messages, kills, seed, progress }: CrashRunOptions): Promise<CrashRun> {
  const { haraka, relays, dsns } = scene
  const began = performance.now()
  const random = randomFrom(seed)
  const ledger = new Ledger()
  const bouncesAgain = new BouncesAgain()
  const letters = Array.from({ length: messages }, (_, n) => letter(n, random))
  const recipients = letters.reduce((sum, { recipients: { length } }) => sum + length, 0)
  const counts: Record<string, number> = {}
  let handed = 0
  let inDoubt = 0
  let up = false
  let ready = false

  const commands = (): number =>
    [...relays, dsns].reduce(
      (sum, relay) => sum + relay.connections.reduce((all, connection) => all + connection.commands.length, 0),
      0,
    )
  const sent = (): number => relays.reduce((sum, relay) => sum + relay.messages.length, 0)

  async function handOver({ name, recipients, message }: Letter): Promise<void> {
    try {
      await submit(haraka.port, [message])
      ledger.handedOver(name, recipients)
    } catch (error) {
      if (ready) throw error
      inDoubt++
      ledger.handedOver(name, recipients, false)
    }
  }

  async function client(): Promise<void> {
    for (;;) {
      const next = letters[handed]
      if (!next) return
      if (!up || handed > AHEAD + sent()) {
        await pause(5)
        continue
      }
      handed++
      await handOver(next)
    }
  }

  // What a process does in a row, in commands: all of the work, divided by the kills.
  const perKill = (2.4 * recipients) / Math.max(1, kills)
  await haraka.start()
  up = true
  const clients = Promise.all(Array.from({ length: CLIENTS }, client))
  for (let kill = 0; kill < kills; kill++) {
    const signal = SIGNALS[Math.floor(random() * SIGNALS.length)] ?? 'SIGKILL'
    const enough = commands() + Math.floor(random() * 2 * perKill)
    const deadline = performance.now() + 1_500
    while (commands() < enough && performance.now() < deadline) await pause(1)
    await pause(random() * 5)
    up = false
    counts[signal] = (counts[signal] ?? 0) + 1
    await end(haraka, signal)
    // Whatever was on the way to the relay servers has arrived when they have seen the ends of the connections.
    await until('the connections are closed', () => [...relays, dsns].every(({ openNow }) => openNow === 0))
    bouncesAgain.look(haraka.queued(), dsns)
    await haraka.start()
    up = true
    if ((kill + 1) % 10 === 0) progress?.(`${kill + 1} kills, ${handed} messages handed over, ${sent()} transactions`)
  }
  await clients
  ready = true
  await until('the queue is empty', () => haraka.queue().length === 0, 120_000).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${haraka.queue().join(' ')}\n${haraka.output.slice(-10_000)}`)
  })

  seeBounced(ledger, dsns, bouncesAgain)
  for (const relay of relays) seeDelivered(ledger, relay)
  seeQueued(ledger, haraka.queued())
  const account = ledger.account()
  return {
    account,
    kills: counts,
    inDoubt,
    wrongFates: letters.flatMap(({ recipients }) =>
      recipients.filter((recipient) => {
        const [first] = ledger.sightings(recipient)
        return first !== undefined && (first.fate === 'bounced') !== mustBounce(recipient)
      }),
    ),
    seconds: Math.round((performance.now() - began) / 1000),
    log: haraka.output.slice(-5_000),
  }
}

/** SIGINT lets Haraka finish what it is at; it is given a second for that. */
async function end(haraka: HarakaInstance, signal: NodeJS.Signals): Promise<void> {
  const ended = haraka.stop(signal)
  const late = setTimeout(() => void haraka.stop(), 1_000)
  await ended
  clearTimeout(late)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The account in words, with the doubles by their reasons. */
export function report({ account, kills, inDoubt, wrongFates, seconds }: CrashRun): string {
  const { recipients, fates, lost, twice, wrong } = account
  const reasons = new Map<string, number>()
  for (const { why } of twice) {
    const reason = (why ?? 'for no reason').replaceAll(/connection \d+ to \d+/g, 'connection')
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const ended = Object.entries(kills).map(([signal, count]) => `${count} × ${signal}`)
  return [
    `Haraka ended by ${ended.join(', ')}; ${seconds} s`,
    `${recipients} recipients: ${fates.delivered} delivered, ${fates.bounced} bounced, ${fates.queued} queued`,
    `lost: ${lost.length}; wrong: ${wrong.length + wrongFates.length}; messages in doubt when handed over: ${inDoubt}`,
    `twice: ${twice.length}`,
    ...[...reasons].map(([reason, count]) => `  ${count} × ${reason}`),
  ].join('\n')
}

export type { Account, Twice }
