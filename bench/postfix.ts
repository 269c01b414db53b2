/**
 * Postfix and the plugin empty a queue of 5,000 messages into the same relay server, over the same number of
 * connections. Postfix works with a process for each connection, a queue manager and files that were synchronised to
 * disk; the plugin with one thread of one process. What both do for their log is written to a file.
 */
import { drainOnce, type Delivered, delivered } from './drain-once.js'
import { EMPTY_SCRIPT } from './drain-setup.js'
import { inTurns } from './in-turns.js'
import { messages, submitAll } from './messages.js'
import type { Part, PartResult } from './part.js'
import { PostfixInstance, postfixVersion } from './postfix-instance.js'
import { queueFolder } from './queue-folder.js'
import { rates } from './rates.js'
import { Sink } from './sink-process.js'

const MESSAGES = 5_000
const CONNECTIONS = 5
const LONGEST_MS = 120_000
const LOOK_MS = 50
const NAMES = ['empty script', 'Postfix'] as const
const SET_UP =
  'Postfix has an instance of its own with default settings (connections are reused on demand) but for ' +
  `initial_destination_concurrency = default_destination_concurrency_limit = ${CONNECTIONS}, without DNS and TLS, and ` +
  'writes its log to a file.'

export const postfix: Part = {
  about:
    `The plugin and Postfix empty a queue of ${MESSAGES} messages into the same relay server, over ${CONNECTIONS} ` +
    'connections.',
  async run({ slowRounds, progress }): Promise<PartResult> {
    if (postfixVersion() === undefined) {
      return { figures: [], notes: ['skipped: Postfix is not installed, or this is not root'] }
    }
    return Sink.during({ extensions: true }, async (sink) => {
      const drains = await inTurns(NAMES, slowRounds, async (name, round): Promise<Delivered> => {
        progress(`round ${round + 1} of ${slowRounds}: ${name}`)
        if (name === 'Postfix') return drainPostfix(sink)
        const setup = { relayout: true, script: EMPTY_SCRIPT, connections: CONNECTIONS }
        return drainOnce(setup, await queueFolder(MESSAGES), sink)
      })
      const [own, base] = NAMES.map((name) => ({ name, drains: drains[name] }))
      const figures = rates(own!, base!, ['first MAIL']).map((one) => ({ ...one, goal: '≥ 1.0' }))
      return { figures, measurements: drains, notes: [SET_UP] }
    })
  },
}

async function drainPostfix(sink: Sink): Promise<Delivered> {
  const instance = await PostfixInstance.create({ relayPort: sink.port, connections: CONNECTIONS })
  try {
    instance.startTaking()
    await submitAll(instance.port, messages(MESSAGES, 1))
    instance.stop()
    const queued = instance.queued()
    if (queued !== MESSAGES) throw new Error(`${queued} messages are in the queue of Postfix instead of ${MESSAGES}`)
    await sink.ask('reset')
    const startMs = Date.now()
    instance.startDelivering()
    for (;;) {
      const report = await sink.ask('report')
      if (report.messages >= MESSAGES) return delivered(report, MESSAGES, startMs, report.lastAcceptedMs)
      if (Date.now() - startMs > LONGEST_MS) throw new Error(`Postfix has delivered ${report.messages} messages`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  } finally {
    instance.remove()
  }
}
