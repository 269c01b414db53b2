/**
 * One Postfix empties a queue of messages into the sink. Postfix works with a process for each connection, a queue
 * manager and files that were synchronised to disk; the plugin with one thread of one process. What both do for their log
 * is written to a file.
 */
import { delivered, type Delivered } from './drain-once.js'
import { messages, submitAll } from './messages.js'
import { PostfixInstance } from './postfix-instance.js'
import type { Sink } from './sink-process.js'

const LONGEST_MS = 120_000
const LOOK_MS = 50

export const POSTFIX_SET_UP =
  'Postfix has an instance of its own with default settings but for default_destination_concurrency_limit = ' +
  'initial_destination_concurrency, the number of connections where one is named; without DNS; and writes its log to a ' +
  'file. It reuses connections on demand, as by default; with TLS because of smtp_tls_connection_reuse = yes.'

export const POSTFIX_MISSING = 'Postfix is not beside: it is not installed, or this is not root.'

/** `connections`: undefined: Postfix's default. Where the sink wants STARTTLS and AUTH, Postfix uses them. */
export async function drainPostfix(count: number, sink: Sink, connections?: number): Promise<Delivered> {
  const { credentials } = sink.options
  const instance = await PostfixInstance.create({ relayPort: sink.port, connections, credentials })
  try {
    instance.startTaking()
    await submitAll(instance.port, messages(count, 1))
    instance.stop()
    const queued = instance.queued()
    if (queued !== count) throw new Error(`${queued} messages are in the queue of Postfix instead of ${count}`)
    await sink.ask('reset')
    const startMs = Date.now()
    instance.startDelivering()
    for (;;) {
      const report = await sink.ask('report')
      if (report.messages >= count) return delivered(report, count, startMs, report.lastAcceptedMs)
      if (Date.now() - startMs > LONGEST_MS) throw new Error(`Postfix has delivered ${report.messages} messages`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  } finally {
    instance.remove()
  }
}
