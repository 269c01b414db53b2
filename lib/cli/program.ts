/** The commands as commander has them: usage, help with examples and exit codes. */
import { Command as Commander, Help } from 'commander'

import type { Command, Context } from './command.js'
import { COMMANDS } from './commands/index.js'
import type { ExitCode } from './exit-code.js'
import { plain } from './output/terminal.js'
import { JSON_OUTPUT } from './shared-options.js'
import { version } from './version.js'

export const DESCRIPTION = 'Checks, tries and explains the outbound mail policy of haraka-plugin-relayout.'

/** `done` is given the exit code of the command that was called. */
export function buildProgram(context: Context, done: (code: ExitCode) => void): Commander {
  const program = new Commander('relayout')
    .description(DESCRIPTION)
    .version(version(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp(helpFor(context))
    .configureOutput({
      writeOut: (text) => context.terminal.print(text.trimEnd()),
      writeErr: (text) => context.terminal.remark(text.trimEnd()),
      // It repeats what was given.
      outputError: (text, write) => write(plain(text)),
    })
    .showHelpAfterError('relayout --help tells more')
    .exitOverride()
    .addHelpText('after', `\n${exitCodes('something was found: see the help of the command')}`)
  for (const command of COMMANDS) addCommand(program, command, context, done)
  return program
}

function addCommand(program: Commander, command: Command, context: Context, done: (code: ExitCode) => void): void {
  const made = program
    .command(command.name)
    .summary(command.summary)
    .description(command.description.join('\n\n'))
    .showHelpAfterError(`relayout ${command.name} --help tells more`)
  for (const { syntax, doc } of command.arguments) made.argument(syntax, doc)
  for (const { flags, doc, several } of [...command.options, JSON_OUTPUT]) {
    if (several) made.option(flags, doc, collected)
    else made.option(flags, doc)
  }
  made.addHelpText('after', () => `\n${examples(command)}\n\n${exitCodes(command.finding)}`)
  made.action(async () => {
    done(await command.run(context, made.args, made.opts()))
  })
}

function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, ...value.split(',').map((part) => part.trim())]
}

function examples({ examples }: Command): string {
  return ['Examples:', ...examples.flatMap(({ call, does }) => [`  ${does}:`, `    $ ${call}`])].join('\n')
}

export function exitCodes(finding: string): string {
  return [
    'Exit codes:',
    '  0  done',
    `  1  ${finding}`,
    '  2  not done: wrong usage, or something is not there or cannot be read',
  ].join('\n')
}

function helpFor({ terminal }: Context): Partial<Help> {
  const helpWidth = Number.isFinite(terminal.columns) ? terminal.columns : 80
  return { helpWidth, styleTitle: (title: string) => terminal.paint('bold', title) }
}
