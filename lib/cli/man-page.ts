/** The manual page relayout(1), from the words of the commands. */
import type { Command } from './command.js'
import { DESCRIPTION, exitCodes } from './program.js'
import { JSON_OUTPUT } from './shared-options.js'

/** In roff, with the man macros. */
export function manPage(commands: readonly Command[], version: string): string {
  return `${[
    `.TH RELAYOUT 1 "" "haraka-plugin-relayout ${version}" "User Commands"`,
    '.SH NAME',
    'relayout \\- check, try and explain an outbound mail policy',
    '.SH SYNOPSIS',
    ...commands.flatMap((command) => [`.B relayout ${command.name}`, text(synopsis(command)), '.br']),
    '.SH DESCRIPTION',
    text(DESCRIPTION),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH EXIT STATUS',
    '.nf',
    ...exitCodes('something was found, as each command has it').split('\n').slice(1).map(text),
    '.fi',
    '.SH ENVIRONMENT',
    '.TP',
    '.B HARAKA',
    "Haraka's folder; its config folder is the default of \\-\\-config.",
    '.TP',
    '.B COLUMNS, NO_COLOR, FORCE_COLOR',
    'How wide the output is, and whether it has colours.',
    '.SH SEE ALSO',
    '.BR haraka (1)',
  ].join('\n')}\n`
}

function synopsis({ arguments: taken }: Command): string {
  return [...taken.map(({ syntax }) => syntax), '[options]'].join(' ')
}

function section(command: Command): string[] {
  const { name, summary, description, options, finding, examples } = command
  return [
    `.SS ${text(`relayout ${name} ${synopsis(command)}`)}`,
    `${text(capital(summary))}.`,
    ...description.flatMap((paragraph) => ['.PP', text(paragraph)]),
    ...command.arguments.flatMap(({ syntax, doc }) => ['.TP', `.I ${text(syntax)}`, text(capital(doc))]),
    ...[...options, JSON_OUTPUT].flatMap(({ flags, doc }) => ['.TP', `.B ${text(flags)}`, text(capital(doc))]),
    '.PP',
    `Exit status 1: ${text(finding)}.`,
    ...examples.flatMap(({ call, does }) => ['.PP', `${text(does)}:`, '.PP', '.RS', '.nf', text(call), '.fi', '.RE']),
  ]
}

/** Nothing in it is a request or an escape. */
function text(words: string): string {
  const safe = words.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('’', "'")
  return /^[.']/.test(safe) ? `\\&${safe}` : safe
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
