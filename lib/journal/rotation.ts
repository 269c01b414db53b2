/**
 * FILE becomes FILE.1, that one FILE.2, and so on; what is older than the files to keep is removed.
 *
 * Several processes may write to the file: whoever makes FILE.lock renames, and only the file that was found too large.
 * A lock that is 10 s old was left by a process that is no more. Where FILE is a symbolic link, all of this happens beside
 * the file that it leads to.
 */
import type { Stats } from 'node:fs'
import { lstat, open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'

const STALE_LOCK_MS = 10_000

/** What tells a file from another of the same name. */
export interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

export function sameFile(a: FileIdentity | undefined, b: FileIdentity | undefined): boolean {
  return a !== undefined && a.dev === b?.dev && a.ino === b.ino
}

/** Undefined when there is no such file. */
export function statOf(file: string): Promise<Stats | undefined> {
  return ifThere(stat(file))
}

/** Of a symbolic link itself. */
function lstatOf(file: string): Promise<Stats | undefined> {
  return ifThere(lstat(file))
}

async function ifThere(stats: Promise<Stats>): Promise<Stats | undefined> {
  try {
    return await stats
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** `busy`: another process is at it; look again in a moment. Rejects when the folder does not allow it. */
export async function rotate(file: string, current: FileIdentity, keep: number): Promise<'done' | 'busy'> {
  const lock = `${file}.lock`
  if (!(await takeLock(lock))) return 'busy'
  try {
    if (!sameFile(await statOf(file), current)) return 'done'
    if (keep === 0) await rm(file, { force: true })
    else await moveUp(file, keep)
    const beyond = (await olderFiles(file)).filter(({ number }) => number > keep)
    // FILE is renamed by now: what cannot be removed, or is a folder, is no reason to say that it is not.
    for (const { name } of beyond) await rm(name, { force: true }).catch(() => undefined)
    return 'done'
  } finally {
    await rm(lock, { force: true })
  }
}

/** The older files of a journal, the youngest first. */
export async function olderFiles(file: string): Promise<{ readonly name: string; readonly number: number }[]> {
  const [folder, base] = [path.dirname(file), path.basename(file)]
  const found: { name: string; number: number }[] = []
  for (const name of await readdir(folder)) {
    const suffix = name.startsWith(`${base}.`) ? name.slice(base.length + 1) : ''
    if (/^[1-9]\d{0,5}$/.test(suffix)) found.push({ name: path.join(folder, name), number: Number(suffix) })
  }
  return found.sort((a, b) => a.number - b.number)
}

/** Up to the first gap: what lies beyond it can stay. A folder of such a name is nobody's to rename. */
async function moveUp(file: string, keep: number): Promise<void> {
  let last = 1
  for (; ; last++) {
    const older = await lstatOf(`${file}.${last}`)
    if (older?.isDirectory()) throw new Error(`${file}.${last} is a folder`)
    if (!older || last >= keep) break
  }
  for (let number = last; number > 1; number--) await rename(`${file}.${number - 1}`, `${file}.${number}`)
  await rename(file, `${file}.1`)
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const held = await statOf(lock)
  // Not taken at once: whoever found it as old removes it, too, and must not remove a new one. One from the future is
  // as old as any: the clock was set back.
  if (held && Math.abs(Date.now() - held.mtimeMs) > STALE_LOCK_MS) await rm(lock, { force: true })
  return false
}
