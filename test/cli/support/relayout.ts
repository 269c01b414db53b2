/** The built command in a process of its own, as a user calls it. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'

import { PACKAGE } from '../../support/haraka-instance.js'

export const BIN = path.join(PACKAGE, 'dist', 'lib', 'cli', 'bin.js')

export interface Called {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface CallOptions {
  readonly cwd?: string
  readonly stdin?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
}

/** At 80 columns, without colours, in UTC, unless `env` says otherwise. */
export async function relayout(args: readonly string[], { cwd, stdin, env }: CallOptions = {}): Promise<Called> {
  const inherited = { ...process.env }
  delete inherited['HARAKA']
  delete inherited['FORCE_COLOR']
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    env: { ...inherited, COLUMNS: '80', NO_COLOR: '1', TZ: 'UTC', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined) // it need not read what it is given
  child.stdin.end(stdin)
  const code = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, err }
}

/** The document that `--json` printed. */
export async function relayoutJson<Document>(args: readonly string[], options?: CallOptions): Promise<Document> {
  const { out, err } = await relayout([...args, '--json'], options)
  if (out === '') throw new Error(`nothing was printed, but: ${err}`)
  return JSON.parse(out) as Document
}
