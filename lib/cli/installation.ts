/**
 * The installation that the command looks at: relayout.ini and the scripts in Haraka's config folder, read as Haraka
 * reads them. Nothing is written, and no secret that the settings hold is shown.
 */
import { accessSync, closeSync, constants, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import path from 'node:path'

import { relayoutError } from '../core/errors.js'
import type { SenderSettings, SettingsResult } from '../core/settings/settings.js'
import type { ConfigReader } from '../policy/config-reader.js'
import { readSettings, SETTINGS_FILE } from '../policy/read-settings.js'
import { noScript, readScript, scriptSource } from '../policy/script-file.js'
import type { ScriptSource } from '../script/port.js'
import { intervals } from './temp-fail-intervals.js'

export interface Installation {
  /** Haraka's config folder; undefined: none was found, and the settings are the defaults. */
  readonly configFolder: string | undefined
  readonly queueFolder: string | undefined
  readonly settings: SettingsResult
  /** Haraka's own, seconds. */
  readonly retryIntervals: readonly number[]
  /** By its name in the settings; undefined: there is no such file. Throws a RelayoutError where it cannot be read. */
  script(name: string): ScriptSource | undefined
}

/** What tells a config folder of Haraka. */
const SIGNS = [SETTINGS_FILE, 'relayout.lua', 'plugins', 'smtp.ini']

/** The engine takes no larger one. */
const LARGEST_SCRIPT = 4 * 1024 * 1024

/** The package's own folder, whose config/ has the defaults. */
const PACKAGE = path.join(__dirname, '..', '..', '..')

/** `folder`: as `--config` gives it. Throws a RelayoutError. */
export function openInstallation(folder: string | undefined): Installation {
  const configFolder = folder === undefined ? foundFolder() : namedFolder(folder)
  if (configFolder === undefined) {
    const config: ConfigReader = { get: () => undefined }
    const nothing = readSettings(config)
    return {
      configFolder,
      queueFolder: undefined,
      settings: nothing,
      retryIntervals: intervals(undefined),
      script: () => undefined,
    }
  }
  needReadable(configFolder)
  needReadable(path.join(configFolder, SETTINGS_FILE))
  const { own, ofPlugin } = readers(configFolder)
  return {
    configFolder,
    queueFolder: queueFolder(own, path.dirname(configFolder)),
    settings: readSettings(ofPlugin),
    retryIntervals: intervals(own),
    script: (name) => {
      needReadable(path.join(configFolder, name))
      return readScript(own, name)
    },
  }
}

/** The settings, where Haraka would start with them; mistakes that leave it the defaults are said. Throws a RelayoutError. */
export function usableSettings({ settings: result }: Installation, say: (sentence: string) => void) {
  const { settings, problems, fatal } = result
  for (const { sentence } of [...fatal, ...problems]) say(sentence)
  if (fatal.length > 0) {
    throw relayoutError('RELAYOUT_E_SETTINGS', { count: fatal.length === 1 ? 'a mistake' : `${fatal.length} mistakes` })
  }
  return settings
}

/** A script by its path. Throws a RelayoutError. */
export function scriptAt(file: string): ScriptSource {
  let bytes: Buffer
  try {
    bytes = readAtMost(file, LARGEST_SCRIPT)
  } catch (error) {
    throw unreadable(file, error)
  }
  if (bytes.length <= LARGEST_SCRIPT) return scriptSource(path.basename(file), bytes)
  throw relayoutError('RELAYOUT_E_FILE', { file, why: `a script has ${LARGEST_SCRIPT} bytes at most` })
}

/** One byte more than `most` tells that there is more. Also of a pipe, as the shell makes one of `<(…)`. */
export function readAtMost(file: string, most: number): Buffer {
  const handle = openSync(file, 'r')
  try {
    const pieces: Buffer[] = []
    const { size } = fstatSync(handle)
    for (let left = most + 1; left > 0;) {
      const piece = Buffer.alloc(Math.min(left, Math.max(size + 1, 64 * 1024)))
      const bytesRead = readSync(handle, piece, 0, piece.length, null)
      if (bytesRead === 0) break
      pieces.push(piece.subarray(0, bytesRead))
      left -= bytesRead
    }
    return Buffer.concat(pieces)
  } finally {
    closeSync(handle)
  }
}

/** What is there and is not for this user's eyes would be taken for missing, and the answers would be wrong. */
function needReadable(file: string): void {
  try {
    const isFolder = statSync(file).isDirectory()
    accessSync(file, isFolder ? constants.R_OK | constants.X_OK : constants.R_OK)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOENT', 'ENOTDIR'].includes(code)) throw unreadable(file, error)
  }
}

/** The script of each sender: `given`, or what the installation has. */
export function scriptsOf(
  installation: Installation,
  given: ScriptSource | undefined,
): (sender: SenderSettings) => ScriptSource {
  return ({ script }) => given ?? installation.script(script) ?? noScript(script)
}

export function unreadable(file: string, error: unknown) {
  return relayoutError('RELAYOUT_E_FILE', { file: file || '""', why: reasonOf(error) })
}

/** Of the system's error, as it completes "it cannot be read: …". */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return (code && REASONS[code]) ?? code ?? String(error)
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read by you',
  EISDIR: 'it is a folder',
  ENOTDIR: 'its folder is a file',
  ELOOP: 'it is a symbolic link that leads to itself',
  ENAMETOOLONG: 'its name is too long',
  EBADF: 'it is closed, or only open for writing',
  ENOSPC: 'there is no room left',
  EDQUOT: 'there is no room left for you',
  EROFS: 'nothing can be written there',
}

function namedFolder(folder: string): string {
  const isFolder = folder !== '' && statSync(folder, { throwIfNoEntry: false })?.isDirectory()
  if (isFolder === false) throw relayoutError('RELAYOUT_E_FILE', { file: folder || '""', why: 'it is no folder' })
  const inner = path.join(folder, 'config')
  const found = [inner, folder].find(looksLikeConfig) ?? (existsSync(folder) ? folder : undefined)
  if (found === undefined) throw relayoutError('RELAYOUT_E_FILE', { file: folder, why: 'there is no such folder' })
  return path.resolve(found)
}

function foundFolder(): string | undefined {
  const { HARAKA } = process.env
  const candidates = [...(HARAKA ? [path.join(HARAKA, 'config')] : []), 'config', '.']
  const found = candidates.find(looksLikeConfig)
  return found === undefined ? undefined : path.resolve(found)
}

function looksLikeConfig(folder: string): boolean {
  return SIGNS.some((name) => existsSync(path.join(folder, name)))
}

interface HarakaConfig extends ConfigReader {
  root_path: string
  overrides_path?: string
  module_config(defaults: string, overrides?: string): HarakaConfig
}

/** As Haraka gives them to itself, and to a plugin: that one falls back on what its package ships. */
function readers(configFolder: string): { own: ConfigReader; ofPlugin: ConfigReader } {
  // Where smtp.json has settings for other files, Haraka takes them from the folder that HARAKA names.
  if (path.basename(configFolder) === 'config') process.env['HARAKA'] = path.dirname(configFolder)
  // It tells on the standard output what it does.
  const { log } = console
  console.log = console.error
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it reads HARAKA when it is loaded
    const haraka = require('haraka-config') as HarakaConfig
    const own = haraka.module_config(PACKAGE)
    own.root_path = configFolder
    const ofPlugin = haraka.module_config(PACKAGE)
    ofPlugin.overrides_path = configFolder
    return { own, ofPlugin }
  } finally {
    console.log = log
  }
}

/** As outbound/queue.js has it. */
function queueFolder(config: ConfigReader, folder: string): string {
  const named = config.get('queue_dir')
  return path.resolve(folder, typeof named === 'string' && named !== '' ? named : 'queue')
}
