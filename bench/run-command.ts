/**
 * A Node program, run once and measured: how long it took and how much memory it had at most.
 */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'

import { ROOT } from './haraka.js'

/** The program of the command `relayout`. */
export const BIN = path.join(ROOT, 'dist/lib/cli/bin.js')

const REPORT_USAGE = path.join(__dirname, 'report-usage.js')

export interface Run {
  readonly seconds: number
  readonly peakMb: number
}

/** `args`: of node. What it prints is thrown away. Throws when its exit code is none of `codes`. */
export async function runCommand(args: readonly string[], codes = [0]): Promise<Run> {
  const begin = performance.now()
  const child = spawn(process.execPath, ['--require', REPORT_USAGE, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const code = new Promise<number | null>((resolve) => child.on('close', resolve))
  const usage = await text(child.stdio[3] as NodeJS.ReadableStream)
  const ended = await code
  if (ended === null || !codes.includes(ended)) throw new Error(`${args.join(' ')} ended with ${ended}`)
  const seconds = (performance.now() - begin) / 1000
  return { seconds, peakMb: (JSON.parse(usage) as NodeJS.ResourceUsage).maxRSS / 1024 }
}
