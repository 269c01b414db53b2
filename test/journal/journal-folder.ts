/** A folder for a journal, and a writer on it that keeps what it says. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { JournalWriter, type JournalWriterOptions } from '../../lib/journal/journal-writer.js'

export interface JournalFolder {
  readonly folder: string
  readonly file: string
  /** What could not be done, in order. */
  readonly failures: string[]
  readonly writer: (options?: Partial<JournalWriterOptions>) => JournalWriter
  /** The lines of the journal with its older files, the oldest first. */
  readonly lines: () => string[]
  /** The names of what is in the folder. */
  readonly names: () => string[]
}

/** For a group of tests: a folder each. */
export function useJournalFolder(): () => JournalFolder {
  const folders: string[] = []
  after(() => {
    for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true })
  })
  return () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-journal-'))
    folders.push(folder)
    return journalFolder(folder)
  }
}

function journalFolder(folder: string): JournalFolder {
  const file = path.join(folder, 'journal')
  const failures: string[] = []
  const failed = (error: unknown): void => void failures.push((error as NodeJS.ErrnoException).code ?? String(error))
  const names = (): string[] => fs.readdirSync(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return {
    folder,
    file,
    failures,
    names,
    writer: (options = {}) =>
      new JournalWriter({
        file,
        limits: () => ({ sizeBytes: 1024 ** 3, files: 9 }),
        failed,
        notRotated: failed,
        lost: (lines) => `lost ${lines}`,
        ...options,
      }),
    lines: () =>
      names()
        .filter((name) => /^journal(\.\d+)?$/.test(name))
        .sort((a, b) => Number(b.split('.')[1] ?? 0) - Number(a.split('.')[1] ?? 0))
        .flatMap((name) => fs.readFileSync(path.join(folder, name), 'utf8').split('\n').slice(0, -1)),
  }
}
