/**
 * Hands messages to a mail server: one SMTP connection, one message after the other.
 */
import { once } from 'node:events'
import net from 'node:net'
import { createInterface } from 'node:readline'

import { ADDRESS } from './ports.js'
import { Problem } from './problem.js'

export interface OutgoingMessage {
  readonly from: string
  readonly to: readonly string[]
  /** Header lines and body, without line ends. */
  readonly lines: readonly string[]
}

const IDLE_MS = 30_000

/** Resolves with the reply to the end of each message; throws a Problem when the server says anything but yes. */
export async function submit(port: number, messages: readonly OutgoingMessage[]): Promise<string[]> {
  const socket = net.connect(port, ADDRESS)
  socket.setTimeout(IDLE_MS, () => socket.destroy(new Error(`no answer for ${IDLE_MS / 1000} s`)))
  try {
    await once(socket, 'connect')
    return await converse(socket, messages)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(`The mail server at ${ADDRESS}:${port} did not take the message: ${(error as Error).message}.`)
  } finally {
    socket.destroy()
  }
}

async function converse(socket: net.Socket, messages: readonly OutgoingMessage[]): Promise<string[]> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const reply = async (command: string, code: number): Promise<string> => {
    for (;;) {
      const { value, done } = (await lines.next()) as { value?: string; done?: boolean }
      if (done) throw new Problem(`The mail server closed the connection after ${command}.`)
      if (/^\d{3}-/.test(value!)) continue
      if (!value!.startsWith(String(code))) throw new Problem(`The mail server answered ${command} with: ${value!}`)
      return value!
    }
  }
  const say = (command: string, code: number): Promise<string> => {
    socket.write(`${command}\r\n`)
    return reply(command, code)
  }
  await reply('the connection', 220)
  await say('EHLO localhost', 250)
  const queued: string[] = []
  for (const { from, to, lines: text } of messages) {
    await say(`MAIL FROM:<${from}>`, 250)
    for (const address of to) await say(`RCPT TO:<${address}>`, 250)
    await say('DATA', 354)
    const stuffed = text.map((line) => (line.startsWith('.') ? `.${line}` : line))
    socket.write(`${stuffed.join('\r\n')}\r\n.\r\n`)
    queued.push(await reply('the message', 250))
  }
  await say('QUIT', 221)
  return queued
}
