/**
 * A relay server that costs as little as one can: a process of its own that says 250 to everything, offers no
 * extension, keeps no message, and notes when the first MAIL came and the last message was accepted.
 *
 * The parent sends 'reset' and 'report'; each is answered by the record so far, as `SinkReport`.
 */
import net from 'node:net'

export interface SinkReport {
  readonly port: number
  /** Messages accepted. */
  readonly messages: number
  readonly connections: number
  /** Most connections that were open at one time. */
  readonly maxOpen: number
  /** Since the epoch; 0: never. */
  readonly firstMailMs: number
  readonly lastAcceptedMs: number
}

type Counts = { -readonly [Key in keyof Omit<SinkReport, 'port'>]: number }

const END_OF_DATA = '\r\n.\r\n'
/** A thousand connections arrive at once: a full queue would cost each of them a second. */
const BACKLOG = 16_384

let counts = none()
let open = 0

function none(): Counts {
  return { messages: 0, connections: 0, maxOpen: 0, firstMailMs: 0, lastAcceptedMs: 0 }
}

function converse(socket: net.Socket): void {
  let rest = ''
  let inBody = false
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  socket.on('close', () => open--)
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1')
    for (;;) {
      const end = rest.indexOf(inBody ? END_OF_DATA : '\r\n')
      if (end < 0) {
        if (inBody) rest = rest.slice(1 - END_OF_DATA.length)
        return
      }
      if (inBody) {
        rest = rest.slice(end + END_OF_DATA.length)
        inBody = false
        counts.messages++
        counts.lastAcceptedMs = Date.now()
        socket.write('250 2.0.0 queued\r\n')
        continue
      }
      const verb = rest.slice(0, 4).toUpperCase()
      rest = rest.slice(end + 2)
      if (verb === 'DATA') {
        inBody = true
        rest = `\r\n${rest}` // an empty body ends with the first line
        socket.write('354 go on\r\n')
      } else if (verb === 'QUIT') socket.end('221 2.0.0 bye\r\n')
      else {
        if (verb === 'MAIL') counts.firstMailMs ||= Date.now()
        socket.write('250 2.0.0 ok\r\n')
      }
    }
  })
  counts.connections++
  counts.maxOpen = Math.max(counts.maxOpen, ++open)
  socket.write('220 sink ESMTP\r\n')
}

const server = net.createServer(converse)
server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
  const { port } = server.address() as net.AddressInfo
  const report = (): void => void process.send?.({ port, ...counts } satisfies SinkReport)
  process.on('message', (message) => {
    if (message === 'reset') counts = none()
    report()
  })
  process.on('disconnect', () => process.exit())
  report()
})
