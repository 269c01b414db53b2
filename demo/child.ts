/**
 * A Node process that does not outlive this one, and how it is ended.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Readable } from 'node:stream'

/** How long a child may take to end by itself, ms. */
const GRACE_MS = 5_000

export type Child = ChildProcess & { readonly stdout: Readable; readonly stderr: Readable }

/** Starts `file` with `follow-parent` loaded first; its output is piped. */
export function startChild(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child {
  return spawn(process.execPath, ['--require', path.join(__dirname, 'follow-parent.js'), file, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true, // a process group of its own
    windowsHide: true,
  }) as unknown as Child
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Asks by SIGINT, after a while by SIGKILL; resolves when the process is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await ended
  clearTimeout(timer)
}
