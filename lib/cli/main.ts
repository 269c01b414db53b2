/** From the words on the command line to an exit code. Nothing of it throws: an error is one sentence. */
import { CommanderError } from 'commander'

import { RelayoutError, sentence } from '../core/errors.js'
import type { ExitCode } from './exit-code.js'
import { reasonOf } from './installation.js'
import { plain, processTerminal } from './output/terminal.js'
import { buildProgram } from './program.js'

export async function main(args: readonly string[]): Promise<void> {
  process.stdout.on('error', endWithoutOutput)
  // There is nobody to be told.
  process.stderr.on('error', () => undefined)
  const exitCode = await run(args)
  // Haraka's configuration goes on watching its files: the process would not end by itself.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)))
}

async function run(args: readonly string[]): Promise<ExitCode> {
  const terminal = processTerminal()
  let exitCode: ExitCode = 0
  const program = buildProgram({ terminal, stdin: process.stdin }, (code) => (exitCode = code))
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const text =
      error instanceof RelayoutError ? error.message : `this is a fault of relayout itself: ${plain(String(error))}`
    terminal.remark(`${terminal.paint('red', 'relayout:')} ${text}`)
    if (!(error instanceof RelayoutError) && process.env['RELAYOUT_DEBUG'])
      terminal.remark(String((error as Error).stack))
    return 2
  }
}

function endWithoutOutput(error: NodeJS.ErrnoException): void {
  // Whoever reads the output has seen enough (`relayout queue | head`).
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`relayout: ${sentence('RELAYOUT_E_OUTPUT', { why: reasonOf(error) })}\n`)
  process.exit(2)
}
