/**
 * Finds, among many patterns, those that may match an address, at a cost that hardly depends on how many there are.
 *
 * A pattern without wildcards is filed under itself, any other under the text before its first wildcard or behind its
 * last one: what it matches must begin or end with that. To look up a text is to ask for all of it, and for its
 * beginnings and ends of those lengths that occur. Whatever is found is only a candidate; its own test decides.
 */
import type { AddressPattern, PlainAddress } from './address-pattern.js'
import { WILDCARDS } from './wildcard.js'

/** Where an item can be filed. */
export interface Place<T> {
  /** How many items are there already: each will be a candidate where this one is. Infinity: it always is. */
  readonly crowd: number
  file(item: T): void
}

/** The place of what can be filed under nothing. */
export function unfiled<T>(items: T[]): Place<T> {
  return { crowd: Infinity, file: (item) => items.push(item) }
}

/**
 * One of `places`, else `last`. With it, neither a domain that every pattern ends with nor a return path that stands in
 * every line makes all of them candidates at once.
 */
export function leastCrowded<T>(places: readonly Place<T>[], last: Place<T>): Place<T> {
  return places.reduce((best, place) => (place.crowd < best.crowd ? place : best), last)
}

/** Items by text. */
class Shelf<T> {
  readonly #items = new Map<string, T[]>()
  /** The lengths that texts on this shelf have. */
  readonly lengths: number[] = []

  place(text: string): Place<T> {
    return { crowd: this.#items.get(text)?.length ?? 0, file: (item) => this.#file(text, item) }
  }

  #file(text: string, item: T): void {
    const items = this.#items.get(text)
    if (items) {
      items.push(item)
      return
    }
    this.#items.set(text, [item])
    if (!this.lengths.includes(text.length)) this.lengths.push(text.length)
  }

  find(text: string, found: T[]): void {
    const items = this.#items.get(text)
    if (items) for (const item of items) found.push(item)
  }
}

class TextIndex<T> {
  readonly #wholes = new Shelf<T>()
  readonly #beginnings = new Shelf<T>()
  readonly #ends = new Shelf<T>()

  places(pattern: string): Place<T>[] {
    const first = pattern.search(WILDCARDS)
    if (first < 0) return [this.#wholes.place(pattern)]
    const last = Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?'))
    return [
      ...(last === pattern.length - 1 ? [] : [this.#ends.place(pattern.slice(last + 1))]),
      ...(first === 0 ? [] : [this.#beginnings.place(pattern.slice(0, first))]),
    ]
  }

  find(text: string, found: T[]): void {
    this.#wholes.find(text, found)
    for (const length of this.#beginnings.lengths) {
      if (length <= text.length) this.#beginnings.find(text.slice(0, length), found)
    }
    for (const length of this.#ends.lengths) {
      if (length <= text.length) this.#ends.find(text.slice(text.length - length), found)
    }
  }
}

export class AddressIndex<T> {
  readonly #texts = { whole: new TextIndex<T>(), domain: new TextIndex<T>() }
  /** What is a candidate for every address, in the order in which it came. */
  readonly others: T[] = []

  /** A place from which an item is found for every address that the pattern matches. */
  place(pattern: AddressPattern): Place<T> {
    const places = pattern.anyOf.map(({ of, text }) => leastCrowded(this.#texts[of].places(text), unfiled(this.others)))
    return {
      crowd: Math.max(...places.map(({ crowd }) => crowd)),
      file: (item) => {
        for (const place of places) place.file(item)
      },
    }
  }

  /** The candidates besides `others`; one may come twice. */
  find({ whole, domain }: PlainAddress): T[] {
    const found: T[] = []
    this.#texts.whole.find(whole, found)
    this.#texts.domain.find(domain, found)
    return found
  }
}
