import type { Completes } from '../../command.js'
import type { CommandWords } from './words.js'

export function zshCompletion(commands: readonly CommandWords[]): string {
  return `#compdef relayout
# zsh completion for relayout
_relayout() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
    'help:show the help of a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(words).join('\n')}
  help) _describe command commands ;;
  esac
}
if [[ $funcstack[1] == _relayout ]]; then _relayout "$@"; else compdef _relayout relayout; fi
`
}

function words({ name, options, argument }: CommandWords): string {
  const specs = options.map(({ flag, doc, value }) => {
    const taken = value === undefined ? '' : `:value:${action(value)}`
    return `      ${quoted(`*${flag}[${doc.replace(/[[\]\\:]/g, '\\$&')}]${taken}`)}`
  })
  return `  ${name})
    _arguments \\
${specs.join(' \\\n')} \\
      ${quoted(`*:argument:${action(argument)}`)} ;;`
}

function action(completes: Completes): string {
  if (completes === 'nothing') return ' '
  if (completes === 'file') return '_files'
  if (completes === 'folder') return '_files -/'
  return `(${completes.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
