/**
 * A disk of its own for the queue folder of a Haraka: it can be filled, and be made read-only. It takes root and the right
 * to mount.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import type { HarakaInstance } from '../support/haraka-instance.js'

export class QueueDisk {
  readonly #folder: string
  readonly #queue: string

  /** Throws where that is not allowed. The queue folder must be empty, and Haraka not running. */
  constructor(haraka: HarakaInstance, megabytes = 4) {
    this.#folder = path.join(haraka.folder, 'disk')
    fs.mkdirSync(this.#folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.#folder], { stdio: 'pipe' })
    // Read-only by itself, so that the journal on the same disk is not in the way.
    this.#queue = path.join(haraka.folder, 'queue')
    const inner = path.join(this.#folder, 'queue')
    for (const folder of [this.#queue, inner]) fs.mkdirSync(folder, { recursive: true })
    execFileSync('mount', ['--bind', inner, this.#queue], { stdio: 'pipe' })
  }

  /** Not a byte is left. */
  fill(): void {
    const file = fs.openSync(this.#filler, 'a')
    try {
      for (let bytes = 1 << 20; bytes >= 1;) {
        try {
          if (fs.writeSync(file, Buffer.alloc(bytes)) < bytes) throw new Error('full')
        } catch {
          bytes >>= 1
        }
      }
    } finally {
      fs.closeSync(file)
    }
  }

  free(): void {
    fs.rmSync(this.#filler, { force: true })
  }

  /** Fails while a file on it is being written. */
  readOnly(): void {
    this.#remount('ro')
  }

  writable(): void {
    this.#remount('rw')
  }

  /** Haraka must not run any more. */
  remove(): void {
    for (const folder of [this.#queue, this.#folder]) execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' })
  }

  get #filler(): string {
    return path.join(this.#folder, 'filler')
  }

  #remount(how: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,bind,${how}`, this.#queue], { stdio: 'pipe' })
  }
}

/** Why there cannot be one; undefined: there can. */
export function whyNoQueueDisk(): string | undefined {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' })
    execFileSync('umount', [folder], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `no disk can be mounted here: ${String(error).split('\n')[0]}`
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
