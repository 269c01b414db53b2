/**
 * The options of `npm start`: `-- --port N --relay-port N --folder DIR`, or PORT, RELAY_PORT and INSTANCE in the
 * environment. The command line goes first.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'

import { Problem } from './problem.js'

export interface StartOptions {
  readonly port: number
  /** Undefined: the one that this instance had last, at first 2526. */
  readonly relayPort: number | undefined
  readonly folder: string
}

export const DEFAULT_PORT = 2525
export const DEFAULT_RELAY_PORT = 2526

const USAGE = 'npm start -- [--port N] [--relay-port N] [--folder DIR]'

export function startOptions(args: readonly string[], env: NodeJS.ProcessEnv, root: string): StartOptions {
  const given = parse(args)
  const port = number('--port', given.port ?? env['PORT']) ?? DEFAULT_PORT
  const relayPort = number('--relay-port', given['relay-port'] ?? env['RELAY_PORT'])
  if (relayPort === port)
    throw new Problem(`Haraka and the test relay cannot both have port ${port}: choose two different ones.`)
  return { port, relayPort, folder: path.resolve(given.folder ?? env['INSTANCE'] ?? path.join(root, 'instance')) }
}

function parse(args: readonly string[]): { port?: string; 'relay-port'?: string; folder?: string } {
  const string = { type: 'string' } as const
  try {
    return parseArgs({ args: [...args], options: { port: string, 'relay-port': string, folder: string } }).values
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ')
    throw new Problem(`${sentence ?? 'Unknown arguments'}. Usage: ${USAGE}`)
  }
}

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new Problem(`${option} ${text} is no port: a number from 1 to 65535 is. Usage: ${USAGE}`)
}
