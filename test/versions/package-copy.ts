/**
 * A copy of the package in a temporary folder, and a folder for the temporary files of what runs in it. It is gone with
 * this process at the latest.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { onExit } from '../../bench/on-exit.js'
import { PACKAGE } from '../support/haraka-instance.js'
import { endThoseOf } from './left-over.js'

export interface PackageCopy {
  readonly folder: string
  /** For TMPDIR. */
  readonly temporary: string
  /** Ends the processes that still use it, and removes it. */
  remove(): void
}

/** The files that git knows or would take, as they stand in the work tree; `asBuilt`: and what is installed and built. */
export function copyWorkTree({ asBuilt }: { readonly asBuilt: boolean }): PackageCopy {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: PACKAGE,
    encoding: 'utf8',
  })
  const names = files.split('\0').filter((file) => file !== '' && fs.existsSync(path.join(PACKAGE, file)))
  const copy = makeCopy(PACKAGE, asBuilt ? [...names, 'node_modules', 'dist'] : names)
  // Programs that some tests run beside, unpacked there by scripts.
  const build = path.join(PACKAGE, 'build')
  if (fs.existsSync(build)) fs.symlinkSync(build, path.join(copy.folder, 'build'))
  return copy
}

export function copyAgain(copy: PackageCopy): PackageCopy {
  return makeCopy(copy.folder, ['.'])
}

function makeCopy(from: string, names: readonly string[]): PackageCopy {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-versions-'))
  const end = (): void => {
    endThoseOf(home)
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
  const forget = onExit(end)
  const folder = path.join(home, 'package')
  const temporary = path.join(home, 'tmp')
  fs.mkdirSync(temporary)
  // cp is several times as fast with 14,000 files as what Node has.
  fs.mkdirSync(folder)
  execFileSync('cp', ['-a', '--parents', ...names, folder], { cwd: from })
  return {
    folder,
    temporary,
    remove: () => {
      forget()
      end()
    },
  }
}
