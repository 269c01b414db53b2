/** Files of the queue folder that are no item: how many, and of the first few what they are called and what is wrong. */

export interface OddFile {
  readonly file: string
  /** Completes "it is left aside: …"; absent where the kind says it all. */
  readonly why?: string
}

export interface OddFiles {
  readonly count: number
  readonly first: readonly OddFile[]
}

/** Of each kind. */
const MOST_NAMED = 10

export class OddFileTally implements OddFiles {
  readonly first: OddFile[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  add(file: string, why?: string): void {
    this.#count++
    if (this.first.length < MOST_NAMED) this.first.push({ file, ...(why === undefined ? {} : { why }) })
  }
}
