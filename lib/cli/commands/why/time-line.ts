/** Steps with their times: the day once, long gaps by name, and lines that fit the terminal, nothing of them cut. */
import stringWidth from 'string-width'

import type { Terminal } from '../../output/terminal.js'
import { duration, moment } from '../../output/units.js'
import { wrapped } from '../../output/wrap.js'
import type { Step, StepLine } from './step.js'

/** The width of `07:10:00.123  `. */
const MARGIN = ' '.repeat(14)
const DEEPER = '  '

/** Shorter ones can be seen from the times, ms. */
const LONG_GAP_MS = 60_000

export function timeLine(terminal: Terminal, steps: readonly Step[]): string[] {
  const lines: string[] = []
  let last: Step | undefined
  for (const step of steps) {
    lines.push(...before(terminal, step, last), ...shown(terminal, step))
    last = step
  }
  return lines
}

function before(terminal: Terminal, step: Step, last: Step | undefined): string[] {
  const [ms, lastMs] = [Date.parse(step.t), last ? Date.parse(last.t) : 0]
  const day = dayOf(ms)
  const gap = last && ms - lastMs >= LONG_GAP_MS ? `${duration((ms - lastMs) / 1000)} later` : ''
  const newDay = !last || day !== dayOf(lastMs)
  return [
    ...(last && (step.begins || newDay || gap) ? [''] : []),
    ...(newDay ? [terminal.paint('bold', day) + (gap && `    ${terminal.paint('dim', gap)}`)] : []),
    ...(gap && !newDay ? [MARGIN + terminal.paint('dim', gap)] : []),
  ]
}

function shown(terminal: Terminal, { t, lines, script }: Step): string[] {
  const room = terminal.columns - MARGIN.length
  const texts = lines.flatMap((line, i) => {
    const broken = broad(line, room)
    if (i > 0 || script === undefined) return paint(terminal, line, broken)
    return withScript(terminal, line, broken, script, room)
  })
  return texts.map((text, i) => (i === 0 ? `${timeOf(Date.parse(t))}  ` : MARGIN) + text)
}

function broad({ text, deeper }: StepLine, room: number): string[] {
  const indent = deeper ? DEEPER : ''
  return wrapped(text, room - indent.length, deeper ? DEEPER : '').map((line) => indent + line)
}

function paint(terminal: Terminal, { colour }: StepLine, lines: readonly string[]): string[] {
  return lines.map((line) => (colour ? terminal.paint(colour, line) : line))
}

/** At the right of the last line, or under it. */
function withScript(terminal: Terminal, line: StepLine, broken: string[], script: string, room: number): string[] {
  const painted = paint(terminal, line, broken)
  const width = stringWidth(broken.at(-1) ?? '')
  const shown = terminal.paint('dim', script)
  const right = room === Infinity ? 2 : room - width - stringWidth(script)
  if (right < 2) return [...painted, ' '.repeat(Math.max(0, room - stringWidth(script))) + shown]
  return [...painted.slice(0, -1), `${painted.at(-1) ?? ''}${' '.repeat(right)}${shown}`]
}

function dayOf(ms: number): string {
  return moment(ms).slice(0, 10)
}

function timeOf(ms: number): string {
  return `${moment(ms).slice(11)}.${String(((ms % 1000) + 1000) % 1000).padStart(3, '0')}`
}
