/**
 * A program that is run to its end within a limit of time, with all that it prints in one log.
 *
 * It is the head of a process group of its own, which is killed with it when the time is up or this process ends.
 * Nothing is thrown for a program that fails: `ok` says it.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'

import { onExit } from '../../bench/on-exit.js'

/** How much of the end of the output is kept in memory, characters. */
const KEPT = 200_000

/** How long something that it started, in another group, may hold its output open once it has ended, ms. */
const CLOSE_MS = 5_000

export interface Surroundings {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** A file that the output is added to. */
  readonly log: string
  readonly limitMs: number
}

export interface Ended {
  readonly ok: boolean
  /** In words: `exit code 1`, `killed after 600 s`. */
  readonly how: string
  readonly seconds: number
  /** The end of what it printed, of both streams. */
  readonly output: string
}

export function runProgram(command: string, args: readonly string[], where: Surroundings): Promise<Ended> {
  const started = Date.now()
  fs.appendFileSync(where.log, `\n$ ${[command, ...args].join(' ')}\n`)
  const child = spawn(command, args, {
    cwd: where.cwd,
    env: where.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The whole group is gone already.
    }
  }
  const forget = onExit(kill)
  let late = false
  const timer = setTimeout(() => {
    late = true
    kill()
  }, where.limitMs)
  let output = ''
  const keep = (chunk: string): void => {
    fs.appendFileSync(where.log, chunk)
    output = (output + chunk).slice(-KEPT)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)

  return new Promise((resolve) => {
    const end = (ok: boolean, how: string): void => {
      clearTimeout(timer)
      forget()
      resolve({ ok, how, seconds: (Date.now() - started) / 1000, output })
    }
    child.once('error', (error) => end(false, error.message))
    child.once('exit', (code, signal) => {
      kill() // what it left running
      const letGo = (): void => [child.stdout, child.stderr].forEach((stream) => stream.destroy())
      setTimeout(letGo, CLOSE_MS).unref()
      child.once('close', () => {
        if (late) end(false, `killed after ${Math.round(where.limitMs / 1000)} s`)
        else end(code === 0, signal ? `ended by ${signal}` : `exit code ${code}`)
      })
    })
  })
}
