/**
 * `relayout why` and `relayout backtest` on the journal of a drain of 20,000 messages, some 55 MB: how long they take
 * against reading that file, and how many of its records they read in a second.
 */
import fs from 'node:fs'
import path from 'node:path'

import { drainOnce } from './drain-once.js'
import { EMPTY_SCRIPT } from './drain-setup.js'
import { type Figure, figure, median } from './figure.js'
import { inTurns, paired } from './in-turns.js'
import type { Part, PartOptions } from './part.js'
import { queueFolder } from './queue-folder.js'
import { BIN, type Run, runCommand } from './run-command.js'
import { Sink } from './sink-process.js'
import { withCommas } from './summary.js'
import { temporaryFolder } from './temporary-folder.js'

const MESSAGES = 20_000

const PRIORITIES = `
function CheckFile(_, actions, size, _, from)
  if from:find("sender3", 1, true) then actions.Priority = 10 end
  return actions
end`

const BASE = 'reading the file'
const NAMES = [BASE, 'relayout why UUID', 'relayout why ADDRESS', 'relayout backtest'] as const

type Name = (typeof NAMES)[number]

export const journalCommands: Part = {
  about:
    `The journal of a drain of ${MESSAGES} messages, which the system has in its memory, is asked for one message by its ` +
    'id, and by the address of its recipient; and put to a script with CheckFile and to one without; against a process ' +
    'that reads the file.',
  secondsARound: 15,
  async run(options) {
    const journal = await made(options)
    const { rounds, progress } = options
    const { bytes, records, uuid, recipient } = surveyed(journal)
    const config = path.dirname(journal)
    const [script, against] = [path.join(config, 'new.lua'), path.join(config, 'old.lua')]
    fs.writeFileSync(path.join(config, 'relayout.ini'), '[sender.default]\nhost = relay.example.net\n')
    fs.writeFileSync(script, PRIORITIES)
    fs.writeFileSync(against, EMPTY_SCRIPT)
    const asked = ['--journal', journal, '--config', config]
    const calls: Record<Name, readonly string[]> = {
      [BASE]: [path.join(__dirname, 'read-file.js'), journal],
      'relayout why UUID': [BIN, 'why', ...asked, uuid],
      'relayout why ADDRESS': [BIN, 'why', ...asked, recipient],
      'relayout backtest': [BIN, 'backtest', ...asked, '--script', script, '--against', against],
    }
    // So that the system has it in its memory for the first of them, too.
    await runCommand(calls[BASE])
    const runs = await inTurns(NAMES, rounds, (name, round) => {
      progress(`round ${round + 1} of ${rounds}: ${name}`)
      // Exit code 1: something would be different, as it is to be.
      return runCommand(calls[name], name === 'relayout backtest' ? [1] : [0])
    })
    const results = NAMES.filter((name) => name !== BASE).map((name) => result(name, runs[name], runs[BASE], records))
    return {
      figures: results.map(({ figure }) => figure),
      summary: results.map(({ row }) => row),
      measurements: runs,
      notes: [`The journal has ${(bytes / 2 ** 20).toFixed(0)} MB and ${withCommas(records)} records.`],
    }
  },
}

async function made({ count, progress }: PartOptions): Promise<string> {
  progress('a journal is being made')
  const journal = path.join(temporaryFolder('journal'), 'relayout.journal')
  const queue = await queueFolder(count(MESSAGES))
  const setup = { relayout: true, script: EMPTY_SCRIPT, journal: { journal_size: '1g' } }
  await Sink.during({ extensions: true }, (sink) => drainOnce(setup, queue, sink, { journal }))
  return journal
}

/** Of its records, and of a message in the middle. */
function surveyed(journal: string): { bytes: number; records: number; uuid: string; recipient: string } {
  const text = fs.readFileSync(journal, 'utf8')
  const middle = text.slice(text.length >> 1)
  return {
    bytes: fs.statSync(journal).size,
    records: text.split('\n').filter((line) => line !== '').length,
    uuid: found(/[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}(?:\.\d+)+/, middle),
    recipient: found(/recipient\d+@example\.net/, middle),
  }
}

function found(expression: RegExp, text: string): string {
  const [match] = expression.exec(text) ?? []
  if (match === undefined) throw new Error(`the journal has no ${expression.source}`)
  return match
}

function result(name: Name, own: readonly Run[], base: readonly Run[], records: number) {
  const seconds = (runs: readonly Run[]): number => median(runs.map((run) => run.seconds))
  const ratios = paired(own, base, (one, other) => one.seconds / other.seconds)
  const speed = `${withCommas(records / seconds(own))} records/s`
  const one: Figure = figure(
    `${name} / ${BASE}: time`,
    'lower',
    ratios,
    `${seconds(own).toFixed(2)} s against ${seconds(base).toFixed(2)} s, ${speed}`,
  )
  const row = {
    what: `${name}, in the journal of ${withCommas(MESSAGES)} messages`,
    ours: `${seconds(own).toFixed(1)} s, ${speed}`,
    ratios: [{ to: `${BASE} (${seconds(base).toFixed(2)} s)`, figure: one.name }],
    brief: true,
  }
  return { figure: one, row }
}
