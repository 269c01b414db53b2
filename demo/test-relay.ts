/**
 * A relay server to try things with. It takes every message and forgets it; what it says to a recipient is up to the
 * address (test-relay-answers). Each reply that matters is reported as a record. No STARTTLS, no AUTH, and nobody
 * reaches it but this computer.
 */
import { once } from 'node:events'
import type net from 'node:net'

import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'

import { ADDRESS } from './ports.js'
import { answer } from './test-relay-answers.js'

export interface RecipientRecord {
  readonly kind: 'recipient'
  readonly port: number
  readonly timeMs: number
  readonly from: string
  readonly to: string
  readonly reply: string
}

export interface MessageRecord {
  readonly kind: 'message'
  readonly port: number
  readonly timeMs: number
  readonly from: string
  readonly to: readonly string[]
  readonly bytes: number
  /** The beginning of the message, byte for byte as latin1. */
  readonly head: string
  readonly reply: string
  /** Counted from 1 at each relay, and the message's place within it. */
  readonly connection: number
  readonly messageOfConnection: number
}

export type RelayRecord = RecipientRecord | MessageRecord

const HEAD_BYTES = 16_384
const MAX_BYTES = 100 * 1024 * 1024

export class TestRelay {
  readonly #server: SMTPServer
  readonly #report: (record: RelayRecord) => void
  readonly #connections = new Map<string, { readonly number: number; messages: number }>()
  #lastConnection = 0
  #messages = 0
  #port = 0

  constructor(report: (record: RelayRecord) => void) {
    this.#report = report
    this.#server = new SMTPServer({
      name: 'test-relay.localhost',
      banner: 'relayout test relay, keeps nothing',
      disabledCommands: ['AUTH', 'STARTTLS'],
      authOptional: true,
      disableReverseLookup: true,
      size: MAX_BYTES,
      closeTimeout: 100,
      logger: false,
      onConnect: ({ id }, done) => {
        this.#connections.set(id, { number: ++this.#lastConnection, messages: 0 })
        done()
      },
      onClose: ({ id }) => this.#connections.delete(id),
      onRcptTo: (address, session, done) => this.#recipient(address, session, done),
      onData: (stream, session, done) => this.#message(stream, session, done),
    })
    this.#server.on('error', () => undefined) // a client that went away; failing to listen rejects listen()
  }

  /** Rejects with the system's error when the port cannot be had. Port 0: any. */
  async listen(port: number): Promise<number> {
    const server = this.#server.listen(port, ADDRESS)
    await once(server, 'listening')
    this.#port = (server.address() as net.AddressInfo).port
    return this.#port
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve))
  }

  #recipient({ address }: SMTPServerAddress, session: SMTPServerSession, done: (error?: Error | null) => void): void {
    const { code, reply, delayMs } = answer(address)
    setTimeout(() => {
      if (code !== 250) {
        const from = senderOf(session)
        this.#report({ kind: 'recipient', port: this.#port, timeMs: Date.now(), from, to: address, reply })
      }
      // smtp-server has one reply for a taken recipient, 250; any other goes by way of an error, so 251 is added here.
      if (code === 251) session.envelope.rcptTo.push({ address, args: false })
      if (reply.startsWith('250')) done()
      else done(Object.assign(new Error(reply.slice(4)), { responseCode: code }))
    }, delayMs)
  }

  #message(stream: SMTPServerDataStream, session: SMTPServerSession, done: (e: null, text: string) => void): void {
    const chunks: Buffer[] = []
    let bytes = 0
    stream.on('data', (chunk: Buffer) => {
      if (bytes < HEAD_BYTES) chunks.push(chunk)
      bytes += chunk.length
    })
    stream.on('end', () => {
      const connection = this.#connections.get(session.id) ?? { number: 0, messages: 0 }
      const text = `2.0.0 OK, message ${++this.#messages}`
      this.#report({
        kind: 'message',
        port: this.#port,
        timeMs: Date.now(),
        from: senderOf(session),
        to: session.envelope.rcptTo.map(({ address }) => address),
        bytes,
        head: Buffer.concat(chunks).subarray(0, HEAD_BYTES).toString('latin1'),
        reply: `250 ${text}`,
        connection: connection.number,
        messageOfConnection: ++connection.messages,
      })
      done(null, text)
    })
  }
}

function senderOf({ envelope }: SMTPServerSession): string {
  return envelope.mailFrom ? envelope.mailFrom.address : ''
}
