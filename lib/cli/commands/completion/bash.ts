import type { Completes } from '../../command.js'
import type { CommandWords } from './words.js'

export function bashCompletion(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  return `# bash completion for relayout
_relayout() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "${names} help --help --version" -- "$current")
    return
  fi
  case "$command $previous" in
${commands.flatMap(optionValues).join('\n')}
  esac
  case "$command" in
${commands.map(words).join('\n')}
  help) ${offer(commands.map(({ name }) => name))} ;;
  esac
}
complete -F _relayout relayout
`
}

function optionValues({ name, options }: CommandWords): string[] {
  return options
    .filter(({ value }) => value !== undefined)
    .map(({ flag, value = 'nothing' }) => `  "${name} ${flag}") ${offer(value)}; return ;;`)
}

function words({ name, options, argument }: CommandWords): string {
  const flags = options.map(({ flag }) => flag).join(' ')
  return `  ${name})
    case "$current" in
    -*) mapfile -t COMPREPLY < <(compgen -W "${flags}" -- "$current") ;;
    *) ${offer(argument)} ;;
    esac ;;`
}

function offer(completes: Completes): string {
  if (completes === 'nothing') return ':'
  if (completes === 'file') return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current")'
  if (completes === 'folder') return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current")'
  return `mapfile -t COMPREPLY < <(compgen -W "${completes.join(' ')}" -- "$current")`
}
