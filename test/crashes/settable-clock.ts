/** The clock of a Haraka that can be set while it runs, by libfaketime; the clock that nobody can set goes on as it is. */
import fs from 'node:fs'
import path from 'node:path'

import { library } from '../support/exim.js'

export class SettableClock {
  readonly #file: string
  /** For Haraka. */
  readonly env: Readonly<Record<string, string>>

  private constructor(file: string, libfaketime: string) {
    this.#file = file
    this.env = {
      LD_PRELOAD: libfaketime,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
      TZ: 'Europe/Berlin',
    }
    this.set(0)
  }

  /** Undefined: there is no libfaketime (fetch-exim.sh unpacks it). */
  static in(folder: string): SettableClock | undefined {
    const libfaketime = library(path.join('faketime', 'libfaketimeMT.so.1'))
    return libfaketime === undefined ? undefined : new SettableClock(path.join(folder, 'clock'), libfaketime)
  }

  /** So many seconds beside the right time. */
  set(seconds: number): void {
    fs.writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${Math.round(seconds)}\n`)
    fs.renameSync(`${this.#file}.new`, this.#file)
  }
}
