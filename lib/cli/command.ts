/**
 * What a command of `relayout` is: its words for the help, the man page and the completion, and what it runs. The run is
 * loaded only when the command is called, so that the help is quick.
 */
import type { Readable } from 'node:stream'

import type { ExitCode } from './exit-code.js'
import type { Terminal } from './output/terminal.js'

export interface Context {
  readonly terminal: Terminal
  readonly stdin: Readable
}

/** What the shell offers for a value. */
export type Completes = 'file' | 'folder' | 'nothing' | readonly string[]

export interface Argument {
  /** As commander has it: `<message...>`, `[script]`. */
  readonly syntax: string
  readonly doc: string
  readonly completes: Completes
}

export interface OptionSpec {
  /** As commander has it: `--at <time>`. */
  readonly flags: string
  readonly doc: string
  readonly completes?: Completes
  /** It may be given several times, and several values at once, separated by commas. */
  readonly several?: true
}

export interface Example {
  readonly call: string
  readonly does: string
}

/** `Options`: by the long name in camelCase; a flag without value is true. */
export interface Command<Options = Readonly<Record<string, unknown>>> {
  readonly name: string
  /** One line. */
  readonly summary: string
  /** Paragraphs. */
  readonly description: readonly string[]
  readonly arguments: readonly Argument[]
  /** Besides `--json`, which all have. */
  readonly options: readonly OptionSpec[]
  /** Completes "exit code 1 when". */
  readonly finding: string
  readonly examples: readonly Example[]
  /** `args`: all words that are no options, in order. */
  run(context: Context, args: readonly string[], options: Options & { readonly json?: true }): Promise<ExitCode>
}
