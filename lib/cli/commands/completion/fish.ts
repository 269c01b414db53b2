import type { Completes } from '../../command.js'
import type { CommandWords } from './words.js'

export function fishCompletion(commands: readonly CommandWords[]): string {
  const names = commands.map(
    ({ name, summary }) => `complete -c relayout -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
  )
  return `# fish completion for relayout
complete -c relayout -f
${names.join('\n')}
complete -c relayout -n __fish_use_subcommand -a help -d 'show the help of a command'
${commands.flatMap(words).join('\n')}
`
}

function words({ name, options, argument }: CommandWords): string[] {
  const seen = `-n '__fish_seen_subcommand_from ${name}'`
  return [
    ...options.map(({ flag, doc, value }) => {
      const taken = value === undefined ? '' : ` -r${offered(value)}`
      return `complete -c relayout ${seen} -l ${flag.slice(2)} -d ${quoted(doc)}${taken}`
    }),
    ...(argument === 'nothing' ? [] : [`complete -c relayout ${seen}${offered(argument)}`]),
  ]
}

function offered(completes: Completes): string {
  if (completes === 'nothing') return ''
  if (completes === 'file') return ' -F'
  if (completes === 'folder') return " -a '(__fish_complete_directories)'"
  return ` -a ${quoted(completes.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
