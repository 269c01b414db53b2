/**
 * The server's side of one SMTP connection (RFC 5321) that takes every message and keeps none. Commands may come singly,
 * several in one packet (RFC 2920) or in pieces; what came in one packet is answered in one.
 */
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'

import { TEST_CERTIFICATE, TEST_KEY } from '../test/support/test-certificate.js'

export interface Credentials {
  readonly user: string
  readonly pass: string
}

/** Without any of them: no extension, no delay. */
export interface SinkOptions {
  /** EHLO offers what an ordinary relay server offers. */
  readonly extensions?: boolean
  /** STARTTLS is offered, with a certificate that nobody has signed. */
  readonly tls?: boolean
  /** AUTH PLAIN is offered, after STARTTLS where there is that, and must have come before MAIL. */
  readonly credentials?: Credentials
  /** Connections at one time; those beyond get 421. Undefined: as many as come. */
  readonly mostConnections?: number
  /** What the network between would take for there and back, ms. */
  readonly roundTripMs?: number
}

export interface SinkEvents {
  /** A MAIL command has come. */
  mail(): void
  /** A message is complete and accepted. */
  accepted(): void
}

const EXTENSIONS = ['PIPELINING', 'SIZE 52428800', '8BITMIME', 'ENHANCEDSTATUSCODES', 'SMTPUTF8']
const END_OF_DATA = '\r\n.\r\n'

let context: SecureContext | undefined

export class SinkDialogue {
  readonly #options: SinkOptions
  readonly #events: SinkEvents
  #wire: Duplex
  #input = ''
  #replies = ''
  #inBody = false
  #secured = false
  #authenticated: boolean

  constructor(wire: Duplex, options: SinkOptions, events: SinkEvents) {
    this.#wire = wire
    this.#options = options
    this.#events = events
    this.#authenticated = options.credentials === undefined
    this.#listen()
    wire.write('220 sink.example.net ESMTP\r\n')
  }

  #listen(): void {
    this.#wire.on('error', () => undefined)
    this.#wire.on('data', (chunk: Buffer) => {
      this.#input += chunk.toString('latin1')
      while (this.#inBody ? this.#body() : this.#line());
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#replies === '') return
    this.#wire.write(this.#replies, 'latin1')
    this.#replies = ''
  }

  #reply(text: string): void {
    this.#replies += `${text}\r\n`
  }

  /** False: there is more to come. */
  #body(): boolean {
    const end = this.#input.indexOf(END_OF_DATA)
    if (end < 0) {
      this.#input = this.#input.slice(1 - END_OF_DATA.length)
      return false
    }
    this.#input = this.#input.slice(end + END_OF_DATA.length)
    this.#inBody = false
    this.#events.accepted()
    this.#reply('250 2.0.0 queued')
    return true
  }

  #line(): boolean {
    const end = this.#input.indexOf('\r\n')
    if (end < 0) return false
    const line = this.#input.slice(0, end)
    this.#input = this.#input.slice(end + 2)
    this.#command(line.slice(0, 4).toUpperCase(), line)
    return true
  }

  #command(verb: string, line: string): void {
    if (verb === 'EHLO') this.#ehlo()
    else if (verb === 'STAR') this.#startTls()
    else if (verb === 'AUTH') this.#auth(line)
    else if (verb === 'MAIL') this.#mail()
    else if (verb === 'DATA') {
      this.#inBody = true
      this.#input = `\r\n${this.#input}` // an empty body ends with the first line
      this.#reply('354 go on')
    } else if (verb === 'QUIT') {
      this.#reply('221 2.0.0 bye')
      this.#flush()
      this.#wire.end()
    } else this.#reply('250 2.0.0 ok')
  }

  #ehlo(): void {
    const { extensions, tls, credentials } = this.#options
    const lines = ['sink.example.net', ...(extensions ? EXTENSIONS : [])]
    if (tls && !this.#secured) lines.push('STARTTLS')
    else if (credentials) lines.push('AUTH PLAIN')
    lines.forEach((line, at) => this.#reply(`250${at === lines.length - 1 ? ' ' : '-'}${line}`))
  }

  #startTls(): void {
    if (!this.#options.tls || this.#secured) {
      this.#reply('503 5.5.1 no STARTTLS now')
      return
    }
    this.#reply('220 2.0.0 go ahead')
    this.#flush()
    this.#wire.removeAllListeners('data')
    this.#input = '' // RFC 3207: what was sent unencrypted does not count
    context ??= createSecureContext({ key: TEST_KEY, cert: TEST_CERTIFICATE })
    this.#wire = new TLSSocket(this.#wire, { isServer: true, secureContext: context })
    this.#secured = true
    this.#listen()
  }

  #auth(line: string): void {
    const { tls, credentials } = this.#options
    if (!credentials || (tls && !this.#secured)) {
      this.#reply('503 5.5.1 no AUTH now')
      return
    }
    const wanted = Buffer.from(`\0${credentials.user}\0${credentials.pass}`).toString('base64')
    this.#authenticated = line === `AUTH PLAIN ${wanted}`
    this.#reply(this.#authenticated ? '235 2.7.0 welcome' : '535 5.7.8 not so')
  }

  #mail(): void {
    if (!this.#authenticated) {
      this.#reply('530 5.7.0 AUTH first')
      return
    }
    this.#events.mail()
    this.#reply('250 2.1.0 ok')
  }
}
