/**
 * Mail through a Haraka that is ended again and again at random moments of its work, and started again at once
 * (crash-scene.ts). Gives an account of every recipient.
 */
import { type Account, copiesByReason } from '../accounting/ledger.js'
import { randomFrom } from '../support/random.js'
import { CrashScene, pause } from './crash-scene.js'

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
  /** Messages of which it is not known whether Haraka took them: it was ended before it said so. */
  readonly inDoubt: number
  /** Recipients that bounced but should not have, or the other way round. */
  readonly wrongFates: readonly string[]
  readonly seconds: number
  /** The end of Haraka's log. */
  readonly log: string
}

/** Mostly without a warning. */
const SIGNALS = [...Array<'SIGKILL'>(8).fill('SIGKILL'), 'SIGTERM', 'SIGINT'] as const

/** Nothing goes on, ms. */
const QUIET_MS = 3_000

export async function crashRun({ messages, kills, seed, progress }: CrashRunOptions): Promise<CrashRun> {
  const began = performance.now()
  const random = randomFrom(seed + 1)
  const log = { 'log.ini': '[main]\nlevel=notice\nformat=default\n' }
  const scene = await CrashScene.open({ messages, seed, config: log })
  try {
    const counts: Record<string, number> = {}
    const recipients = scene.letters.reduce((sum, letter) => sum + letter.recipients.length, 0)
    // How far a process comes, in commands to the relay servers: all of the work, divided by the kills.
    const perKill = (2 * recipients) / Math.max(1, kills)
    await scene.start()
    const handedOver = scene.handOverAll()
    for (let kill = 1; kill <= kills; kill++) {
      const signal = SIGNALS[Math.floor(random() * SIGNALS.length)] ?? 'SIGKILL'
      const enough = scene.commands + random() * 2 * perKill
      await scene.comesTo(enough, QUIET_MS)
      await pause(random() * 5)
      counts[signal] = (counts[signal] ?? 0) + 1
      await scene.end(signal)
      await scene.start()
      if (kill % 10 === 0) progress?.(`${kill} kills, ${scene.handed} messages handed over, ${scene.sent} transactions`)
    }
    await handedOver
    const account = await scene.drained()
    return {
      account,
      kills: counts,
      inDoubt: scene.inDoubt,
      wrongFates: scene.wrongFates,
      seconds: Math.round((performance.now() - began) / 1000),
      log: scene.haraka.output.slice(-5_000),
    }
  } finally {
    await scene.remove()
  }
}

/** The account in words, with the doubles by their reasons. */
export function report({ account, kills, inDoubt, wrongFates, seconds }: CrashRun): string {
  const { recipients, fates, lost, twice, wrong } = account
  const ended = Object.entries(kills).map(([signal, count]) => `${count} × ${signal}`)
  return [
    `Haraka ended by ${ended.join(', ')}; ${seconds} s`,
    `${recipients} recipients: ${fates.delivered} delivered, ${fates.bounced} bounced, ${fates.queued} queued`,
    `lost: ${lost.length}; wrong: ${wrong.length + wrongFates.length}; messages in doubt when handed over: ${inDoubt}`,
    `twice: ${twice.length}`,
    ...Array.from(copiesByReason(account), ([reason, count]) => `  ${count} × ${reason}`),
  ].join('\n')
}
