/**
 * Processes that work in a folder, known by their command line or their working folder (Linux: /proc).
 *
 * A run that is killed cannot end the mail servers that it started: they have process groups of their own.
 */
import fs from 'node:fs'

/** Kills them. */
export function endThoseOf(folder: string): void {
  for (const pid of idsOf(folder)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

export function idsOf(folder: string): number[] {
  if (!fs.existsSync('/proc/self/cmdline')) return []
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => worksIn(`/proc/${name}`, folder))
    .map(Number)
}

function worksIn(process: string, folder: string): boolean {
  try {
    const words = fs.readFileSync(`${process}/cmdline`, 'utf8').split('\0')
    return [fs.readlinkSync(`${process}/cwd`), ...words].some((one) => one === folder || one.startsWith(`${folder}/`))
  } catch {
    return false // ended meanwhile, or somebody else's
  }
}
