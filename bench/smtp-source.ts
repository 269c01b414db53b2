/**
 * What the sink itself can take: Postfix's smtp-source pours the same messages into it, a client in C that keeps no
 * queue, removes no file and writes no log. It does not pipeline, so that the sink reads more often than from a client
 * that does.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'

import { delivered, type Delivered } from './drain-once.js'
import { messages } from './messages.js'
import { onExit } from './on-exit.js'
import type { Sink } from './sink-process.js'
import { temporaryFolder } from './temporary-folder.js'

const LONGEST_MS = 120_000
/** Where Debian has it, which is not in everybody's path. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin']

export const SMTP_SOURCE_MISSING =
  "The sink's own limit is not beside: smtp-source, which comes with Postfix, is missing."

export interface PourOptions {
  readonly count: number
  /** At one time. */
  readonly connections: number
  /** False: a connection for each message. */
  readonly reuse: boolean
}

/** Undefined: it is not installed. */
export function smtpSource(): string | undefined {
  return FOLDERS.map((folder) => path.join(folder, 'smtp-source')).find((file) => fs.existsSync(file))
}

/** Undefined where there is no smtp-source. */
export async function pour(sink: Sink, { count, connections, reuse }: PourOptions): Promise<Delivered | undefined> {
  const program = smtpSource()
  if (program === undefined) return undefined
  const message = path.join(temporaryFolder('message'), 'message')
  const [one] = messages(1, 1)
  fs.writeFileSync(message, String(one!.data).replaceAll('\r\n', '\n'))
  await sink.ask('reset')
  const startMs = Date.now()
  const child = spawn(
    program,
    [
      ...['-4', '-s', Math.min(connections, count), '-m', count, ...(reuse ? ['-d'] : [])].map(String),
      ...['-M', 'source.example.com', '-f', one!.from, '-t', one!.to[0]!, '-F', message, `127.0.0.1:${sink.port}`],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], timeout: LONGEST_MS },
  )
  const ended = onExit(() => child.kill('SIGKILL'))
  const [code] = (await once(child, 'exit')) as [number | null]
  ended()
  if (code !== 0) throw new Error(`smtp-source has ended with ${code ?? 'a signal'}`)
  const report = await sink.ask('report')
  if (report.messages < count) throw new Error(`smtp-source has sent ${report.messages} messages of ${count}`)
  return delivered(report, count, startMs, report.lastAcceptedMs)
}
