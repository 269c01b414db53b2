/**
 * Postfix's smtp-sink as a relay server, with its fault options; what it took is in a file for each message.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

import { identify } from '../accounting/identity.js'
import type { Ledger } from '../accounting/ledger.js'
import { onExit } from '../../bench/on-exit.js'

export interface SmtpSink {
  readonly port: number
  see(ledger: Ledger): void
  remove(): Promise<void>
}

/** `options` are those of smtp-sink(1). */
export async function startSmtpSink(port: number, options: readonly string[]): Promise<SmtpSink> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-smtp-sink-'))
  fs.chmodSync(folder, 0o777) // it runs as another user
  const dump = path.join(folder, 'm.')
  const child = spawn('smtp-sink', ['-u', 'postfix', '-d', dump, ...options, `127.0.0.1:${port}`, '100'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  // Alone it is no reason for this process to go on.
  child.unref()
  const kill = (): void => void child.kill('SIGKILL')
  const removed = onExit(kill)
  await listening(child, port, () => said)
  return {
    port,
    see(ledger) {
      // What it refuses at the end of data it has written down all the same.
      if (options.includes('.')) return
      for (const name of fs.readdirSync(folder)) {
        const text = fs.readFileSync(path.join(folder, name), 'latin1')
        for (const recipient of recipientsOf(text))
          ledger.sees({ recipient, ...identify(messageOf(text)), fate: 'delivered', where: `smtp-sink on ${port}` })
      }
    },
    async remove() {
      if (child.exitCode === null && child.signalCode === null) {
        kill()
        await once(child, 'exit')
      }
      fs.rmSync(folder, { recursive: true })
      removed()
    },
  }
}

/** For the title of a suite; '' where it is installed. */
export const WITHOUT_SMTP_SINK = spawnSync('smtp-sink', ['-?']).error
  ? ' (skipped: no smtp-sink; test/support/install-relays.sh installs it)'
  : ''

async function listening(child: ChildProcess, port: number, said: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`smtp-sink has ended: ${said()}`)
    const socket = net.connect(port, '127.0.0.1')
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (connected) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Before the message come lines that say how it came: `X-Rcpt-Args: <bob@example.net>`. */
function recipientsOf(text: string): string[] {
  return [...text.matchAll(/^X-Rcpt-Args: <([^>]*)>/gm)].map(([, address]) => address!)
}

/** What the server has put before it does not matter; after it comes an empty line, and all lines are without CR. */
function messageOf(text: string): string {
  return text.replace(/\n$/, '').replaceAll('\n', '\r\n')
}
