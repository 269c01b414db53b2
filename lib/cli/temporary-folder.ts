/**
 * Folders for what the scripts are to read from a file. Nothing of them stays behind, also where the user ends the command
 * before it is done.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { relayoutError } from '../core/errors.js'
import { reasonOf } from './installation.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const made = new Set<string>()

/** Only this user can look into it. Throws a RelayoutError. */
export function makeTemporaryFolder(): string {
  // Before there is one: else a signal in between leaves it behind.
  if (made.size === 0) for (const signal of SIGNALS) process.on(signal, ended)
  try {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    made.add(folder)
    return folder
  } catch (error) {
    waitNoLonger()
    throw noTemporary(error)
  }
}

export function removeTemporaryFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  made.delete(folder)
  waitNoLonger()
}

/** A signal that is waited for reaches nobody while the command is busy: it is waited for no longer than it must be. */
function waitNoLonger(): void {
  if (made.size === 0) for (const signal of SIGNALS) process.off(signal, ended)
}

/** Of what went wrong with a file in it. */
export function noTemporary(error: unknown) {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  const why = isMissing ? 'there is no such folder' : reasonOf(error)
  return relayoutError('RELAYOUT_E_TEMPORARY', { folder: os.tmpdir(), why })
}

/** The process ends as it would have ended without this. */
function ended(signal: (typeof SIGNALS)[number]): void {
  removeAll()
  process.exit(128 + os.constants.signals[signal])
}

function removeAll(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
  made.clear()
}

// Also where the output is closed before all is written.
process.on('exit', removeAll)
