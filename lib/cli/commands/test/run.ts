/** `relayout test`: whether the rules do what files of expectations say. */
import path from 'node:path'

import { relayoutError } from '../../../core/errors.js'
import type { Context } from '../../command.js'
import type { ExitCode } from '../../exit-code.js'
import { readAtMost, unreadable } from '../../installation.js'
import { count } from '../../output/units.js'
import { readStandardInput, tooLarge } from '../../standard-input.js'
import type { Expectations, Test } from './expectations.js'
import { Mistakes } from './mistakes.js'
import { type Chosen, type OpenFile, openFile } from './open-file.js'
import { perform, type Performed, prepare, type PreparedTest } from './perform.js'
import { readExpectations } from './read-expectations.js'
import { type PerformedFile, reported } from './report.js'
import { show } from './show.js'
import { WrittenMessages } from './written-messages.js'

export interface TestOptions extends Chosen {
  readonly only?: string
  readonly json?: true
}

/** That a file may have. */
const MOST_MB = 10

/** Nothing is tested before all is found to be in order. */
export async function run(context: Context, args: readonly string[], options: TestOptions): Promise<ExitCode> {
  const nowMs = Date.now()
  const files: Expectations[] = []
  for (const name of args) files.push(usable(context, name, await read(context, name, nowMs)))
  const opened: Opened[] = []
  try {
    for (const { file, tests } of chosenTests(files, options.only)) {
      if (tests.length > 0) await prepareFile(context, file, tests, options, opened)
    }
    const performed: PerformedFile[] = []
    for (const { open, prepared } of opened) performed.push(await performFile(open, prepared))
    const report = reported(
      performed,
      files.reduce((sum, { tests }) => sum + tests.length, 0),
    )
    if (options.json) context.terminal.json(report)
    else show(context.terminal, report)
    return report.failed > 0 ? 1 : 0
  } finally {
    for (const { open, messages } of opened) {
      messages.remove()
      await open.rehearsal.close()
    }
  }
}

async function read({ stdin }: Context, name: string, nowMs: number): Promise<Expectations | Mistakes> {
  const file = name === '-' ? 'standard input' : name
  const bytes = name === '-' ? await readStandardInput(stdin, MOST_MB) : readNamed(name)
  const folder = name === '-' ? process.cwd() : path.dirname(path.resolve(name))
  return readExpectations(utf8(bytes, file), { file, folder, nowMs })
}

function readNamed(name: string): Buffer {
  let bytes: Buffer
  try {
    bytes = readAtMost(name, MOST_MB * 1_000_000)
  } catch (error) {
    throw unreadable(name, error)
  }
  if (bytes.length > MOST_MB * 1_000_000) throw tooLarge(name, MOST_MB)
  return bytes
}

function utf8(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw relayoutError('RELAYOUT_E_FILE', { file, why: 'it is no UTF-8 text' })
  }
}

/** Or all mistakes are said. */
function usable<Value extends object>({ terminal }: Context, file: string, value: Value | Mistakes): Value {
  if (!(value instanceof Mistakes)) return value
  for (const sentence of value.sentences) terminal.remark(sentence)
  const mistakes = value.count === 1 ? 'there is a mistake' : `there are ${count(value.count, 'mistake')}`
  throw relayoutError('RELAYOUT_E_TEST_FILE', { count: mistakes, file: file === '-' ? 'standard input' : file })
}

function chosenTests(files: readonly Expectations[], part: string | undefined) {
  const wanted = files.map((file) => ({
    file,
    tests: file.tests.filter(({ name }) => part === undefined || name.toLowerCase().includes(part.toLowerCase())),
  }))
  if (wanted.some(({ tests }) => tests.length > 0)) return wanted
  const names = files.flatMap(({ tests }) => tests.map(({ name }) => name)).join('; ')
  throw relayoutError('RELAYOUT_E_TEST_ONLY', { part: part ?? '', names })
}

interface Opened {
  readonly open: OpenFile
  readonly messages: WrittenMessages
  readonly prepared: PreparedTest[]
}

/** Added to `opened` before anything can go wrong that leaves files behind. */
async function prepareFile(
  context: Context,
  file: Expectations,
  tests: readonly Test[],
  options: TestOptions,
  opened: Opened[],
): Promise<void> {
  const open: OpenFile = usable(context, file.file, openFile(context, file, options))
  const messages = new WrittenMessages(file.folder, open.retryIntervals)
  const prepared: PreparedTest[] = []
  opened.push({ open, messages, prepared })
  const mistakes = new Mistakes(file.file)
  for (const test of tests) prepared.push(await prepare(test, messages, mistakes))
  if (mistakes.count > 0) usable(context, file.file, mistakes)
}

async function performFile(open: OpenFile, prepared: readonly PreparedTest[]): Promise<PerformedFile> {
  const performed: Performed[] = []
  for (const test of prepared) performed.push(await perform(test, open))
  return { file: open.expectations.file, performed }
}
