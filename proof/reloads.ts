/**
 * An edit every second: of a script and of the settings in turns, each file good at one time and broken at the next.
 *
 * Haraka reads a file again when it was left alone for five seconds, so that several files take turns, each of them
 * every eight seconds. Files beside relayout.ini are never broken: else the settings would be at no time as they should.
 */
import type { HarakaInstance } from '../test/support/haraka-instance.js'
import { script, SCRIPTS, secret, SECRETS, settings } from './site-settings.js'

const EVERY_MS = 1_000

export class Reloads {
  readonly #haraka: HarakaInstance
  readonly #ports: Readonly<Record<string, number>>
  readonly #clock: NodeJS.Timeout
  /** Edits so far. */
  count = 0

  /** Begins at once. */
  constructor(haraka: HarakaInstance, ports: Readonly<Record<string, number>>) {
    this.#haraka = haraka
    this.#ports = ports
    this.#clock = setInterval(() => this.#edit(), EVERY_MS)
  }

  /** No file is broken after that. */
  stop(): void {
    clearInterval(this.#clock)
    for (const name of [...SCRIPTS, 'relayout.ini'])
      this.#haraka.write(`config/${name}`, this.#text(name, this.count++, false))
  }

  #edit(): void {
    const number = this.count++
    const turn = Math.floor(number / 2)
    const files = number % 2 === 0 ? SCRIPTS : ['relayout.ini', ...SECRETS]
    const name = files[turn % files.length]!
    const broken = Math.floor(turn / files.length) % 2 === 1
    this.#haraka.write(`config/${name}`, this.#text(name, number, broken))
  }

  #text(name: string, version: number, broken: boolean): string {
    if (name.endsWith('.lua')) return broken ? `function Start(\n-- version ${version}` : script(name, version)
    if (name !== 'relayout.ini') return secret(name, version)
    const good = settings(this.#ports, version)
    return broken ? good.replace('pipelining=false', 'pipelining=perhaps') : good
  }
}
