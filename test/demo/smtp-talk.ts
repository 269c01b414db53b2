/** An SMTP conversation by hand: every reply as it came. */
import { once } from 'node:events'
import net from 'node:net'

export interface Talk {
  readonly greeting: string
  /** Sends a line and resolves with the whole reply, without the last CR LF. */
  say(line: string): Promise<string>
  end(): Promise<void>
}

const REPLY = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/

export async function talk(port: number): Promise<Talk> {
  const socket = net.connect(port, '127.0.0.1')
  let text = ''
  let look = (): void => undefined
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    look()
  })
  const reply = (): Promise<string> =>
    new Promise((resolve) => {
      look = () => {
        const match = REPLY.exec(text)
        if (!match) return
        text = text.slice(match[0].length)
        resolve(match[0].trimEnd())
      }
      look()
    })
  await once(socket, 'connect')
  return {
    greeting: await reply(),
    say(line) {
      socket.write(`${line}\r\n`)
      return reply()
    },
    async end() {
      socket.destroy()
      await once(socket, 'close')
    },
  }
}
