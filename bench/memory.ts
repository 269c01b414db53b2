/**
 * What a million calls of one session leave in the memory of the script engine: the least of many samples, so what is
 * left when the garbage has gone, at the end against the beginning.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { MessageFacts } from '../lib/script/port.js'
import { createScriptPort } from '../lib/script/thread-port.js'
import { figure, median } from './figure.js'
import type { Part } from './part.js'
import { SESSION_GLOBALS } from './script.js'
import { temporaryFolder } from './temporary-folder.js'

const CALLS = 1_000_000
const IN_FLIGHT = 50
const PARTS = 10
const HEADERS = 10
const CALLS_PER_MESSAGE = 8
const SAMPLES = 1_000

const SCRIPT = `
function CheckFile(_, actions, size, _, from, recipients, header)
  for name, value in pairs(header) do actions.Reason = name:lower() .. value .. size .. from end
  return actions
end
function ReturnCodeHandler(command, reply)
  if command == 'memory' then return '250 ' .. collectgarbage('count') end
  if reply:sub(1, 3) == '450' then return '550' .. reply:sub(4) .. command:upper() end
end`

export const memory: Part = {
  about:
    'Memory of the script engine over a million calls of one session, no two alike: one of CheckFile, then seven of ' +
    'ReturnCodeHandler, and so on.',
  secondsARound: 23,
  async run({ rounds, count, progress }) {
    const tenths: { first: number; last: number }[] = []
    for (let round = 1; round <= rounds; round++) {
      const shown = (what: string): void => progress(`round ${round} of ${rounds}: ${what}`)
      const least = await leastOfEachPart(temporaryFolder('memory'), count(CALLS), shown)
      tenths.push({ first: least[0] ?? 0, last: least.at(-1) ?? 0 })
    }
    const first = megabytes(median(tenths.map((one) => one.first)))
    const last = megabytes(median(tenths.map((one) => one.last)))
    const ratios = tenths.map((one) => one.last / one.first)
    const detail = `${first} in the first tenth of the calls, ${last} in the last`
    const grown = figure('memory in use, last tenth / first tenth', 'lower', ratios, detail)
    return {
      figures: [{ ...grown, goal: '≤ 1.5' }],
      summary: [
        {
          what: "a script engine's memory in the last tenth of a million calls",
          ours: last,
          ratios: [{ to: `in the first tenth (${first})`, figure: grown.name }],
          brief: true,
        },
      ],
    }
  },
}

/** Kilobytes. */
async function leastOfEachPart(folder: string, calls: number, progress: (what: string) => void): Promise<number[]> {
  const sampleEvery = Math.max(1, Math.floor(calls / SAMPLES))
  const port = createScriptPort({ timeoutMs: 1000, memoryMb: 64 })
  const source = { name: 'relayout.lua', bytes: Buffer.from(SCRIPT), version: '' }
  const session = port.open(source, SESSION_GLOBALS, { print: () => undefined, warning: () => undefined })
  const files = Array.from({ length: 50 }, (_, i) => messageFile(folder, i))
  const least: number[] = []
  let made = 0
  const lane = async (): Promise<void> => {
    while (made < calls) {
      const i = made++
      const part = Math.floor((PARTS * i) / calls)
      if (i % sampleEvery === 0) {
        const kilobytes = Number((await session.returnCode('memory', '', '', ''))?.slice(4))
        least[part] = Math.min(least[part] ?? Infinity, kilobytes)
        progress(`${i} calls of one session`)
      }
      const reply = `450 4.2.0 user ${i}`
      if (i % CALLS_PER_MESSAGE === 0) await session.checkFile(facts(files[i % files.length] ?? '', i))
      else await session.returnCode(`RCPT TO:<user${i}@example.com>`, reply, reply, 'smtp.example.net')
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  await port.close()
  return least
}

function messageFile(folder: string, nth: number): string {
  const file = path.join(folder, String(nth))
  const header = Array.from({ length: HEADERS }, (_, i) => `X-${nth}-${i}: value ${i}\r\n`).join('')
  fs.writeFileSync(file, `${header}\r\nbody\r\n`)
  return file
}

function facts(filename: string, i: number): MessageFacts {
  return {
    filename,
    dataStart: 0,
    size: i,
    creationTime: '20260102030405',
    returnPath: `sender${i}@example.com`,
    recipients: [`one${i}@example.com`],
    retries: 0,
    lastTryTime: '',
  }
}

const megabytes = (kilobytes: number): string => `${(kilobytes / 1024).toFixed(1)} MB`
