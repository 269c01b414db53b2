/**
 * Messages of tests as items of a queue: a message that is described is written to a file, where the script finds its
 * header; one that is a file stays where it is. How big it is said to be is a number only.
 *
 * A time that is not given is the one that Haraka would make of the others: a message with retries came so long before
 * as its retry intervals are together.
 */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import { toBytes } from '../../../core/byte-string.js'
import { relayoutError, RelayoutError } from '../../../core/errors.js'
import { type QueueItem, rememberTry } from '../../../policy/queue-item.js'
import { unreadable } from '../../installation.js'
import { messageItems } from '../../messages/message-file.js'
import { parseQueueFileName, readQueueFile } from '../../messages/queue-file.js'
import { makeTemporaryFolder, noTemporary, removeTemporaryFolder } from '../../temporary-folder.js'
import type { GivenMessage, MessageStep } from './expectations.js'
import type { Mistakes } from './mistakes.js'

type Timed = Pick<MessageStep, 'atMs' | 'message'>

export class WrittenMessages {
  readonly #base: string
  readonly #retryIntervals: readonly number[]
  #made: string | undefined
  #count = 0

  /** `base`: that names of files count from; `retryIntervals`: Haraka's, seconds. */
  constructor(base: string, retryIntervals: readonly number[]) {
    this.#base = base
    this.#retryIntervals = retryIntervals
  }

  /** Undefined: a mistake was added. */
  async item(step: Timed, mistakes: Mistakes): Promise<QueueItem | undefined> {
    const { file } = step.message
    if (!file) return this.#written(step)
    try {
      return await this.#fromFile(path.resolve(this.#base, file.value), file.value, step)
    } catch (error) {
      const known = error instanceof RelayoutError ? error : unreadable(file.value, error)
      // What is an option elsewhere is a key here.
      const said = known.message.replace(/ with --(from|to)$/, ' with $1')
      mistakes.add('RELAYOUT_E_TEST_MESSAGE', file.place, { said })
      return undefined
    }
  }

  remove(): void {
    if (this.#made !== undefined) removeTemporaryFolder(this.#made)
  }

  async #written({ atMs, message }: Timed): Promise<QueueItem> {
    const retries = message.retries ?? 0
    const queuedMs = this.#queuedMs(atMs, message)
    const text = Buffer.from(messageText(message, queuedMs), 'latin1')
    this.#made ??= makeTemporaryFolder()
    // As Haraka names them; the time of the last attempt is worked out from this (policy/queue-item.ts).
    const filename = `${queuedMs}_${atMs}_${retries}_1_Test_${++this.#count}_relayout`
    const file = path.join(this.#made, filename)
    await writeFile(file, text, { mode: 0o600 }).catch((error: unknown) => Promise.reject(noTemporary(error)))
    const item: QueueItem = {
      path: file,
      filename,
      data_start: 0,
      file_size: message.size ?? text.length,
      num_failures: retries,
      todo: { queue_time: queuedMs, mail_from: message.from ?? { address: '' }, rcpt_to: message.to },
    }
    return tried(item, message)
  }

  async #fromFile(file: string, shown: string, { atMs, message }: Timed): Promise<QueueItem> {
    const item = parseQueueFileName(path.basename(file))
      ? await readQueueFile(file)
      : await this.#letter(file, shown, { atMs, message })
    const { from, to, size, retries, queuedMs } = message
    const queueTime = queuedMs ?? (retries === undefined ? item.todo.queue_time : this.#queuedMs(atMs, message))
    const filename =
      retries === undefined ? item.filename : `${queueTime}_${atMs}_${retries}_1_Test_${++this.#count}_relayout`
    const changed: QueueItem = {
      ...item,
      filename,
      file_size: size === undefined ? item.file_size : item.data_start + size,
      num_failures: retries ?? item.num_failures,
      todo: {
        queue_time: queueTime,
        mail_from: from ?? item.todo.mail_from,
        rcpt_to: to.length > 0 ? to : item.todo.rcpt_to,
      },
    }
    return tried(changed, message)
  }

  async #letter(file: string, shown: string, { atMs, message }: Timed): Promise<QueueItem> {
    const to = message.to.map(({ address }) => address)
    const items = await messageItems(file, shown, { from: message.from?.address, to, queuedMs: atMs })
    const [item] = items
    if (!item || items.length > 1) throw severalDomains(shown, items)
    return item
  }

  #queuedMs(atMs: number, { retries = 0, queuedMs }: GivenMessage): number {
    const waited = this.#retryIntervals.slice(0, retries).reduce((sum, seconds) => sum + seconds, 0)
    return queuedMs ?? atMs - waited * 1000
  }
}

function severalDomains(file: string, items: readonly QueueItem[]): RelayoutError {
  const hosts = items.flatMap(({ todo }) => todo.rcpt_to[0]?.address.split('@').at(-1) ?? [])
  const what = `which of its domains is meant, of which each is a message of its own (${hosts.join(', ')})`
  return relayoutError('RELAYOUT_E_ENVELOPE', { file, what, option: 'to' })
}

function tried(item: QueueItem, { triedMs }: GivenMessage): QueueItem {
  if (triedMs !== undefined) rememberTry(item, triedMs)
  return item
}

/** A byte string: the header as it is given, and what every message has unless it is given. */
function messageText({ from, to, header, body }: GivenMessage, queuedMs: number): string {
  const given = new Set(header.map(([name]) => name.toLowerCase()))
  const usual: readonly (readonly [string, string])[] = [
    ['From', toBytes(from?.address ?? '') || 'MAILER-DAEMON'],
    ['To', toBytes(to.map(({ address }) => address).join(', '))],
    ['Date', new Date(queuedMs).toUTCString().replace('GMT', '+0000')],
  ]
  const fields = [...usual.filter(([name]) => !given.has(name.toLowerCase())), ...header]
  const lines = fields.map(([name, value]) => `${name}: ${folded(value)}`)
  return [...lines, '', ...(body === '' ? [] : toBytes(body).split(/\r?\n/))].join('\r\n').concat('\r\n')
}

/** A value of several lines goes on in lines that begin with a space (RFC 5322 2.2.3). */
function folded(value: string): string {
  return value
    .trimEnd()
    .split(/\r\n|\r|\n/)
    .map((line, i) => (i === 0 || /^[ \t]/.test(line) ? line : ` ${line}`))
    .join('\r\n')
}
