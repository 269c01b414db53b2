/**
 * The messages of the benchmark, 2 kB each, and how they are submitted to a mail server.
 */
import { type Message, submit } from '../test/support/submit.js'

const SUBMITTERS = 40
const MESSAGE_BYTES = 2_000

/** All recipients of one domain, none of them twice. */
export function messages(count: number, recipientsEach: number): Message[] {
  return Array.from({ length: count }, (_, at) => ({
    from: `sender${at % 7}@example.com`,
    to: Array.from({ length: recipientsEach }, (_, i) => `recipient${at}${i === 0 ? '' : `-${i}`}@example.net`),
    data: text(at),
  }))
}

/** Over several connections; throws when one is refused. */
export async function submitAll(port: number, all: readonly Message[]): Promise<void> {
  const lanes = Array.from({ length: Math.min(SUBMITTERS, all.length) }, (_, lane) =>
    submit(
      port,
      all.filter((_, at) => at % SUBMITTERS === lane),
    ),
  )
  await Promise.all(lanes)
}

function text(at: number): string {
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
