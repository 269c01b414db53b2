/**
 * A relay server that costs as little as one can: a process of its own that takes every message, keeps none, and notes
 * when the first MAIL came and the last message was accepted. Its options are the first argument, as JSON.
 *
 * The parent sends 'reset' and 'report'; each is answered by the record so far, as `SinkReport`.
 */
import net from 'node:net'

import { DelayLine } from './delay-line.js'
import { SinkDialogue, type SinkOptions } from './sink-dialogue.js'

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

/** A thousand connections arrive at once: a full queue would cost each of them a second. */
const BACKLOG = 16_384

const options = JSON.parse(process.argv[2] ?? '{}') as SinkOptions
const { roundTripMs = 0 } = options
let counts = none()
let open = 0

function none(): Counts {
  return { messages: 0, connections: 0, maxOpen: 0, firstMailMs: 0, lastAcceptedMs: 0 }
}

const events = {
  mail: () => void (counts.firstMailMs ||= Date.now()),
  accepted: () => {
    counts.messages++
    counts.lastAcceptedMs = Date.now()
  },
}

const server = net.createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  counts.connections++
  if (open === options.mostConnections) {
    socket.resume()
    socket.end('421 4.7.0 sink Error: too many connections\r\n')
    return
  }
  socket.on('close', () => open--)
  counts.maxOpen = Math.max(counts.maxOpen, ++open)
  new SinkDialogue(roundTripMs > 0 ? new DelayLine(socket, roundTripMs) : socket, options, events)
})
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
