/**
 * A journal that a real Haraka wrote, with whatever differs from run to run (times, processes, ids, names, ports) replaced
 * by what is the same in every run and as wide: each message comes an hour after the one before, its records follow
 * each other by 7 ms, and it is offered again 12 minutes later.
 */
import fs from 'node:fs'
import path from 'node:path'

import type { JournalRecord } from '../../../lib/journal/records.js'
import { until } from '../../support/haraka-instance.js'
import { openScene, type Scene, type SceneOptions } from '../../support/scene.js'

export const JOURNAL = 'log/relayout.journal'

/** The journal's text as it was written, and its records as they are settled, in order. */
export interface RecordedJournal {
  readonly settled: readonly JournalRecord[]
  /** File by file, by name, with the key. */
  readonly files: ReadonlyMap<string, Buffer>
}

export interface Recording {
  readonly scene: Scene
  /** Waits until the journal has so many records of that kind. */
  readonly recorded: (event: JournalRecord['event'], times: number) => Promise<void>
}

/** Its settings name the journal. */
export async function recordJournal(
  options: SceneOptions,
  act: (recording: Recording) => Promise<void>,
): Promise<RecordedJournal> {
  const scene = await openScene({ ...options, stopped: true })
  const folder = path.join(scene.haraka.folder, 'log')
  fs.mkdirSync(folder)
  const files = (): Map<string, Buffer> =>
    new Map(fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name))]))
  const lines = (): string[] =>
    [...files()]
      .filter(([name]) => /journal(\.\d+)?$/.test(name))
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .flatMap(([, text]) => text.toString().split('\n').slice(0, -1))
  try {
    await scene.haraka.start()
    await act({
      scene,
      recorded: (event, times) =>
        until(
          `the journal has ${event} ${times} times`,
          () => lines().filter((line) => line.includes(`"event":"${event}"`)).length >= times,
        ),
    })
    await scene.haraka.stop('SIGINT')
    return { settled: settle(lines().filter(isNoQuit), scene), files: files() }
  } finally {
    await scene.remove()
  }
}

/** Whether its reply or the end of the connection is recorded first differs, and with it the reason of the close. */
function isNoQuit(line: string): boolean {
  return !line.includes('"stage":"quit"')
}

const BEGIN_MS = Date.parse('2026-03-02T07:00:00.123Z')
const MINUTE_MS = 60_000

function settle(lines: readonly string[], { haraka, relay }: Scene): JournalRecord[] {
  const numbered = (pattern: RegExp): Map<string, number> =>
    new Map([...new Set(lines.join('\n').match(pattern))].map((found, i) => [found, i + 1]))
  const uuids = numbered(/[\dA-F]{8}-[\dA-F-]{27}/g)
  const items = new Map<string, { readonly n: number; readonly came: number }>()
  for (const { item } of lines.map((line) => JSON.parse(line) as JournalRecord)) {
    if (item === undefined || items.has(item)) continue
    items.set(item, { n: items.size + 1, came: BEGIN_MS + items.size * 60 * MINUTE_MS })
  }
  const settled = lines.map((line) => {
    let text = line.replaceAll(haraka.folder, '/opt/haraka').replaceAll(`:${relay.port}`, ':2525')
    for (const [uuid, n] of uuids)
      text = text.replaceAll(uuid, `5B1D0C9A-0000-4000-8000-${String(n).padStart(12, '0')}`)
    for (const [item, { n, came }] of items) {
      const [arrival = '', tag = ''] = item.split('_')
      text = text
        .replaceAll(item, `${came}_Name0${n}_mx.example.com`)
        .replaceAll(
          new RegExp(`${arrival}_\\d+_(\\d+)_\\d+_${tag}_\\d+_[^_"]+`, 'g'),
          `${came}_${came}_$1_4711_Name0${n}_${n}_mx.example.com`,
        )
    }
    return JSON.parse(text) as JournalRecord
  })
  return timed(settled)
}

function timed(records: readonly JournalRecord[]): JournalRecord[] {
  const next = new Map<string, number>()
  const ofConnection = new Map<number, number>()
  let last = BEGIN_MS
  return records.map((record) => {
    const { item, event } = record
    const connection = 'connection' in record ? record.connection : undefined
    let ms = last
    if (item !== undefined) {
      const came = Number(item.split('_')[0])
      const before = next.get(item)
      ms = before === undefined ? came + 10 : before + (event === 'offer' ? 12 * MINUTE_MS : 7)
      next.set(item, ms)
    } else if (event === 'close') ms = (ofConnection.get(record.connection) ?? last) + 7
    if (connection !== undefined) ofConnection.set(connection, ms)
    last = ms
    return {
      ...record,
      t: new Date(ms).toISOString(),
      pid: 4711,
      ...('queued' in record && item ? { queued: new Date(Number(item.split('_')[0])).toISOString() } : {}),
      ...('port' in record && record.port !== undefined ? { port: 2525 } : {}),
      ...('waited' in record ? { waited: 0.4 } : {}),
      ...(event === 'close' && !record.failed ? { reason: 'limit reached' } : {}),
      // What was a second there.
      ...('retry' in record && record.retry === 1 ? { retry: 720 } : {}),
    }
  })
}
