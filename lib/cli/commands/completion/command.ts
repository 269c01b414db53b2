import type { Command } from '../../command.js'
import { SHELLS } from './shells.js'

export const COMPLETION: Command = {
  name: 'completion',
  summary: 'print what a shell needs to complete the words of relayout',
  description: ['Prints the completion for a shell, to be kept where that shell looks for it.'],
  arguments: [{ syntax: '<shell>', doc: SHELLS.join(', '), completes: SHELLS }],
  options: [],
  finding: 'does not happen here',
  examples: [
    { call: 'relayout completion bash > /etc/bash_completion.d/relayout', does: 'For bash, for all users' },
    { call: 'relayout completion zsh > /usr/local/share/zsh/site-functions/_relayout', does: 'For zsh' },
    { call: 'relayout completion fish > ~/.config/fish/completions/relayout.fish', does: 'For fish' },
  ],
  run: async (context, args, options) => (await import('./run.js')).run(context, args, options),
}
