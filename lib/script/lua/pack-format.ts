/** The format strings of string.pack, item by item, with the sizes and alignments of a 64-bit machine. */
import { argument, ScriptFault } from './arguments.js'
import type { LuaState } from './fengari-types.js'

const LARGEST_INTEGER = 16
/** Bytes. */
export const LUA_INTEGER = 8

type Kind = 'int' | 'uint' | 'float' | 'fixed' | 'counted' | 'zero' | 'padding' | 'align' | 'nothing'

export interface Item {
  readonly kind: Kind
  readonly size: number
  /** Padding before it. */
  readonly gap: number
}

const SIMPLE: Readonly<Record<string, readonly [Kind, number]>> = {
  b: ['int', 1],
  B: ['uint', 1],
  h: ['int', 2],
  H: ['uint', 2],
  l: ['int', 8],
  L: ['uint', 8],
  j: ['int', LUA_INTEGER],
  J: ['uint', LUA_INTEGER],
  T: ['uint', 8],
  f: ['float', 4],
  d: ['float', 8],
  n: ['float', 8],
  z: ['zero', 0],
  x: ['padding', 1],
  X: ['align', 0],
  ' ': ['nothing', 0],
}

/** A format string, item by item. */
export class PackFormat {
  littleEndian = true
  readonly #text: string
  #at = 0
  #largestAlignment = 1

  constructor(text: string) {
    this.#text = text
  }

  /** `offset`: where in the data the item would begin. */
  next(L: LuaState, offset: number): Item | undefined {
    if (this.#at >= this.#text.length) return undefined
    const [kind, size] = this.#option()
    let alignment = size
    if (kind === 'align') {
      const [aligned, alignedSize] = this.#at < this.#text.length ? this.#option() : (['fixed', 0] as const)
      if (aligned === 'fixed' || alignedSize === 0) argument.refuse(L, 1, "invalid next option for option 'X'")
      alignment = alignedSize
    }
    return { kind, size, gap: this.#gap(L, kind, alignment, offset) }
  }

  #gap(L: LuaState, kind: Kind, alignment: number, offset: number): number {
    if (alignment <= 1 || kind === 'fixed') return 0
    const to = Math.min(alignment, this.#largestAlignment)
    if ((to & (to - 1)) !== 0) argument.refuse(L, 1, 'format asks for alignment not power of 2')
    return (to - (offset & (to - 1))) & (to - 1)
  }

  #option(): readonly [Kind, number] {
    const letter = this.#text.charAt(this.#at++)
    const simple = SIMPLE[letter]
    if (simple !== undefined) return simple
    switch (letter) {
      case 'i':
        return ['int', this.#integerSize(4)]
      case 'I':
        return ['uint', this.#integerSize(4)]
      case 's':
        return ['counted', this.#integerSize(8)]
      case 'c': {
        const size = this.#numeral()
        if (size === undefined) throw new ScriptFault("missing size for format option 'c'")
        return ['fixed', size]
      }
      case '<':
      case '>':
      case '=':
        this.littleEndian = letter !== '>'
        break
      case '!':
        this.#largestAlignment = this.#integerSize(8)
        break
      default:
        throw new ScriptFault(`invalid format option '${letter}'`)
    }
    return ['nothing', 0]
  }

  #integerSize(fallback: number): number {
    const size = this.#numeral() ?? fallback
    if (size > LARGEST_INTEGER || size <= 0) {
      throw new ScriptFault(`integral size (${size}) out of limits [1,${LARGEST_INTEGER}]`)
    }
    return size
  }

  #numeral(): number | undefined {
    const digits = /^\d+/.exec(this.#text.slice(this.#at, this.#at + 10))?.[0]
    if (digits === undefined) return undefined
    this.#at += digits.length
    return Number(digits)
  }
}
