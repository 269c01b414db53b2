/** What each record tells, in words, for people. Shared records without words of their own stand in other places. */
import path from 'node:path'

import type { JournalEvent, JournalRecord, RecordOf } from '../../../journal/records.js'
import { plain } from '../../output/terminal.js'
import { count, duration } from '../../output/units.js'
import type { Account } from './account.js'
import { after } from './again.js'
import { toldLines } from './outcome-step.js'
import { replyLines } from './reply-step.js'
import { connectionKey } from './shared-records.js'
import { addresses, clock, deeper, line, ordinal, spell, type Step, type StepLine } from './step.js'

/** What came before within the account. */
interface Before {
  readonly offer: RecordOf<'offer'> | undefined
  readonly opening: RecordOf<'connection'> | undefined
  readonly pid: number | undefined
}

export function stepsOf(account: Account): Step[] {
  const steps: Step[] = []
  let offer: RecordOf<'offer'> | undefined
  let pid: number | undefined
  const openings = new Map<string, RecordOf<'connection'>>()
  for (const { record } of account.entries) {
    const opening = record.event === 'connection' ? openings.get(connectionKey(record)) : undefined
    const step = stepOf(record, account, { offer, opening, pid })
    if (step) steps.push(step)
    if (record.event === 'connection' && !record.reused) openings.set(connectionKey(record), record)
    if (record.item !== account.item) continue
    if (record.event === 'offer') offer = record
    pid = record.pid
  }
  return steps
}

function stepOf(record: JournalRecord, account: Account, before: Before): Step | undefined {
  const { t, event } = record
  const shared = record.item !== account.item
  if (shared && !SHARED_WITH_WORDS.has(event)) return undefined
  const words = WORDS[event] as (record: JournalRecord, before: Before) => readonly StepLine[]
  const lines = words(record, before)
  if (lines.length === 0) return undefined
  return {
    t,
    lines,
    ...(event === 'offer' ? { begins: true } : {}),
    ...(event === 'decision' ? { script: plain(`${record.script} ${record.version}`) } : {}),
  }
}

const SHARED_WITH_WORDS = new Set<JournalEvent>(['close', 'lost'])

type Words = { [E in JournalEvent]: (record: RecordOf<E>, before: Before) => readonly StepLine[] }

const WORDS: Words = {
  begin: () => [],
  session: () => [],
  reload: () => [],
  print: () => [],
  offer: offered,
  decision: decided,
  pass: () => [line('no sender is for it: Haraka delivers it as if the plugin were not there')],
  skip: ({ held, retry, t }) => [
    held
      ? line(`is held, since a script failed; offered again ${after(retry, t)}`, 'red')
      : line(`stays in the queue; offered again ${after(retry, t)}`),
  ],
  wait: ({ sender, waiting, reason }) => [
    line(`waits for its turn${waiting > 0 ? `; ${count(waiting, 'other waits', 'others wait')} for ${sender}` : ''}`),
    ...(reason === undefined ? [] : [deeper(reason, 'yellow')]),
  ],
  reoffer: ({ reason }) => [line(`is offered again in a moment: ${reason}`)],
  send: ({ sender, position, waited }) => [
    line(`goes by ${sender}, the ${ordinal(position)} of the session${waited > 0 ? `, after ${spell(waited)}` : ''}`),
  ],
  connection: connected,
  unreachable: ({ server, port, reason }) => [line(`${peer({ server, port })} cannot be reached: ${reason}`, 'red')],
  returnpath: ({ from, sent }) => [line(`the script changes the return path: <${from}> → <${sent}>`, 'yellow')],
  batv: ({ refused, sentUntagged }) => [
    line(
      `the relay server refuses the tagged return path${sentUntagged ? ', and it goes without a tag' : ''}`,
      'yellow',
    ),
    deeper(refused, 'yellow'),
  ],
  reply: replyLines,
  close: ({ connection, reason, messages, failed }) => [
    line(
      `connection ${connection} is ${failed ? 'lost' : 'closed'}: ${reason}; ${count(messages, 'message')} went over it`,
      failed ? 'red' : 'dim',
    ),
  ],
  part: ({ left }) => [line(`a part of it is done with; ${count(left, 'recipient')} left`)],
  outcome: toldLines,
  duplicate: ({ reason }) => [line(`a second copy is dropped: ${reason}`, 'dim')],
  failure: ({ function: name, message, kind }) => [line(`${name} fails (${kind}): ${message}`, 'red')],
  warning: ({ text }) => [line(`warning: ${text}`, 'yellow')],
  lost: ({ records, since, t }) => [
    line(`${count(records, 'record')} lost since ${clock(since, t)}: this account may have holes`, 'red'),
  ],
}

function offered(record: RecordOf<'offer'>, { offer: last, pid }: Before): StepLine[] {
  const { retries, file, headers, to } = record
  const attempt = retries > 0 ? `, after ${count(retries, 'failed attempt')}` : ''
  const process = pid !== undefined && pid !== record.pid ? `, by another process (${record.pid})` : ''
  const others = last && last.to.join('\n') !== to.join('\n')
  return [
    line(`offered${last ? ' again' : ''}${attempt}${process}`),
    ...(file === last?.file ? [] : [deeper(`file ${path.basename(file)}`, 'dim')]),
    ...(others ? [deeper(`for ${addresses(to, Infinity)}`)] : []),
    ...(last ? [] : (headers ?? []).map((header) => deeper(header, 'dim'))),
  ]
}

function decided(record: RecordOf<'decision'>): StepLine[] {
  const { sender, answer, priority, forceLastTry, tag, reason, retry, failures = [], warnings = [] } = record
  const said =
    answer === 'take'
      ? [
          `${sender} takes it, priority ${priority ?? 50}`,
          ...(tag ? ['its return path is tagged'] : []),
          ...(forceLastTry ? ['a temporary failure bounces it'] : []),
        ]
      : [
          `${sender} ${answer === 'hold' ? 'holds' : 'skips'} it${reason ? `: ${reason}` : ''}`,
          ...(retry === undefined ? [] : [`again after ${duration(retry)}`]),
        ]
  return [
    line(said.join('; '), answer === 'hold' ? 'red' : undefined),
    ...failures.filter((failure) => failure !== reason).map((failure) => deeper(`the script fails: ${failure}`, 'red')),
    ...warnings.map((warning) => deeper(warning, 'yellow')),
  ]
}

function connected(record: RecordOf<'connection'>, { opening }: Before): StepLine[] {
  const { connection, reused, t } = record
  const since = opening ? `, open since ${clock(opening.t, t)}` : ', used before'
  return [line(`over ${reused ? '' : 'the new '}connection ${connection} to ${peer(record)}${reused ? since : ''}`)]
}

interface Peer {
  readonly server: string
  readonly address?: string | undefined
  readonly port?: number | undefined
}

/** `smtp.example.net [192.0.2.1]:587`. */
function peer({ server, address, port }: Peer): string {
  const at = address === undefined || address === server ? '' : ` [${address}]`
  return `${server}${at}${port === undefined ? '' : `:${port}`}`
}
