/** All that standard input has, where that is not too much. */
import type { Readable } from 'node:stream'

import { relayoutError } from '../core/errors.js'
import { unreadable } from './installation.js'

const NAME = 'standard input'

/** `mb`: at most. Rejects with a RelayoutError. */
export async function readStandardInput(stdin: Readable, mb: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of stdin as AsyncIterable<Buffer>) {
      pieces.push(piece)
      length += piece.length
      if (length > mb * 1_000_000) break
    }
  } catch (error) {
    throw unreadable(NAME, error)
  }
  if (length > mb * 1_000_000) throw tooLarge(NAME, mb)
  return Buffer.concat(pieces)
}

export function tooLarge(file: string, mb: number) {
  return relayoutError('RELAYOUT_E_FILE', { file, why: `it has more than ${mb} MB` })
}
