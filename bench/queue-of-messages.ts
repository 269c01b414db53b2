/**
 * A folder of queue files as Haraka writes them: submitted by SMTP to a Haraka whose outbound delivery is disabled.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { submit } from '../test/support/submit.js'
import { Haraka } from './haraka.js'

const SUBMITTERS = 40
const MESSAGE_BYTES = 2_000

const ACCEPT = `
exports.hook_connect = (next, connection) => { connection.relaying = true; next() }
exports.hook_rcpt = (next) => next(OK)
`

/** The folder, which the caller removes. */
export async function queueOfMessages(count: number): Promise<string> {
  const haraka = await Haraka.create({
    plugins: ['accept'],
    sources: { accept: ACCEPT },
    config: { 'outbound.ini': 'disabled=true\n' },
  })
  try {
    haraka.spawn()
    await haraka.listening()
    const messages = Array.from({ length: count }, (_, at) => ({
      from: `sender${at % 7}@example.com`,
      to: [`recipient${at}@example.net`],
      data: message(at),
    }))
    const lanes = Array.from({ length: SUBMITTERS }, (_, lane) =>
      submit(
        haraka.port,
        messages.filter((_, at) => at % SUBMITTERS === lane),
      ),
    )
    await Promise.all(lanes)
    await haraka.stop()
    const queued = fs.readdirSync(haraka.queue).length
    if (queued !== count) throw new Error(`${queued} messages are in the queue instead of ${count}`)
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-bench-queue-'))
    fs.cpSync(haraka.queue, folder, { recursive: true })
    return folder
  } finally {
    await haraka.remove()
  }
}

function message(at: number): string {
  const header = [
    `From: Sender <sender${at % 7}@example.com>`,
    `To: Recipient <recipient${at}@example.net>`,
    `Subject: Message number ${at} of the queue`,
    'Date: Mon, 05 Jan 2026 10:00:00 +0000',
    `Message-Id: <${at}.bench@example.com>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    'X-Mailer: Example Mailer 1.0',
    'List-Id: <members.example.com>',
  ].join('\r\n')
  const line = 'A line of an ordinary message, about as long as such lines are.\r\n'
  return `${header}\r\n\r\n${line.repeat(Math.ceil((MESSAGE_BYTES - header.length) / line.length))}`
}
