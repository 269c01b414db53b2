/**
 * A script's text as Lua reads it, one character for each byte, and where in its file an offset is.
 *
 * Line ends are those of Lua: LF, CR, and the two of them together in any order.
 */
import { fromBytes } from '../core/byte-string.js'
import { withoutPrefix } from '../script/script-bytes.js'

const LOW_SURROGATES = /[\udc00-\udfff]/g

export interface Position {
  readonly line: number
  readonly column: number
}

export class ScriptText {
  readonly text: string
  #starts: readonly number[] | undefined
  #last = { offset: 0, line: 1, column: 1 }

  constructor(bytes: Uint8Array) {
    const body = withoutPrefix(bytes)
    this.text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  }

  /** Quick for offsets in rising order, on long lines too. */
  position(offset: number): Position {
    const line = this.#lineOf(offset)
    const goesOn = line === this.#last.line && offset >= this.#last.offset
    const from = goesOn ? this.#last : { offset: this.#lineStarts[line - 1] ?? 0, column: 1 }
    const column = from.column + charactersIn(this.text.slice(from.offset, offset))
    this.#last = { offset, line, column }
    return { line, column }
  }

  get #lineStarts(): readonly number[] {
    return (this.#starts ??= [0, ...lineStarts(this.text)])
  }

  #lineOf(offset: number): number {
    const starts = this.#lineStarts
    let [low, high] = [0, starts.length]
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

function* lineStarts(text: string): Generator<number> {
  for (const end of text.matchAll(/\r\n|\n\r|[\r\n]/g)) yield end.index + end[0].length
}

function charactersIn(bytes: string): number {
  const text = fromBytes(bytes)
  return text.length - (text.match(LOW_SURROGATES)?.length ?? 0)
}
