/** The document of `relayout queue --json`, an item a line, as it is written: it may be larger than the memory. */
import { type Terminal, visibleJson } from '../../output/terminal.js'
import { reportedFiles, reportedSums } from './report.js'
import type { QueueView } from './view.js'

/** Characters that are written at one time. */
const PIECE = 64 * 1024

export async function writeJson(terminal: Terminal, view: QueueView): Promise<void> {
  const { folder, atMs, lists, sums, files, heard } = view
  let text = `{\n${field('version', 1)},\n${field('command', 'queue')},\n`
  text += `${field('at', new Date(atMs).toISOString())},\n${field('folder', folder)},\n  "items": [`
  let first = true
  for (const list of lists) {
    let position = 0
    for (const line of list.lines()) {
      position++
      // It is an object with fields: where it goes now, one more is put before them.
      text += `${first ? '' : ','}\n    ${list.section === 'now' ? `{"position":${position},${line.slice(1)}` : line}`
      first = false
      if (text.length < PIECE) continue
      await terminal.printAll(visibleJson(text))
      text = ''
    }
  }
  text += `${first ? '' : '\n  '}],\n${field('sums', reportedSums(sums))},\n`
  text += `${field('files', reportedFiles(files))},\n${field('heard', heard)}\n}\n`
  await terminal.printAll(visibleJson(text))
}

function field(name: string, value: unknown): string {
  return `  ${JSON.stringify(name)}: ${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')}`
}
