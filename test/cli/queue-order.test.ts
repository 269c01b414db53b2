import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import type { QueueReport } from './support/queue-report.js'
import { relayoutJson } from './support/relayout.js'
import { madeFile } from './support/settled-queue.js'

const COUNT = 3_000
const FIRST_MS = Date.parse('2026-11-20T00:00Z')
const ORDERS = ['smallest', 'newest', 'arrival'] as const

const INI = `
[sender.one]
filter[] = From: *@one.example
order = smallest

[sender.two]
filter[] = From: *@two.example
order = newest

[sender.three]
filter[] = From: *@three.example
`

const SCRIPT = `
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath)
  local n = tonumber(ReturnPath:match("%d+"))
  Actions.Priority = 50 + n % 3
  if n % 11 == 0 then
    Actions.SkipSend = true
    Actions.Reason = "every eleventh"
  end
  return Actions
end
`

interface TryReport {
  readonly messages: readonly { file: string; outcome: string; size: number }[]
  readonly order: readonly { sender: string; priority: number; message: number }[]
}

/** A number that looks like chance, from 0 to below `below`. */
const scattered = (i: number, below: number): number => (i * 7_919 + 13) % below

describe('the order of relayout queue', function () {
  this.timeout(60_000)
  let folder: string
  let files: string[]

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    const queue = path.join(folder, 'queue')
    for (const name of ['config', 'queue']) fs.mkdirSync(path.join(folder, name))
    fs.writeFileSync(path.join(folder, 'config/relayout.ini'), INI)
    fs.writeFileSync(path.join(folder, 'config/relayout.lua'), SCRIPT)
    for (let nth = 0; nth < COUNT; nth++) {
      const sender = ['one', 'two', 'three', 'nobody'][scattered(nth, 4)] ?? ''
      // Some come at the same time, and some have the same size.
      const arrivalMs = FIRST_MS + scattered(nth, 1_000) * 1_000
      const message = `Subject: x\r\n\r\n${'x'.repeat(scattered(nth, 50))}\r\n`
      madeFile(queue, { nth, arrivalMs }, `user${scattered(nth, 500)}@${sender}.example`, 'to@example.net', message)
    }
    files = fs.readdirSync(queue).sort()
  })

  after(() => fs.rmSync(folder, { recursive: true, force: true }))

  it('is that of what relayout try says of each, sorted in the plainest way', async () => {
    const { items } = await relayoutJson<QueueReport>(['queue'], { cwd: folder })
    const tried = await relayoutJson<TryReport>(['try', ...files.map((name) => path.join('queue', name))], {
      cwd: folder,
    })
    const taken = tried.order.map(({ sender, priority, message }) => {
      const { file, size } = tried.messages[message]!
      return {
        sender,
        priority,
        message,
        size,
        file: path.basename(file),
        arrival: Number(path.basename(file).split('_')[0]),
      }
    })
    const wanted = ORDERS.flatMap((order, i) => {
      const sender = ['one', 'two', 'three'][i]
      return taken
        .filter((one) => one.sender === sender)
        .sort((a, b) => {
          const within =
            order === 'smallest' ? a.size - b.size : order === 'newest' ? b.arrival - a.arrival : a.arrival - b.arrival
          return b.priority - a.priority || within || a.arrival - b.arrival || a.message - b.message
        })
        .map(({ file }, at) => `${sender} ${at + 1} ${file}`)
    })
    const others = (outcome: string): string[] =>
      tried.messages.filter((one) => one.outcome === outcome).map(({ file }) => `${outcome} ${path.basename(file)}`)
    assert.deepEqual(
      items.map(({ sender, position, file, outcome }) =>
        sender === undefined ? `${outcome} ${file}` : `${sender} ${position} ${file}`,
      ),
      [...wanted, ...others('skip'), ...others('pass')],
    )
    assert.equal(items.length, COUNT)
  })
})
