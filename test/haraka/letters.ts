/**
 * Letters that go one after the other over a sender's connections, by Haraka's own delivery, to a scripted relay server.
 */
import assert from 'node:assert/strict'

import type { Script } from '../relay/hmail-driver.js'
import {
  type Answer,
  type RelayRequest,
  type ScriptedRelay,
  type ScriptedRelayOptions,
  startScriptedRelay,
} from '../support/scripted-relay.js'
import { type Delivered, type Letter, type LinkDriver, type LinkDriverOptions, openLinkDriver } from './link-driver.js'

export interface Run {
  readonly relay: ScriptedRelay
  readonly driver: LinkDriver
  readonly delivered: readonly Delivered[]
  /** `delivered ab, bounced c` for each letter. */
  readonly outcomes: readonly string[]
}

/** Letter k goes to `a<k> b<k>` unless it says otherwise, and its subject says its number. */
export async function run(
  relayOptions: ScriptedRelayOptions,
  options: Omit<LinkDriverOptions, 'port'> = {},
  letters: readonly Letter[] = [{}, {}, {}],
): Promise<Run> {
  const relay = await startScriptedRelay(relayOptions)
  const driver = openLinkDriver({ port: relay.port, ...options })
  const delivered: Delivered[] = []
  try {
    for (const [k, letter] of letters.entries())
      delivered.push(
        await driver.deliver({
          from: `m${k}@example.com`,
          to: [`a${k}@x.test`, `b${k}@x.test`],
          body: [Buffer.from(`Subject: ${k}\r\n\r\nHello\r\n`)],
          ...letter,
        }),
      )
    await driver.close()
    await relay.until(() => relay.openNow === 0)
    assertNoCrossTalk(relay, letters)
    const outcomes = delivered.map((one) =>
      one.outcomes
        .map(({ kind, to }) => `${kind} ${to.map((address) => address.split('@')[0]).join(' ')}`)
        .sort()
        .join(', '),
    )
    return { relay, driver, delivered, outcomes }
  } finally {
    await relay.close()
  }
}

/** What the relay server took has the sender and recipients of one letter, and that letter's text. */
function assertNoCrossTalk(relay: ScriptedRelay, letters: readonly Letter[]): void {
  for (const { mailFrom, rcptTo, data } of relay.messages) {
    const k = Number(/^Subject: (\d+)\r$/m.exec(data.toString())?.[1])
    assert.equal(mailFrom.replace(/^prvs=\w+=/, ''), `m${k}@example.com`)
    const to = letters[k]?.to ?? [`a${k}@x.test`, `b${k}@x.test`]
    assert.deepEqual(
      rcptTo.filter((address) => !to.includes(address)),
      [],
    )
  }
}

/** The script was asked about each command of each connection once, in order. */
export function assertAskedOnce({ relay, driver }: Run): void {
  assert.deepEqual(
    driver.asked.map(([command]) => command),
    relay.connections.flatMap(({ commands }) => ['', ...commands]),
  )
}

/** The outcomes where all recipients of these letters got them. */
export const delivered = (...letters: number[]): string[] => letters.map((k) => `delivered a${k} b${k}`)

/** This answer while letter k is under way. */
export const at =
  (k: number, answer: Answer): Answer =>
  (request: RelayRequest) =>
    request.connection.commands.findLast((line) => line.startsWith('MAIL'))?.includes(`<m${k}@`) === true
      ? typeof answer === 'function'
        ? answer(request)
        : answer
      : undefined

/** Says this of replies to commands that begin so. */
export function saying(...rules: [string, string][]): Script {
  return (command) => rules.find(([start]) => command.startsWith(start))?.[1]
}
