/** `relayout completion`: the words of all commands, as one shell or another wants them. */
import { relayoutError } from '../../../core/errors.js'
import type { Context } from '../../command.js'
import type { ExitCode } from '../../exit-code.js'
import { COMMANDS } from '../index.js'
import { bashCompletion } from './bash.js'
import { fishCompletion } from './fish.js'
import { type Shell, SHELLS } from './shells.js'
import { wordsOf } from './words.js'
import { zshCompletion } from './zsh.js'

const MADE = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

// eslint-disable-next-line @typescript-eslint/require-await -- a command's run is asynchronous
export async function run(
  { terminal }: Context,
  [shell = '']: readonly string[],
  options: { json?: true },
): Promise<ExitCode> {
  if (!isShell(shell)) throw relayoutError('RELAYOUT_E_SHELL', { shell, shells: SHELLS.join(', ') })
  const text = MADE[shell](COMMANDS.map(wordsOf))
  if (options.json) terminal.json({ version: 1, command: 'completion', shell, completion: text })
  else terminal.print(text.trimEnd())
  return 0
}

function isShell(word: string): word is Shell {
  return SHELLS.some((shell) => shell === word)
}
