/**
 * The plugin's records for the journal: what happened to each message, in the order in which it happened. Off, a call
 * costs a look at one field. Nothing here throws, however odd an item is: whoever calls has yet to answer Haraka.
 */
import { fromBytes } from '../core/byte-string.js'
import type { Clock } from '../core/clock.js'
import { presentedLines } from '../core/reply.js'
import type { SenderSettings, Settings } from '../core/settings/settings.js'
import type { JournalEvent, JournalEvents, JournalItem, ToldRecipient } from '../journal/records.js'
import { MOST_LISTED } from '../journal/recorder.js'
import type { Skip } from '../policy/choose.js'
import type { Judgement } from '../policy/judge.js'
import { itemKey, lastTryMs, messageSize } from '../policy/queue-item.js'
import type { ReplyEvent } from '../relay/relay-observer.js'
import type { ScriptFailure } from '../script/port.js'
import type { EventLog } from './event-log.js'
import { JournalRecording } from './journal-recording.js'
import type { AddressText, BounceError, DeferredParams, DeliveredParams, HarakaAddress, HMail, Todo } from './shapes.js'

/** A connection to a relay server. */
export interface RelayPeer {
  readonly sender: string
  readonly server: string
  /** Of the connections of this process, from 1. */
  readonly connection: number
}

/** What else was heard of a script that was asked; lists of sentences. */
export interface Heard {
  readonly failures: string[]
  readonly warnings: string[]
}

export class Journal {
  readonly #recording: JournalRecording

  constructor(log: EventLog, clock: Clock) {
    this.#recording = new JournalRecording(log, clock)
  }

  configure({ main }: Settings): void {
    this.#recording.configure(main)
  }

  /** The settings are others now. */
  reconfigure({ main }: Settings, file: string, changed: readonly string[]): void {
    const wasOn = this.#recording.current !== undefined
    if (wasOn) this.reload({ file, changed })
    this.#recording.configure(main)
    if (!wasOn) this.reload({ file, changed })
  }

  /** The process may end. */
  flush(): void {
    this.#recording.flush()
  }

  /** Undefined while nothing is recorded. */
  heard(): Heard | undefined {
    return this.#recording.current && { failures: [], warnings: [] }
  }

  offer(hmail: HMail, retryIntervals: readonly number[]): void {
    if (this.#recording.current) this.#safely(() => this.#offer(hmail, retryIntervals))
  }

  #offer(hmail: HMail, retryIntervals: readonly number[]): void {
    const current = this.#recording.current
    if (!current) return
    const { todo, path, num_failures: retries } = hmail
    const lastTry = lastTryMs(hmail, retryIntervals)
    const fields: JournalEvents['offer'] = {
      file: path,
      size: messageSize(hmail),
      queued: new Date(todo.queue_time).toISOString(),
      from: addressOf(todo.mail_from),
      ...recipientsOf(hmail),
      retries,
      lastTry: lastTry === undefined ? undefined : new Date(lastTry).toISOString(),
    }
    const { recorder, headers } = current
    if (!headers) {
      recorder.add('offer', fields, about(hmail))
      return
    }
    const put = recorder.hold('offer', { ...fields, headersMissing: true }, about(hmail))
    void headers.read(path).then((header) => {
      if (!header) put()
      else put({ ...fields, headers: header.lines.map(fromBytes), headersCut: header.cut || undefined })
    })
  }

  decision(hmail: HMail, sender: SenderSettings, version: string, judgement: Judgement, heard?: Heard): void {
    if (!heard) return
    const { id: senderId, name, script } = sender
    const { failures, warnings } = heard
    this.#add(
      'decision',
      {
        sender: name,
        senderId,
        script,
        version,
        ...(judgement.take
          ? {
              answer: 'take',
              priority: judgement.decision.priority,
              forceLastTry: judgement.decision.forceLastTry,
              tag: judgement.tag,
            }
          : { answer: judgement.held ? 'hold' : 'skip', reason: judgement.reason, retry: judgement.retrySeconds }),
        failures: failures.length > 0 ? failures : undefined,
        warnings: warnings.length > 0 ? warnings : undefined,
      },
      hmail,
    )
  }

  /** No sender is for it. */
  pass(hmail: HMail): void {
    this.#add('pass', {}, hmail)
  }

  skip(hmail: HMail, { senders, reason, retrySeconds, held }: Skip): void {
    this.#add('skip', { senders, reason, retry: retrySeconds, held }, hmail)
  }

  /** It waits for its turn. */
  wait(hmail: HMail, sender: string, priority: number, waiting: number, reason?: string): void {
    this.#add('wait', { sender, priority, waiting, reason }, hmail)
  }

  reoffer(hmail: HMail, sender: string): void {
    this.#add('reoffer', { sender, reason: 'the settings no longer have its sender' }, hmail)
  }

  send(hmail: HMail, sender: string, priority: number, position: number, waited: number): void {
    this.#add('send', { sender, priority, position, waited }, hmail)
  }

  connection(hmail: HMail, peer: RelayPeer, reused: boolean, address?: string, port?: number): void {
    this.#add('connection', { ...peer, address, port, reused }, hmail)
  }

  unreachable(hmail: HMail, sender: string, server: string, port: number | undefined, reason: unknown): void {
    this.#add('unreachable', { sender, server, port, reason: String(reason) }, hmail)
  }

  /** Byte strings. */
  returnPath(hmail: HMail, sender: string, server: string, from: string, sent: string): void {
    this.#add('returnpath', { sender, server, from: fromBytes(from), sent: fromBytes(sent) }, hmail)
  }

  tagRefused(hmail: HMail, sender: string, server: string, refused: string, sentUntagged: boolean): void {
    this.#add('batv', { sender, server, refused, sentUntagged }, hmail)
  }

  /** `shown`: a byte string of the conversation as it may be seen. */
  reply(peer: RelayPeer, event: ReplyEvent, hmail: HMail | undefined, shown: (bytes: string) => string): void {
    if (!this.#recording.current) return
    const { stage, command, real, presented, rewrite } = event
    const refused = rewrite?.outcome === 'invalid' || rewrite?.outcome === 'refused'
    const told = rewrite && presentedLines(presented)
    const changed = told && told.join('\n') !== real.lines.join('\n')
    this.#add(
      'reply',
      {
        ...peer,
        stage,
        command: shown(command),
        reply: real.lines.map(shown),
        outcome: rewrite?.outcome,
        presented: changed ? told.map(shown) : undefined,
        returned: refused ? shown(rewrite.returned ?? '') : undefined,
        warnings: rewrite && rewrite.warnings.length > 0 ? rewrite.warnings.map((one) => one.sentence) : undefined,
      },
      hmail,
    )
  }

  close(peer: RelayPeer, messages: number, recipients: number, reason: string, failed: boolean): void {
    this.#add('close', { ...peer, messages, recipients, reason, failed })
  }

  /** One of the parts that its recipients go in is done with. */
  part(hmail: HMail, sender: string, left: number): void {
    this.#add('part', { sender, left }, hmail)
  }

  delivered(hmail: HMail, params: DeliveredParams): void {
    if (!this.#recording.current) return
    this.#safely(() => {
      const [server, , response, , , , recipients, tls, auth] = params
      const told = recipients.map((recipient) => ({ to: addressOf(recipient), said: response }))
      this.#outcome('delivered', hmail, response, told, { server, tls, auth })
    })
  }

  /** `heldSeconds`: it was held, so long. */
  deferred(hmail: HMail, { delay, err }: DeferredParams, heldSeconds?: number): void {
    // Haraka also defers an item whose file it could not read.
    if (!this.#recording.current || !(hmail.todo as Todo | null)) return
    const outcome = heldSeconds === undefined ? 'deferred' : 'held'
    this.#safely(() =>
      this.#outcome(outcome, hmail, String(err), told(hmail.todo.rcpt_to), { delay: heldSeconds ?? delay }),
    )
  }

  bounced(hmail: HMail, { message }: BounceError): void {
    if (!this.#recording.current) return
    this.#safely(() => this.#outcome('bounced', hmail, message, told(hmail.todo.rcpt_to)))
  }

  duplicate(hmail: HMail, reason: string): void {
    this.#add('duplicate', { file: hmail.path, reason }, hmail)
  }

  session(phase: 'begin' | 'end', sender: string, script: string, version: string, messages?: number): void {
    this.#add('session', { phase, sender, script, version, messages })
  }

  /** A byte string. */
  print(sender: string, script: string, line: string): void {
    this.#add('print', { sender, script, text: fromBytes(line) })
  }

  failure(sender: string, { function: callback, kind, file, line, message }: ScriptFailure, hmail?: HMail): void {
    const fields = { sender, function: callback, kind, file, scriptLine: line, message: fromBytes(message) }
    this.#add('failure', fields, hmail)
  }

  warning(sender: string, server: string | undefined, text: string, hmail?: HMail): void {
    this.#add('warning', { sender, server, text }, hmail)
  }

  reload(what: JournalEvents['reload']): void {
    this.#add('reload', what)
  }

  #outcome(
    outcome: JournalEvents['outcome']['outcome'],
    hmail: HMail,
    reason: string,
    told: readonly ToldRecipient[],
    more: Partial<JournalEvents['outcome']> = {},
  ): void {
    const recipients = told.length > MOST_LISTED ? told.length : undefined
    this.#add('outcome', { outcome, reason, ...more, told, recipients }, hmail)
  }

  #add<E extends JournalEvent>(event: E, fields: JournalEvents[E], hmail?: HMail): void {
    const current = this.#recording.current
    if (!current) return
    try {
      current.recorder.add(event, fields, hmail && about(hmail))
    } catch (error) {
      this.#recording.notRecorded(error)
    }
  }

  #safely(record: () => void): void {
    try {
      record()
    } catch (error) {
      this.#recording.notRecorded(error)
    }
  }
}

/** An item keeps both of them, and a dozen records are made of each. */
const items = new WeakMap<HMail, JournalItem>()

function about(hmail: HMail): JournalItem {
  let item = items.get(hmail)
  if (!item) items.set(hmail, (item = { id: hmail.todo.uuid, item: itemKey(hmail) }))
  return item
}

function recipientsOf({ todo: { rcpt_to: list } }: HMail) {
  return {
    to: list.slice(0, MOST_LISTED).map(addressOf),
    recipients: list.length > MOST_LISTED ? list.length : undefined,
  }
}

/** What hmail wrote down on each recipient, for a DSN. */
function told(recipients: readonly HarakaAddress[]): ToldRecipient[] {
  return recipients.map((recipient) => {
    const { dsn_smtp_code, dsn_smtp_extc, dsn_smtp_response, dsn_msg } = recipient
    const said = dsn_smtp_code ? [dsn_smtp_code, dsn_smtp_extc, dsn_smtp_response].filter(Boolean).join(' ') : dsn_msg
    return { to: addressOf(recipient), said }
  })
}

/** JSON knows no functions. */
function addressOf({ address }: { readonly address: AddressText }): string {
  return String(address)
}
