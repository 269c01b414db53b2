/**
 * Keys and values of one place in a file of expectations, read by what they are to be. A mistake is noted, and what it is
 * about is then taken as not given.
 */
import { isMap, isSeq, type Node } from 'yaml'

import { nearMiss } from '../../../core/near-miss.js'
import type { Kind } from './kinds.js'
import type { Mistakes, Place, Placed } from './mistakes.js'
import { isEmpty, textOf, type YamlFile } from './yaml-file.js'

interface Entry {
  readonly place: Place
  readonly value: Node | undefined
}

/** How often keys may be taken over from others (`<<`) that take over in turn. */
const MOST_MERGES = 10

export class Fields {
  readonly place: Place
  readonly #file: YamlFile
  readonly #mistakes: Mistakes
  readonly #what: string
  readonly #entries = new Map<string, Entry>()

  /** `what` this is, for the sentences; `keys` that there may be, undefined: any. */
  constructor(file: YamlFile, mistakes: Mistakes, node: Node, what: string, keys?: readonly string[]) {
    this.place = file.place(node)
    this.#file = file
    this.#mistakes = mistakes
    this.#what = what
    this.#take(node, 0)
    for (const [key, { place }] of this.#entries) {
      if (keys && !keys.includes(key)) this.#unknown(key, place, keys)
    }
  }

  get keys(): readonly string[] {
    return [...this.#entries.keys()]
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  placeOf(key: string): Place {
    return this.#entries.get(key)?.place ?? this.place
  }

  read<Value>(key: string, kind: Kind<Value>): Placed<Value> | undefined {
    const node = this.#value(key, kind.accepted)
    return node && this.#scalar(key, node, kind)
  }

  /** As `read`; that it is not there is a mistake. */
  need<Value>(key: string, kind: Kind<Value>): Placed<Value> | undefined {
    if (!this.has(key)) this.missing(key, kind.accepted)
    return this.read(key, kind)
  }

  /** Of a list, or of one value in its place. */
  readAll<Value>(key: string, kind: Kind<Value>): Placed<Value>[] {
    const node = this.#value(key, kind.accepted)
    if (!node) return []
    const nodes = isSeq(node) ? this.nodes(key, kind.accepted) : [node]
    return nodes.flatMap((one) => this.#scalar(key, one, kind) ?? [])
  }

  /** What stands in a list that is not empty. */
  nodes(key: string, accepted: string): Node[] {
    const node = this.#value(key, accepted)
    if (!node) return []
    if (!isSeq(node)) this.#refuse(key, node, accepted)
    else if (node.items.length === 0) this.#empty(key, this.#file.place(node), accepted)
    else {
      return (node.items as (Node | null)[]).flatMap((item) => {
        const one = this.#file.follow(item)
        if (one && !isEmpty(one)) return [one]
        if (one) this.#empty(key, this.#file.place(one), accepted)
        return []
      })
    }
    return []
  }

  /** Keys and values in turn. */
  inner(key: string, keys?: readonly string[]): Fields | undefined {
    const node = this.#value(key, keys ? `one or more of ${keys.join(', ')}` : 'keys and values')
    return node && this.fields(key, node, key, keys)
  }

  /** Of a node in this place. */
  fields(key: string, node: Node, what: string, keys?: readonly string[]): Fields | undefined {
    if (isMap(node)) return new Fields(this.#file, this.#mistakes, node, what, keys)
    this.#refuse(key, node, keys ? `keys and values (${keys.join(', ')})` : 'keys and values')
    return undefined
  }

  missing(key: string, accepted: string): void {
    const params = { key, what: this.#what, accepted: withoutComma(accepted) }
    this.#mistakes.add('RELAYOUT_E_TEST_MISSING', this.place, params)
  }

  /** There is nothing in it at all. */
  empty(accepted: string): void {
    this.#empty(this.#what, this.place, accepted)
  }

  #value(key: string, accepted: string): Node | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    if (!isEmpty(entry.value)) return entry.value
    this.#empty(key, entry.place, accepted)
    return undefined
  }

  #empty(key: string, place: Place, accepted: string): void {
    this.#mistakes.add('RELAYOUT_E_TEST_EMPTY', place, { key, accepted: withoutComma(accepted) })
  }

  #scalar<Value>(key: string, node: Node, kind: Kind<Value>): Placed<Value> | undefined {
    const text = textOf(node)
    const read = text === undefined ? { why: '' } : kind.read(text)
    if ('value' in read) return { value: read.value, place: this.#file.place(node) }
    this.#refuse(key, node, kind.accepted, read.why)
    return undefined
  }

  #refuse(key: string, node: Node, accepted: string, why = ''): void {
    const value = textOf(node) ?? (isSeq(node) ? 'a list' : 'keys and values')
    const because = why === '' ? '' : `; ${why}`
    this.#mistakes.add('RELAYOUT_E_TEST_VALUE', this.#file.place(node), { key, value, accepted, why: because })
  }

  #unknown(key: string, place: Place, keys: readonly string[]): void {
    const near = nearMiss(key, keys)
    const hint = near === undefined ? '' : ` (did you mean ${near}?)`
    this.#mistakes.add('RELAYOUT_E_TEST_KEY', place, { key, what: this.#what, hint, keys: keys.join(', ') })
  }

  /** The keys of a node; those that it takes over come after its own, which go before them. */
  #take(node: Node, depth: number): void {
    if (!isMap(node)) return
    const taken: Node[] = []
    const own = new Set<string>()
    for (const { key, value } of node.items as { key: Node; value: Node | null }[]) {
      const name = textOf(key) ?? ''
      const followed = this.#file.follow(value)
      if (name === '<<' && followed && (isMap(followed) || isSeq(followed))) taken.push(followed)
      else if (own.has(name)) this.#twice(name, this.#file.place(key))
      else if (!this.#entries.has(name)) this.#entries.set(name, { place: this.#file.place(key), value: followed })
      own.add(name)
    }
    if (depth < MOST_MERGES) for (const other of taken) this.#takeOver(other, depth)
  }

  #takeOver(other: Node, depth: number): void {
    const nodes = isSeq(other) ? (other.items as (Node | null)[]).map((item) => this.#file.follow(item)) : [other]
    for (const node of nodes) if (node) this.#take(node, depth + 1)
  }

  #twice(name: string, place: Place): void {
    this.#mistakes.add('RELAYOUT_E_TEST_NAME', place, { what: 'key', name, line: this.placeOf(name).line })
  }
}

/** Some of what is accepted has a comma before the verb. */
function withoutComma(accepted: string): string {
  return accepted.replace(/,$/, '')
}
