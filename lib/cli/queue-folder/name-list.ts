/**
 * The names of many files in little memory: their bytes one behind the other, and a number for each by which they are
 * sorted. A million strings in an array would take twice as much, and the system's own sorted listing as much again.
 */

const FIRST_BYTES = 64 * 1024
const FIRST_NAMES = 1024

export class NameList {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  /** Where each name ends. */
  #ends = new Float64Array(FIRST_NAMES)
  #keys = new Float64Array(FIRST_NAMES)
  #count = 0

  get length(): number {
    return this.#count
  }

  add(name: string, key: number): void {
    const start = this.#start(this.#count)
    // A character has three bytes at most in UTF-8.
    if (start + name.length * 3 > this.#bytes.length) {
      const longer = Buffer.allocUnsafe(this.#bytes.length * 2 + name.length * 3)
      this.#bytes.copy(longer, 0, 0, start)
      this.#bytes = longer
    }
    if (this.#count === this.#ends.length) {
      this.#ends = doubled(this.#ends)
      this.#keys = doubled(this.#keys)
    }
    this.#ends[this.#count] = start + this.#bytes.write(name, start)
    this.#keys[this.#count] = key
    this.#count++
  }

  /** Smallest key first; within one key by name. */
  *sorted(): Generator<string, void> {
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i)
    const [bytes, ends, keys] = [this.#bytes, this.#ends, this.#keys]
    order.sort((a, b) => {
      const difference = (keys[a] ?? 0) - (keys[b] ?? 0)
      return difference || bytes.compare(bytes, this.#start(b), ends[b], this.#start(a), ends[a])
    })
    for (const i of order) yield bytes.toString('utf8', this.#start(i), ends[i])
  }

  #start(i: number): number {
    return i === 0 ? 0 : (this.#ends[i - 1] ?? 0)
  }
}

function doubled(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(numbers.length * 2)
  longer.set(numbers)
  return longer
}
