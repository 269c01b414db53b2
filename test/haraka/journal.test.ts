import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { inspect } from 'node:util'

import type { Settings } from '../../lib/core/settings/settings.js'
import { EventLog } from '../../lib/haraka/event-log.js'
import { Journal } from '../../lib/haraka/journal.js'
import type { HarakaPlugin, HMail } from '../../lib/haraka/shapes.js'
import { nodeClock } from '../../lib/relay/node-clock.js'
import { useJournalFolder } from '../journal/journal-folder.js'
import { until } from '../support/haraka-instance.js'

const PEER = { sender: 'main', server: 'a', connection: 1 }

function openJournal(): { journal: Journal; logged: string[] } {
  const logged: string[] = []
  const logerror = (...parts: unknown[]): void => void logged.push(parts.map((part) => inspect(part)).join(' '))
  return { journal: new Journal(new EventLog({ logerror } as unknown as HarakaPlugin, nodeClock), nodeClock), logged }
}

const settings = (journal: string | undefined, journalAddresses = 'full', journalHeaders: string[] = []): Settings =>
  ({
    main: { journal, journalAddresses, journalHeaders, journalSizeBytes: 1e9, journalFiles: 9 },
  }) as unknown as Settings

/** What queue files of other programs, or of a Haraka to come, may be. */
const ODD_TODOS: readonly unknown[] = [
  null,
  {},
  { queue_time: NaN, mail_from: { address: '' }, rcpt_to: [], uuid: 'A' },
  { queue_time: 1, mail_from: null, rcpt_to: [], uuid: 'A' },
  { queue_time: 1, mail_from: { address: '' }, rcpt_to: null, uuid: undefined },
  { queue_time: 1, mail_from: { address: 5 }, rcpt_to: [null], uuid: 5 },
]

describe('Journal', function () {
  this.timeout(60_000)
  const open = useJournalFolder()

  it('never throws, however odd an item is, and says so once', async () => {
    const { file, lines } = open()
    const { journal, logged } = openJournal()
    journal.configure(settings(file))
    for (const todo of ODD_TODOS) {
      const hmail = { todo, path: '/queue/a', filename: 'a', num_failures: 1, file_size: 2, data_start: 1 }
      const item = hmail as unknown as HMail
      journal.offer(item, [])
      journal.pass(item)
      journal.delivered(item, ['a', 'b', '250 ok', 1, 25, 'SMTP', [null as never], false, false])
      journal.deferred(item, { delay: 1, err: undefined })
      journal.bounced(item, { message: 'no' })
      journal.connection(item, PEER, false)
      journal.duplicate(item, 'why')
    }
    assert.equal(logged.length, 1)
    assert.match(logged[0] ?? '', /RELAYOUT_E_JOURNAL_RECORD/)
    journal.flush()
    for (const line of lines()) JSON.parse(line)
    journal.configure(settings(undefined))
  })

  it('keeps neither files nor listeners open over a thousand changes of its settings', async () => {
    const { folder, lines } = open()
    const { journal, logged } = openJournal()
    const openFiles = (): string[] =>
      fs
        .readdirSync('/proc/self/fd')
        .map(nameOf)
        .filter((name) => name.startsWith(folder))
    const listeners = process.listenerCount('exit')
    for (let i = 0; i < 1_000; i++) {
      const file = path.join(folder, i % 7 === 0 ? 'other' : 'journal')
      journal.reconfigure(
        settings(i % 3 === 0 ? undefined : file, i % 5 === 0 ? 'hashed' : 'full', i % 2 === 0 ? ['*'] : []),
        'relayout.ini',
        [`change ${i}`],
      )
      journal.duplicate({ todo: { uuid: 'A' }, path: '/queue/a', filename: 'a' } as unknown as HMail, `after ${i}`)
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    journal.reconfigure(settings(undefined), 'relayout.ini', [])
    await until('all is closed', () => process.listenerCount('exit') === listeners)
    await until('no file is open', () => openFiles().length === 0)
    assert.deepEqual(logged, [])
    const all = [...lines(), ...fs.readFileSync(path.join(folder, 'other'), 'utf8').split('\n').slice(0, -1)]
    const after = all
      .filter((line) => line.includes('"duplicate"'))
      .map((line) => (JSON.parse(line) as { reason: string }).reason)
    assert.equal(new Set(after).size, after.length)
    assert.equal(after.length, 666)
  })
})

/** Of an open file, which may be closed while it is looked at. */
function nameOf(fd: string): string {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}
