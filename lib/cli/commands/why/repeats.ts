/** A message that is skipped again and again, for the same reasons: told once, and then how often. */
import type { JournalRecord } from '../../../journal/records.js'
import type { Account } from './account.js'
import { line, type Step } from './step.js'

/** Fewer rounds in a row are told one by one. */
const LEAST = 4

/** `steps`: those of the account's own records, in order; the first and the last round of such a row stay. */
export function withoutRepeats(account: Account, steps: readonly Step[]): Step[] {
  const rounds = split(steps)
  const recorded = new Map(roundsOf(account.own.map(({ record }) => record)).map((round) => [round[0]?.t, round]))
  const kindOf = (round: readonly Step[] | undefined): string => {
    const records = recorded.get(round?.[0]?.t)
    // Something that is no record of its own, such as lost records, must not disappear.
    return records && records.length === round?.length ? signature(records) : ''
  }
  const told: Step[] = []
  for (let i = 0; i < rounds.length;) {
    const round = rounds[i] ?? []
    const kind = kindOf(round)
    let end = i + 1
    while (kind !== '' && end < rounds.length && kindOf(rounds[end]) === kind) end++
    const between = rounds.slice(i + 1, end - 1)
    const first = between[0]?.[0]
    const last = between.at(-1)?.[0]
    if (end - i >= LEAST && first && last) {
      const text = `offered ${between.length} times more, each time with the same answers`
      told.push(...round, { t: first.t, begins: true, lines: [line(text, 'dim')] }, ...(rounds[end - 1] ?? []))
    } else for (const one of rounds.slice(i, end)) told.push(...one)
    i = end
  }
  return told
}

function split(steps: readonly Step[]): Step[][] {
  const rounds: Step[][] = []
  for (const step of steps) {
    if (step.begins || rounds.length === 0) rounds.push([step])
    else rounds.at(-1)?.push(step)
  }
  return rounds
}

function roundsOf(records: readonly JournalRecord[]): JournalRecord[][] {
  const rounds: JournalRecord[][] = []
  for (const record of records) {
    if (record.event === 'offer' || rounds.length === 0) rounds.push([record])
    else rounds.at(-1)?.push(record)
  }
  return rounds
}

/** '' where more than skipping happened. */
function signature(round: readonly JournalRecord[]): string {
  const parts = round.map((record) => {
    if (record.event === 'offer') return [record.file, record.retries, record.pid]
    if (record.event === 'decision') return [record.sender, record.answer, record.version, record.reason, record.retry]
    return record.event === 'skip' ? [record.reason] : undefined
  })
  return round.at(-1)?.event !== 'skip' || parts.includes(undefined) ? '' : JSON.stringify(parts)
}
