/**
 * Where the command writes: how wide it is, and whether it shows colours.
 *
 * Text of messages, scripts and servers goes through `plain` first: no control character of theirs reaches a terminal.
 */
import { once } from 'node:events'
import type { Writable } from 'node:stream'

import pico from 'picocolors'

import { oneLine } from '../../core/log-line.js'

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export interface TerminalOptions {
  readonly out: Writable
  readonly err: Writable
  readonly colours: boolean
  /** Infinity where the output is no terminal. */
  readonly columns: number
  /** Infinity where the output is no terminal, and all of it is wanted. */
  readonly rows: number
  /** Somebody watches: progress is shown. */
  readonly watched: boolean
}

export class Terminal {
  readonly columns: number
  readonly rows: number
  readonly watched: boolean
  readonly #options: TerminalOptions
  readonly #colours: ReturnType<typeof pico.createColors>

  constructor(options: TerminalOptions) {
    this.#options = options
    this.columns = options.columns
    this.rows = options.rows
    this.watched = options.watched
    this.#colours = pico.createColors(options.colours)
  }

  paint(colour: Colour, text: string): string {
    return this.#colours[colour](text)
  }

  /** A line, or an empty one. */
  print(line = ''): void {
    this.#options.out.write(`${line}\n`)
  }

  /** As `print`; resolves when there is room for more. */
  async printAll(text: string): Promise<void> {
    if (!this.#options.out.write(text)) await once(this.#options.out, 'drain')
  }

  /** A line beside the result. */
  remark(line: string): void {
    this.#options.err.write(`${line}\n`)
  }

  /** On the line that is there, which the next one replaces. */
  status(line: string): void {
    this.#options.err.write(`\r${line}\x1b[K`)
  }

  json(value: unknown): void {
    this.print(visibleJson(JSON.stringify(value, null, 2)))
  }
}

// Line breaks of the document itself are not among them.
const HIDDEN = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu

/** Narrower than this nothing can be read. */
const FEWEST_COLUMNS = 20

/** Of this process: as wide as COLUMNS says, or the terminal; colours where NO_COLOR and FORCE_COLOR let them. */
export function processTerminal(): Terminal {
  const { stdout: out, stderr: err, env } = process
  const columns = wanted(env['COLUMNS']) ?? (out.isTTY ? out.columns : Infinity)
  const colours = env['FORCE_COLOR']
    ? env['FORCE_COLOR'] !== '0'
    : out.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  const rows = out.isTTY ? out.rows : Infinity
  return new Terminal({ out, err, colours, columns, rows, watched: err.isTTY })
}

/** Undefined: that is no width. */
function wanted(columns: string | undefined): number | undefined {
  return /^[1-9]\d{0,8}$/.test(columns ?? '') ? Math.max(FEWEST_COLUMNS, Number(columns)) : undefined
}

/** The same JSON, in which no character is hidden, reorders the others or means something to a terminal. */
export function visibleJson(json: string): string {
  return json.replace(HIDDEN, (character) =>
    Array.from({ length: character.length }, (_, i) => character.charCodeAt(i).toString(16).padStart(4, '0'))
      .map((unit) => `\\u${unit}`)
      .join(''),
  )
}

/** One line of visible characters. */
export function plain(text: string, most?: number): string {
  return oneLine(text, most)
}

/** As `plain`; of a longer text the end, which is what tells one path from another. */
export function plainEnd(text: string, most: number): string {
  const line = plain(text)
  return line.length <= most ? line : `…${line.slice(1 - most)}`
}
