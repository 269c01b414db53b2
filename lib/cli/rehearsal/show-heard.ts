/** What the scripts have said besides their answers, each thing once. */
import { plain, type Terminal } from '../output/terminal.js'
import { wrapped } from '../output/wrap.js'
import type { Heard } from './rehearsal.js'

const COLOURS = { print: 'dim', warning: 'yellow', failure: 'red' } as const

export function showHeard(terminal: Terminal, heard: readonly Heard[]): void {
  for (const { sender, kind, text } of heard) {
    const [first = '', ...others] = wrapped(`${kind} ${plain(sender)}: ${plain(text)}`, terminal.columns, '   ')
    terminal.print(terminal.paint(COLOURS[kind], kind) + first.slice(kind.length))
    for (const line of others) terminal.print(line)
  }
}
