/** What the scripts have said besides their answers, each thing once. */
import { plain, type Terminal } from '../output/terminal.js'
import type { Heard } from './rehearsal.js'

const COLOURS = { print: 'dim', warning: 'yellow', failure: 'red' } as const

export function showHeard(terminal: Terminal, heard: readonly Heard[]): void {
  for (const { sender, kind, text } of heard) {
    terminal.print(`${terminal.paint(COLOURS[kind], kind)} ${plain(sender)}: ${plain(text)}`)
  }
}
