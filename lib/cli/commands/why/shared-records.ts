/**
 * Records about no single message that explain one: how its connections were opened and closed, since when the script
 * that decided was in force, and which records were lost. What is open at one time is remembered, and no more.
 */
import type { JournalRecord, RecordOf } from '../../../journal/records.js'

/** A record in its place. */
export interface Entry<R extends JournalRecord = JournalRecord> {
  /** Its number among the records of the journal. */
  readonly place: number
  readonly record: R
}

/** Of each kind. A process that was killed leaves some behind. */
const MOST_REMEMBERED = 10_000

type Opening = Entry<RecordOf<'connection'>>

export class SharedRecords<Account> {
  readonly #openings = new Remembered<Opening>()
  readonly #users = new Remembered<Set<Account>>()
  readonly #sessions = new Remembered<Entry>()
  readonly #reloads = new Remembered<Entry>()
  readonly #lost = new Remembered<Entry<RecordOf<'lost'>>>()

  /** Told of every record of these kinds; gives the messages that a record is to be added to. */
  see({ place, record }: Entry): Iterable<Account> {
    switch (record.event) {
      case 'connection':
        if (!record.reused) this.#openings.set(connectionKey(record), { place, record })
        return []
      case 'close': {
        const key = connectionKey(record)
        const users = this.#users.get(key) ?? []
        this.#openings.delete(key)
        this.#users.delete(key)
        return users
      }
      case 'session':
        if (record.phase === 'begin') this.#sessions.set(sessionKey(record), { place, record })
        return []
      case 'reload':
        // One with `kept` is of a version that never was in force.
        if (record.script && record.version && record.kept === undefined)
          this.#reloads.set(`${record.pid} ${record.script} ${record.version}`, { place, record })
        return []
      case 'lost':
        this.#lost.set(String(place), { place, record })
        return []
      case 'begin':
        // It counts its connections anew.
        for (const memory of [this.#openings, this.#users]) memory.forget(`${record.pid} `)
        return []
      default:
        return []
    }
  }

  /** The opening of a connection that the message has; its end will be told. */
  use(record: RecordOf<'connection'>, account: Account): Opening | undefined {
    const key = connectionKey(record)
    const users = this.#users.get(key)
    if (users) users.add(account)
    else this.#users.set(key, new Set([account]))
    return this.#openings.get(key)
  }

  /** The message is of no interest any more. */
  leave(account: Account): void {
    for (const users of this.#users.values()) users.delete(account)
  }

  /** Since when the script that decided was in force. */
  behind(decision: RecordOf<'decision'>): Entry[] {
    const { pid, script, version } = decision
    const [session, reload] = [
      this.#sessions.get(sessionKey(decision)),
      this.#reloads.get(`${pid} ${script} ${version}`),
    ]
    return [reload, session].filter((entry) => entry !== undefined)
  }

  /** Those of the processes that could be about something within that time. */
  lostBetween(from: string, to: string, pids: ReadonlySet<number>): Entry[] {
    return [...this.#lost.values()].filter(({ record: { t, since, pid } }) => pids.has(pid) && since <= to && t >= from)
  }
}

/** The latest of them. */
class Remembered<Value> {
  readonly #values = new Map<string, Value>()

  get(key: string): Value | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: Value): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size <= MOST_REMEMBERED) return
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      break
    }
  }

  delete(key: string): void {
    this.#values.delete(key)
  }

  forget(prefix: string): void {
    for (const key of this.#values.keys()) if (key.startsWith(prefix)) this.#values.delete(key)
  }

  values(): Iterable<Value> {
    return this.#values.values()
  }
}

/** Each process counts its own. */
export function connectionKey({ pid, connection }: RecordOf<'connection' | 'close'>): string {
  return `${pid} ${connection}`
}

function sessionKey({ pid, sender, version }: RecordOf<'session' | 'decision'>): string {
  return `${pid} ${sender} ${version}`
}
