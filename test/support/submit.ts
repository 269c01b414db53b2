/**
 * A small SMTP client that hands messages to Haraka: one connection, one message after the other.
 */
import { once } from 'node:events'
import net from 'node:net'

export interface Message {
  /** Bare address; '' for the null sender. */
  readonly from: string
  readonly to: readonly string[]
  /** The whole message, CRLF line ends; it is dot-stuffed here. */
  readonly data: string | Buffer
  /** Parameters of MAIL FROM, such as SMTPUTF8. */
  readonly mailParameters?: string
}

/** A plain message; `lines` are extra header lines. */
export function plainMessage(subject: string, lines: readonly string[] = [], body = 'Hello.'): string {
  return [
    'From: sender@example.com',
    'To: someone@example.net',
    `Subject: ${subject}`,
    'Date: Mon, 05 Jan 2026 10:00:00 +0000',
    `Message-Id: <${subject.replaceAll(/\W/g, '-')}@example.com>`,
    ...lines,
    '',
    body,
    '',
  ].join('\r\n')
}

/** Resolves with Haraka's reply to each message's end of data; throws on any other refusal. */
export async function submit(port: number, messages: readonly Message[]): Promise<string[]> {
  const socket = net.connect(port, '127.0.0.1')
  socket.setTimeout(60_000, () => socket.destroy(new Error('Haraka has said nothing for a minute')))
  socket.setNoDelay(true)
  const replies = readReplies(socket)
  const expect = async (code: string, what: string): Promise<string> => {
    const { value: reply } = (await replies.next()) as { value: string | undefined }
    if (!reply?.startsWith(code)) throw new Error(`${what} was answered ${reply ?? 'with a close'}`)
    return reply
  }
  await once(socket, 'connect')
  await expect('220', 'the connection')
  socket.write('EHLO client.example.com\r\n')
  await expect('250', 'EHLO')
  const queued: string[] = []
  for (const message of messages) {
    socket.write(`MAIL FROM:<${message.from}>${message.mailParameters ? ` ${message.mailParameters}` : ''}\r\n`)
    await expect('250', `MAIL FROM:<${message.from}>`)
    for (const recipient of message.to) {
      socket.write(`RCPT TO:<${recipient}>\r\n`)
      await expect('250', `RCPT TO:<${recipient}>`)
    }
    socket.write('DATA\r\n')
    await expect('354', 'DATA')
    socket.write(Buffer.concat([dotStuffed(message.data), Buffer.from('.\r\n')]))
    queued.push(await expect('250', 'end of data'))
  }
  socket.end('QUIT\r\n')
  // Nobody waits for the reply; but a connection that nobody reads is never closed.
  void replies.next().then(
    () => replies.return(undefined),
    () => undefined,
  )
  return queued
}

function dotStuffed(data: string | Buffer): Buffer {
  const bytes = (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('latin1')
  return Buffer.from(bytes.replaceAll(/(^|\r\n)\./g, '$1..'), 'latin1')
}

async function* readReplies(socket: net.Socket): AsyncGenerator<string, undefined> {
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    for (;;) {
      const end = /^\d{3} .*\r\n/m.exec(text)
      if (!end) break
      const length = end.index + end[0].length
      yield text.slice(0, length).trimEnd()
      text = text.slice(length)
    }
  }
  return undefined
}
