/**
 * TCP ports of this computer's own address.
 */
import { once } from 'node:events'
import net from 'node:net'

import { Problem } from './problem.js'

export const ADDRESS = '127.0.0.1'

export async function isFree(port: number): Promise<boolean> {
  return (await listen(port)) !== undefined
}

/** `preferred` when it is free, else any that is. */
export async function freePort(preferred = 0): Promise<number> {
  const port = (await listen(preferred)) ?? (await listen(0))
  if (port === undefined) throw new Problem(`No port of ${ADDRESS} is free.`)
  return port
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

async function listen(port: number): Promise<number | undefined> {
  const server = net.createServer().listen(port, ADDRESS)
  try {
    await once(server, 'listening')
  } catch {
    return undefined
  }
  const address = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return address.port
}
