/**
 * One Haraka an instance: two on one queue folder would send its messages twice.
 */
import fs from 'node:fs'
import path from 'node:path'

import { Problem } from './problem.js'

const FILE = 'npm-start.pid'

/** Throws a Problem when another one that is alive has the folder. The lock goes with the process. */
export function lock(folder: string): void {
  const file = path.join(folder, FILE)
  const holder = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0
  if (holder > 0 && holder !== process.pid && isAlive(holder)) {
    throw new Problem(
      `Another npm start (process ${holder}) runs in ${folder}: end it, choose another folder with npm start -- --folder DIR, or, if that process is something else, remove ${file}.`,
    )
  }
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(file, `${process.pid}\n`)
  process.on('exit', () => fs.rmSync(file, { force: true }))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
