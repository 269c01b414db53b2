/**
 * TCP ports of this computer's own address.
 */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'

import { Problem } from './problem.js'

export const ADDRESS = '127.0.0.1'

/** The system's own begin at 32768 on Linux, above that elsewhere. */
const [LOWEST, BELOW] = [10_000, 32_768]
const MOST_TRIES = 100

export async function isFree(port: number): Promise<boolean> {
  return (await failure(port)) === undefined
}

/**
 * `preferred` when it is free, else any that is. It comes from below the ports that the system gives to whoever asks for
 * none in particular, so that it is not gone again before it is listened on.
 */
export async function freePort(preferred?: number): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = tries === 0 && preferred !== undefined ? preferred : randomInt(LOWEST, BELOW)
    if (await isFree(port)) return port
  }
  throw new Problem(`No port of ${ADDRESS} is free.`)
}

/** Throws a Problem, in one sentence, when the port cannot be listened on. `option` is how to choose another. */
export async function needPort(port: number, option: string): Promise<void> {
  const code = await failure(port)
  if (code === undefined) return
  const why =
    code === 'EADDRINUSE'
      ? 'is in use by another program (another npm start?): end that'
      : `may not be listened on (${code}): take one above 1023`
  throw new Problem(
    `Port ${port} of ${ADDRESS} ${why}, or choose another port with npm start -- ${option} ${other(port)}.`,
  )
}

function other(port: number): number {
  return port < 50_000 ? port + 100 : port - 100
}

async function failure(port: number): Promise<string | undefined> {
  const server = net.createServer().listen(port, ADDRESS)
  try {
    await once(server, 'listening')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
  server.close()
  await once(server, 'close')
  return undefined
}
