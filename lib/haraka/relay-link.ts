/**
 * From a socket that Haraka connected to the delivery socket that hmail is given: what of the sender, the session and
 * the log a relay connection needs.
 */
import { isIP } from 'node:net'

import { fromBytes } from '../core/byte-string.js'
import { replyClass, replyTexts, type Reply } from '../core/reply.js'
import type { SenderSettings, Settings } from '../core/settings/settings.js'
import { DeliverySocket } from '../relay/delivery-socket.js'
import { RelayConnection } from '../relay/relay-connection.js'
import type { RelayObserver, RewriteEvent } from '../relay/relay-observer.js'
import type { Callback, ConnectionGlobals } from '../script/port.js'
import type { EventLog } from './event-log.js'
import { failureOf, type Sender } from './sender.js'
import type { Session } from './session.js'
import type { HarakaMx, HarakaSocket, HMail } from './shapes.js'

export interface RelayLinkOptions {
  readonly log: EventLog
  settings(): Settings
  readonly hmail: HMail
  readonly sender: Sender
  /** The sender's when the attempt began: a reload must not mix old credentials with a new TLS policy. */
  readonly senderSettings: SenderSettings
  readonly session: Session
}

export interface RelayLinkEvents {
  /** The socket for hmail. `redact` takes the credentials out of a text. */
  ready(socket: DeliverySocket, redact: (text: string) => string): void
  /** The connection is closed; once, after `ready`. */
  closed(): void
  /** TLS could not be started: the connection is closed, `ready` does not come. */
  failed(reason: string): void
}

/** `socket`: connected, not yet greeted. */
export function linkRelay(
  options: RelayLinkOptions,
  mx: HarakaMx,
  socket: HarakaSocket,
  events: RelayLinkEvents,
): void {
  const { sender, hmail, log } = options
  const { tls, auth, authPlaintext, replyTimeoutMs, servers } = options.senderSettings
  const server = serverName(mx)
  const observer = new LinkObserver(options, {
    server,
    address: socket.targetsocket.remoteAddress,
    port: mx.port,
  })
  // Else the dot waits for the acknowledgement of the message before it, and the server delays that: 40 ms a message.
  socket.targetsocket.setNoDelay(true)

  const open = (): void => {
    const connection = new RelayConnection(socket, {
      observer,
      allowLosingRewrites: options.settings().main.allowLosingRewrites,
      forceTls: hmail.get_force_tls(mx),
      secrets: auth ? [auth.user.reveal(), auth.pass.reveal()] : [mx.auth_user, mx.auth_pass].filter(isString),
      replyTimeoutMs,
      // A sender without host leaves TLS to Haraka's own outbound settings, unless its own say more.
      verifyCertificate: () => observer.globals.verifyCertificate || (servers.length > 0 ? false : undefined),
    })
    const deliverySocket = new DeliverySocket(connection, {
      name: `relayout::${sender.name}::${server}`,
      observer,
      tls,
      authPlaintext: authPlaintext || (!auth && mx.auth_user !== undefined),
      requireAuth: auth !== undefined,
    })
    void connection.closed.then(({ why, failed }) => {
      const recipients = deliverySocket.recipients.filter(
        ({ presented }) => presented && replyClass(presented) === 2,
      ).length
      const messages = observer.delivered ? 1 : 0
      log.event(
        failed ? 'warn' : 'info',
        'close',
        { sender: sender.name, server, messages, recipients, why: fromBytes(why) },
        hmail,
      )
      events.closed()
    })
    events.ready(deliverySocket, (text) => connection.secrets.redact(text))
  }
  if (tls === 'implicit')
    startTls(socket, server, observer.globals.verifyCertificate, open, (reason) => events.failed(reason))
  else open()
}

interface Peer {
  readonly server: string
  readonly address: string | undefined
  readonly port: number | undefined
}

class LinkObserver implements RelayObserver {
  /** The relay server took the message, or what the script made of its reply says so. */
  delivered = false
  /** What ServerConnected changes holds for this connection. */
  globals: ConnectionGlobals
  readonly #options: RelayLinkOptions
  readonly #peer: Peer

  constructor(options: RelayLinkOptions, peer: Peer) {
    this.#options = options
    this.#peer = peer
    this.globals = options.session.globals
  }

  wantsReplies(): boolean {
    return this.#options.session.script.has('ReturnCodeHandler')
  }

  async returnCode(lastCommand: string, fullResponse: string, lastLine: string): Promise<string | undefined> {
    const { session } = this.#options
    return this.#guarded('ReturnCodeHandler', () => session.script.returnCode(lastCommand, fullResponse, lastLine))
  }

  greeted(greeting: Reply): Promise<unknown> | undefined {
    const { session, log, sender, hmail } = this.#options
    if (replyClass(greeting) !== 2) return undefined
    log.event('notice', 'connected', { sender: sender.name, ...this.#peer }, hmail)
    if (!session.script.has('ServerConnected')) return undefined
    return this.#guarded('ServerConnected', async () => {
      this.globals = await session.script.serverConnected(this.#peer.server)
    })
  }

  replied({ stage, presented }: { readonly stage: string; readonly presented: Reply }): void {
    if (stage === 'end-of-data' && replyClass(presented) === 2) this.delivered = true
  }

  rewritten({ command, real, presented, outcome, warnings, returned }: RewriteEvent): void {
    const { log, sender, hmail } = this.#options
    const worst = warnings.some(({ kind }) => kind === 'refused' || kind === 'not-a-reply')
      ? 'error'
      : warnings.some(({ kind }) => kind === 'loses' || kind === 'repeats')
        ? 'warn'
        : 'notice'
    const fields = {
      sender: sender.name,
      server: this.#peer.server,
      command: fromBytes(command),
      real: inOneLine(real),
      new: inOneLine(presented),
      outcome,
      returned: outcome === 'invalid' || outcome === 'refused' ? fromBytes(returned ?? '') : undefined,
      warning: warnings.length > 0 ? warnings.map(({ sentence }) => sentence).join('; ') : undefined,
    }
    log.event(worst, 'rewrite', fields, hmail)
  }

  warning(text: string): void {
    const { log, sender, hmail } = this.#options
    log.event('warn', 'relay', { sender: sender.name, server: this.#peer.server, warning: fromBytes(text) }, hmail)
  }

  /** A failed callback changes nothing but is in the log. */
  async #guarded<T>(callback: Callback, call: () => Promise<T>): Promise<T | undefined> {
    const { sender, hmail } = this.#options
    try {
      return await call()
    } catch (error) {
      sender.logFailure(failureOf(error, callback, sender.settings.script), hmail)
      return undefined
    }
  }
}

/** The relay server as configured, or as DNS named it. */
function serverName(mx: HarakaMx): string {
  return mx.from_dns ?? mx.exchange ?? mx.path ?? ''
}

function inOneLine(reply: Reply): string {
  return fromBytes(`${reply.code} ${replyTexts(reply).join(' / ')}`)
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

/** Implicit TLS (RFC 8314 3.3): the handshake comes before the greeting. */
function startTls(
  socket: HarakaSocket,
  servername: string,
  verifyCertificate: boolean,
  done: () => void,
  failed: (reason: string) => void,
): void {
  const settle = (outcome: () => void): void => {
    for (const event of ['error', 'timeout', 'close']) socket.removeAllListeners(event)
    outcome()
  }
  const fail = (why: string) => (error?: unknown) =>
    settle(() => {
      socket.on('error', () => undefined) // what still comes of the handshake
      socket.destroy()
      failed(`TLS with ${servername} failed: ${error instanceof Error ? error.message : why}`)
    })
  socket.once('error', fail('error'))
  socket.once('timeout', fail('the handshake was not finished in time'))
  socket.once('close', fail('the relay server closed the connection'))
  socket.upgrade({ ...(isIP(servername) ? {} : { servername }), rejectUnauthorized: verifyCertificate }, () =>
    settle(done),
  )
}
