/**
 * What the figures were measured on.
 */
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

import { HARAKA, ROOT } from './haraka.js'
import { postfixVersion } from './postfix-instance.js'

export type Machine = Readonly<Record<string, string | number>>

export function machine(): Machine {
  const [cpu] = os.cpus()
  return {
    processors: os.availableParallelism(),
    model: cpu?.model.trim() ?? 'unknown',
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GB`,
    system: `${os.platform()} ${os.release()}`,
    Node: process.version,
    Haraka: version(path.join(HARAKA, 'package.json')),
    plugin: version(path.join(ROOT, 'package.json')),
    Postfix: postfixVersion() ?? 'none',
  }
}

/** In one line. */
export function described(what: Machine): string {
  return Object.entries(what)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')
}

function version(file: string): string {
  return (createRequire(__filename)(file) as { version: string }).version
}
