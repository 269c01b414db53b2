/** A bar on the line that is there, for whoever watches: how many of how many, and how many a second. */
import { performance } from 'node:perf_hooks'

import type { Terminal } from './terminal.js'

const WIDTH = 20
/** Between two pictures of it. */
const EVERY_MS = 100

export class ProgressBar {
  readonly #terminal: Terminal
  readonly #all: number | undefined
  readonly #beginMs = performance.now()
  #shownMs = 0
  #shown = false

  /** `all`: undefined where nobody knows before the end. */
  constructor(terminal: Terminal, all?: number) {
    this.#terminal = terminal
    this.#all = all
  }

  at(done: number): void {
    if (!this.#terminal.watched) return
    const nowMs = performance.now()
    if (nowMs - this.#shownMs < EVERY_MS) return
    this.#shownMs = nowMs
    this.#shown = true
    const rate = Math.round((done * 1000) / Math.max(1, nowMs - this.#beginMs))
    this.#terminal.status(`${this.#part(done)}, ${grouped(rate)}/s`)
  }

  /** It is gone. */
  end(): void {
    if (this.#shown) this.#terminal.status('')
    this.#shown = false
  }

  #part(done: number): string {
    if (this.#all === undefined) return grouped(done)
    const part = Math.round((WIDTH * done) / this.#all)
    return `${'█'.repeat(part)}${'░'.repeat(WIDTH - part)} ${grouped(done)} of ${grouped(this.#all)}`
  }
}

function grouped(number: number): string {
  return number.toLocaleString('en-US')
}
