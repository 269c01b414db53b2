/**
 * How Haraka is set up for one drain, with the plugin or without: the same limits and credentials on both sides.
 */
import type { Credentials } from './sink-dialogue.js'

export interface DrainSetup {
  /** False: Haraka without the plugin. */
  readonly relayout: boolean
  /** The text of config/relayout.lua; undefined: no such file. */
  readonly script?: string
  /** max_connections of the sender, or without the plugin concurrency_max; undefined: the default. */
  readonly connections?: number
  /** Of the sender; undefined: the default. */
  readonly pipelining?: boolean
  /** Return paths are tagged. */
  readonly tags?: boolean
  /** Lines of [main] beside `journal`, by key; undefined: no journal is kept. */
  readonly journal?: Readonly<Record<string, string>>
}

/** In Haraka's folder. */
export const JOURNAL = 'relayout.journal'

const TAGS = '[batv]\nenabled = true\nsecret = thirty characters, more or less\n'

export const EMPTY_SCRIPT = '-- This script has no function.\n'

/** Files in Haraka's config folder. Without the plugin, the probe names the relay server and the credentials. */
export function configFor(setup: DrainSetup, port: number, credentials?: Credentials): Record<string, string> {
  const { relayout, script, connections, pipelining, tags, journal } = setup
  if (!relayout) return connections === undefined ? {} : { 'outbound.ini': `concurrency_max=${connections}\n` }
  const section = {
    host: `127.0.0.1:${port}`,
    max_connections: connections,
    pipelining,
    auth_user: credentials?.user,
    auth_pass: credentials?.pass,
  }
  const main = journal ? `[main]\n${linesOf({ journal: JOURNAL, ...journal })}` : ''
  return {
    'relayout.ini': `${main}${tags ? TAGS : ''}[sender.default]\n${linesOf(section)}`,
    ...(script === undefined ? {} : { 'relayout.lua': script }),
  }
}

function linesOf(section: Readonly<Record<string, string | number | boolean | undefined>>): string {
  return Object.entries(section)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}\n`]))
    .join('')
}
