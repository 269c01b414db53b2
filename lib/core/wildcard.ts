/**
 * Wildcard patterns: `*` is any text, also none, `?` is any one character, all else is itself.
 *
 * The pattern is cut at its stars and each piece is looked for leftmost, once: a piece found further left never
 * spoils a later one, so there is nothing to go back to. The time is at most length of text × length of the longest
 * piece, whatever the pattern; a regular expression would go back over every star.
 */

export type TextTest = (text: string) => boolean

type Characters = readonly string[]

// Code points, not UTF-16 halves, so that `?` is one character whatever it is.
const charactersOf = (text: string): Characters => Array.from(text)

/** Whether `piece` stands in `text` at `at`. */
function standsAt(piece: Characters, text: Characters, at: number): boolean {
  if (at < 0 || at + piece.length > text.length) return false
  return piece.every((character, i) => character === '?' || character === text[at + i])
}

/** Where `piece` first stands in `text` from `from` on; -1 for nowhere. */
function find(piece: Characters, text: Characters, from: number): number {
  for (let at = from; at + piece.length <= text.length; at++) if (standsAt(piece, text, at)) return at
  return -1
}

/** A test for whole texts. Case matters: bring both sides into one case before. */
export function wildcard(pattern: string): TextTest {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern
  const pieces = pattern.split('*').map(charactersOf)
  const first = pieces[0] ?? []
  const last = pieces.at(-1) ?? []
  const middle = pieces.slice(1, -1).filter((piece) => piece.length > 0)
  if (pieces.length === 1) {
    return (text) => {
      const characters = charactersOf(text)
      return characters.length === first.length && standsAt(first, characters, 0)
    }
  }
  return (text) => {
    const characters = charactersOf(text)
    if (!standsAt(first, characters, 0)) return false
    let at = first.length
    for (const piece of middle) {
      const found = find(piece, characters, at)
      if (found < 0) return false
      at = found + piece.length
    }
    const lastAt = characters.length - last.length
    return lastAt >= at && standsAt(last, characters, lastAt)
  }
}
