/**
 * `node dist/demo/send.js RECIPIENT…`: sends one message to the Haraka of `npm start`, with nothing but Node.
 */
import { parseArgs } from 'node:util'

import { Address } from '@haraka/email-address'

import { DEFAULT_PORT } from './options.js'
import { command, Problem } from './problem.js'
import { submit } from './submit.js'

const USAGE =
  "node dist/demo/send.js [--port N] [--from ADDRESS] [--subject TEXT] [--header 'Name: value']… [--size BYTES] RECIPIENT…"
const LINE = 'All work and no play makes a dull message. '.padEnd(70, '.')

command(async () => {
  const { values, to } = parse()
  const subject = values.subject ?? `Hello from send.js at ${new Date().toTimeString().slice(0, 8)}`
  const body = Array<string>(Math.ceil(Number(values.size) / (LINE.length + 2))).fill(LINE)
  const header = [
    `From: ${values.from}`,
    `To: ${to.join(', ')}`,
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    ...values.header,
  ]
  const message = { from: values.from, to, lines: [...header, '', ...body] }
  console.log((await submit(Number(values.port), [message])).join('\n'))
  return 0
})

function parse(): {
  values: { port: string; from: string; subject?: string; header: string[]; size: string }
  to: string[]
} {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        port: { type: 'string', default: process.env['PORT'] ?? String(DEFAULT_PORT) },
        from: { type: 'string', default: 'me@example.com' },
        subject: { type: 'string' },
        header: { type: 'string', multiple: true, default: [] },
        size: { type: 'string', default: '200' },
      },
    })
    if (positionals.length === 0) throw new Error('A recipient is missing')
    if (!/^\d+$/.test(values.size) || !/^\d+$/.test(values.port)) throw new Error('--size and --port are numbers')
    return { values: { ...values, from: bareAddress(values.from) }, to: positionals.map(bareAddress) }
  } catch (error) {
    throw new Problem(`${(error as Error).message}. Usage: ${USAGE}`)
  }
}

/** As RFC 5321 has it, without angle brackets; '' is the null return path. */
function bareAddress(text: string): string {
  try {
    return new Address(`<${text}>`).address
  } catch {
    throw new Error(`"${text}" is no mail address`)
  }
}
