/**
 * `npm run demo`: eleven messages through a Haraka with the plugin and two relays, and a table of what became of them.
 * Everything runs in a temporary folder, beside any `npm start`. Exit code 0 when all is as the script has it.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { HarakaProcess } from './haraka-process.js'
import { makeInstance } from './instance.js'
import { isAlarm, type LogLine, parseEvent, readable } from './log-line.js'
import { observe } from './observation.js'
import { DEFAULT_PORT, DEFAULT_RELAY_PORT } from './options.js'
import { packageRoot } from './package-root.js'
import { ADDRESS, freePort } from './ports.js'
import { preflight } from './preflight.js'
import { command, Problem } from './problem.js'
import { RelayChild } from './relay-child.js'
import { differences, isComplete, type Result, resultTable } from './report.js'
import { scenario } from './scenario.js'
import { untilStopped } from './stop-signal.js'
import { submit } from './submit.js'
import { wrap } from './table.js'

/** Longest wait for all outcomes, ms. */
const WAIT_MS = 30_000
const LOOK_EVERY_MS = 100

const WIDTH = 100

const SHOWN_EVENTS = new Set(['skip', 'rewrite'])

command(async () => {
  const root = packageRoot()
  preflight(root)
  const stopped = untilStopped()
  const port = await freePort(DEFAULT_PORT)
  const relayPorts = [await freePort(DEFAULT_RELAY_PORT), await freePort(DEFAULT_RELAY_PORT + 1)] as const
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-demo-'))
  let failed = true
  try {
    makeInstance({ root, folder, port, relayPort: relayPorts[0], config: config(root, relayPorts) })
    failed = (await run(root, folder, port, relayPorts, stopped)) > 0
  } finally {
    if (!failed) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    else console.error(`\nThe folder of this run is kept: ${folder} (haraka.log, config, queue)`)
  }
  return failed ? 1 : 0
})

/** The number of things that are not as they should be. */
async function run(
  root: string,
  folder: string,
  port: number,
  relayPorts: readonly number[],
  stopped: Promise<string>,
): Promise<number> {
  console.log(`Starting Haraka with relayout on ${ADDRESS}:${port}, two test relays on ${relayPorts.join(' and ')} …`)
  const log: LogLine[] = []
  const relay = await RelayChild.start(relayPorts, () => undefined)
  try {
    const haraka = await HarakaProcess.start(root, folder, (line) => log.push(line))
    try {
      const results = await Promise.race([
        sendAll(port, { log, records: relay.records }),
        stopped.then(() => Promise.reject(new Problem('Stopped before the end.'))),
        haraka.ended.then(() => Promise.reject(new Problem(haraka.whyEnded()))),
      ])
      return print(results, log)
    } finally {
      await haraka.end()
    }
  } finally {
    await relay.end()
  }
}

/** Sends the messages over one connection, and waits until all outcomes are there, or long enough. */
async function sendAll(port: number, witnesses: Parameters<typeof observe>[1]): Promise<Result[]> {
  const cases = scenario(Date.now())
  console.log(`Sending ${cases.length} messages; the script is demo/relayout.lua …\n`)
  const replies = await submit(
    port,
    cases.map(({ message }) => message),
  )
  const uuids = replies.map((reply) => /\(([\w.-]+)\)/.exec(reply)?.[1] ?? reply)
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    const results = cases.map((one, i) => {
      return { case: one, observation: observe({ key: one.key, uuid: uuids[i]!, to: one.message.to }, witnesses) }
    })
    if (results.every(isComplete) || Date.now() > deadline) return results
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

function print(results: readonly Result[], log: readonly LogLine[]): number {
  console.log(resultTable(results))
  console.log('\nsent: the place among all that the two relays received, reports of bounces included.')
  console.log("\nThe lines of Haraka's log behind it:\n")
  for (const line of log) {
    const text = readable(line)
    if (text !== undefined && matters(line)) console.log(wrap(text, WIDTH - 4).join('\n    '))
  }
  const wrong = differences(results)
  if (wrong.length > 0) {
    console.log(`\nNot everything is as the script has it:\n${wrong.map((sentence) => `  ${sentence}`).join('\n')}`)
    return wrong.length
  }
  console.log(
    '\nAll is as the script has it. Next: npm start, and try a script of your own in' +
      '\ninstance/config/relayout.lua. What a script can do is in README.md; demo/relayout.lua ran here.',
  )
  return 0
}

/** The lines that the table stands on, and every alarm. */
function matters(line: LogLine): boolean {
  return isAlarm(line) || SHOWN_EVENTS.has(parseEvent(line)?.name ?? '')
}

function config(root: string, [mainPort, largePort]: readonly [number, number]): Record<string, string | Buffer> {
  return {
    me: 'haraka.example.com\n',
    'relayout.lua': fs.readFileSync(path.join(root, 'demo', 'relayout.lua')),
    'relayout.ini': `[main]
; All messages of the demo are to be there before the first goes.
collect = 1s

[sender.main]
host = ${ADDRESS}:${mainPort}
; One at a time, so that the order can be seen.
max_connections = 1

[sender.large]
host = ${ADDRESS}:${largePort}
filter[] = Attempt: Size>100k
`,
  }
}
