/** What there is to complete in one command. */
import type { Command, Completes } from '../../command.js'
import { JSON_OUTPUT } from '../../shared-options.js'

export interface OptionWords {
  /** `--config`. */
  readonly flag: string
  readonly doc: string
  /** Undefined: it takes no value. */
  readonly value: Completes | undefined
}

export interface CommandWords {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionWords[]
  /** Of the words that are no options. */
  readonly argument: Completes
}

export function wordsOf({ name, summary, options, arguments: taken }: Command): CommandWords {
  return {
    name,
    summary,
    options: [
      ...[...options, JSON_OUTPUT].map(({ flags, doc, completes = 'nothing' }) => {
        const [flag = ''] = /--[\w-]+/.exec(flags) ?? []
        return { flag, doc, value: flags.includes('<') ? completes : undefined }
      }),
      { flag: '--help', doc: 'show the help', value: undefined },
    ],
    argument: taken[0]?.completes ?? 'nothing',
  }
}
