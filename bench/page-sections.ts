/**
 * Pages that commands bring up to date: what they write stands between pairs of comments, `<!-- bench drain: begin -->`
 * and `<!-- bench drain: end -->`. The text around them is written by hand.
 */
import path from 'node:path'

import { ROOT } from './haraka.js'

/** `command`: whose section it is. Throws when the page has no place for it. */
export function filled(page: string, command: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${command} ${name}: begin -->`, `<!-- ${command} ${name}: end -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no place for ${name}, from ${begin} to ${end}`)
  return `${page.slice(0, from)}${begin}\n\n${content}\n\n${page.slice(to)}`
}

/** A line of a table in Markdown. */
export function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** As the package's other files are; `name` is relative to the package. */
export async function formatted(name: string, text: string): Promise<string> {
  // Only where it is installed, as it is for whoever writes them.
  const prettier = await import('prettier')
  const style = await prettier.resolveConfig(path.join(ROOT, name))
  return prettier.format(text, { ...style, parser: name.endsWith('.json') ? 'json' : 'markdown' })
}
