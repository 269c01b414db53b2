/**
 * Exim's expansion language, as `exim -be` has it: one process for many expressions, and no mail.
 *
 * The binary is that of the environment variable EXIM, one on the PATH, or one that fetch-exim.sh has unpacked into
 * build/exim. The last looks for the user that it was built for, who does not exist where it is not installed:
 * libnss-wrapper shows it one. libfaketime sets its clock.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { PACKAGE } from './haraka-instance.js'

const UNPACKED = path.join(PACKAGE, 'build', 'exim')
const USER = 'Debian-exim'

type Environment = Readonly<Record<string, string>>

export interface Exim {
  readonly version: string
  readonly binary: string
  /** What it needs in its environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly canSetClock: boolean
  /** What each expression becomes, as a byte string, by a clock that stands at `clockMs`: whole seconds. */
  expand(expressions: readonly string[], clockMs?: number): string[]
  /** Removes the files that it needed. */
  remove(): void
}

/** Text that the expansion leaves as it is. */
export function literally(text: string): string {
  return `\\N${text}\\N`
}

/** Undefined where there is none that runs. */
export function findExim(): Exim | undefined {
  const unpacked = path.join(UNPACKED, 'usr', 'sbin', 'exim4')
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin']
  const onPath = folders.flatMap((folder) => ['exim4', 'exim'].map((name) => path.join(folder, name)))
  for (const binary of [process.env['EXIM'], ...onPath, unpacked]) {
    if (!binary || !fs.existsSync(binary)) continue
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-exim-'))
    fs.chmodSync(folder, 0o755) // as a relay server it delivers as another user
    try {
      return open(binary, folder, binary === unpacked ? unpackedEnvironment(folder) : {})
    } catch {
      // One that does not run here, for want of a library or of rights.
      fs.rmSync(folder, { recursive: true })
    }
  }
  return undefined
}

function open(binary: string, folder: string, environment: Environment): Exim {
  const configuration = path.join(folder, 'exim.conf')
  // libfaketime finds by its environment what it has to remove at the end.
  fs.writeFileSync(configuration, 'keep_environment = *\n', { mode: 0o600 })
  const run = (expressions: readonly string[], more: Environment = {}): string[] => {
    const lines = execFileSync(binary, ['-C', configuration, '-be', ...expressions], {
      env: { PATH: process.env['PATH'] ?? '', ...environment, ...more },
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 << 20,
    }).split('\n')
    lines.pop()
    return lines
  }
  const clockAt = fakeClock(environment)
  const [version] = run(['$version_number'])
  if (!version) throw new Error(`${binary} expands nothing`)
  return {
    version,
    binary,
    environment,
    // A binary that runs as somebody else loads no library that it is told to.
    canSetClock: run(['$tod_epoch'], clockAt(86_400_000))[0] === '86400',
    expand: (expressions, clockMs) => run(expressions, clockMs === undefined ? {} : clockAt(clockMs)),
    remove: () => fs.rmSync(folder, { recursive: true }),
  }
}

/** The shared library of that name, of the unpacked package or of the system. */
export function library(name: string): string | undefined {
  for (const root of [UNPACKED, '/']) {
    const folder = path.join(root, 'usr', 'lib')
    const kinds = fs.existsSync(folder) ? fs.readdirSync(folder) : []
    const found = ['', ...kinds].map((kind) => path.join(folder, kind, name)).find((file) => fs.existsSync(file))
    if (found !== undefined) return found
  }
  return undefined
}

/** The unpacked package's libraries, and the system's users with Exim's and whoever runs this among them. */
function unpackedEnvironment(folder: string): Environment {
  const wrapper = library('libnss_wrapper.so')
  if (wrapper === undefined) throw new Error('libnss-wrapper is not unpacked with it')
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const withThese = (file: string, lines: readonly string[]): string => {
    const own = path.join(folder, file)
    fs.writeFileSync(own, `${fs.readFileSync(path.join('/etc', file), 'utf8').trimEnd()}\n${lines.join('\n')}\n`)
    return own
  }
  return {
    NSS_WRAPPER_PASSWD: withThese('passwd', [`${USER}:x:99999:99999::/:`, `runner:x:${uid}:${gid}::/:`]),
    NSS_WRAPPER_GROUP: withThese('group', [`${USER}:x:99999:`, `runner:x:${gid}:`]),
    LD_LIBRARY_PATH: [wrapper, wrapper.replace('/usr/lib/', '/lib/')].map((file) => path.dirname(file)).join(':'),
    LD_PRELOAD: wrapper,
  }
}

/** The environments in which the clock stands still; no more than `environment` where there is no libfaketime. */
function fakeClock({ LD_PRELOAD = '' }: Environment): (ms: number) => Environment {
  const fake = library(path.join('faketime', 'libfaketime.so.1'))
  if (fake === undefined) return () => ({})
  return (ms) => ({
    LD_PRELOAD: `${LD_PRELOAD} ${fake}`,
    TZ: 'UTC',
    FAKETIME: new Date(ms).toISOString().slice(0, 19).replace('T', ' '),
  })
}
