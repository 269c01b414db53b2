/**
 * A file of expectations as YAML (1.2): its nodes with their places, aliases followed. Every scalar is taken as text; what
 * it means is decided where it is read, so that `1.10`, `no` or `2026-11-23` need no quotes.
 *
 * What is wrong with the file is added to the mistakes. However aliases multiply, only so many nodes are given out: then
 * it throws.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'

import type { Mistakes, Place } from './mistakes.js'

const MOST_NODES = 100_000

/** Where the parser's own words do not say what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  BAD_INDENT: 'the line begins at the wrong column, or a bracket is not closed',
  BAD_SCALAR_START: 'a text that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a text with a colon and a space in it needs quotes',
  MISSING_CHAR: 'a quote, a bracket, a hyphen or a colon is missing, or the line begins at the wrong column',
  MULTIPLE_DOCS: 'a file has one document: take this --- out',
  NON_STRING_KEY: 'a key is a word',
  TAB_AS_INDENT: 'a line begins with spaces, not with tabs',
  TAG_RESOLVE_FAILED: 'a text that begins with ! needs quotes',
  UNEXPECTED_TOKEN: 'this does not belong to what stands before it: look at quotes, brackets and the columns',
}

export class TooManyNodes extends Error {
  readonly place: Place

  constructor(place: Place) {
    super(`it has more than ${MOST_NODES.toLocaleString('en-US')} values, its aliases written out`)
    this.place = place
  }
}

export class YamlFile {
  /** Undefined where there is nothing in the file, or it is no YAML. */
  readonly root: Node | undefined
  readonly #mistakes: Mistakes
  readonly #lines = new LineCounter()
  readonly #targets = new Map<Alias, Node>()
  #given = 0

  constructor(text: string, mistakes: Mistakes) {
    this.#mistakes = mistakes
    const document = this.#parsed(text)
    if (!document) return
    const [error] = [...document.errors, ...document.warnings]
    if (error) this.#say(error)
    else if (document.contents) {
      this.#findTargets(document)
      this.root = document.contents
    }
  }

  place(node: Node): Place {
    return this.#placeAt(node.range?.[0] ?? 0)
  }

  /** The node itself, or what an alias stands for; undefined: there is nothing. Throws TooManyNodes. */
  follow(node: Node | null | undefined): Node | undefined {
    if (!node) return undefined
    this.#given++
    if (this.#given > MOST_NODES) throw new TooManyNodes(this.place(node))
    if (!isAlias(node)) return node
    const target = this.#targets.get(node)
    if (!target)
      this.#mistakes.add('RELAYOUT_E_TEST_YAML', this.place(node), { why: `nothing is named &${node.source}` })
    return target
  }

  #parsed(text: string): Document.Parsed | undefined {
    try {
      return parseDocument(text, {
        schema: 'failsafe',
        lineCounter: this.#lines,
        prettyErrors: false,
        stringKeys: true,
        // It compares each key with all others; they are looked at where they are read.
        uniqueKeys: false,
        logLevel: 'error',
      })
    } catch {
      this.#mistakes.add('RELAYOUT_E_TEST_YAML', { line: 1, column: 1 }, { why: 'it cannot be read as such' })
      return undefined
    }
  }

  /** An alias stands for what had its name last. Its own node, around it, would have no end. */
  #findTargets(document: Document): void {
    const named = new Map<string, Node>()
    visit(document, {
      Node: (_, node, ancestors) => {
        if (isAlias(node)) {
          const target = named.get(node.source)
          if (target && !ancestors.includes(target)) this.#targets.set(node, target)
        } else if (node.anchor !== undefined) named.set(node.anchor, node)
      },
    })
  }

  #say({ code, message, pos: [at] }: YAMLError): void {
    this.#mistakes.add('RELAYOUT_E_TEST_YAML', this.#placeAt(at), { why: ADVICE[code] ?? message })
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
}

/** A scalar's text; undefined for a list and the like. An empty one without quotes is none: `isEmpty`. */
export function textOf(node: Node): string | undefined {
  return isScalar(node) ? (node.source ?? '') : undefined
}

/** Nothing was written there. */
export function isEmpty(node: Node | undefined): boolean {
  return !node || (isScalar(node) && node.type === 'PLAIN' && /^(?:null|~)?$/i.test(node.source ?? ''))
}
