/**
 * A sender's connections on wires without a network: deliveries acquire them as `Delivery` does, the test says the
 * commands of hmail and the replies of the relay server.
 */
import type { SenderSettings } from '../../lib/core/settings/settings.js'
import type { EventLog } from '../../lib/haraka/event-log.js'
import { Journal } from '../../lib/haraka/journal.js'
import { nodeClock } from '../../lib/relay/node-clock.js'
import { type LinkUser, RelayLink } from '../../lib/haraka/relay-link.js'
import { RelayLinks } from '../../lib/haraka/relay-links.js'
import type { Sender } from '../../lib/haraka/sender.js'
import type { Session } from '../../lib/haraka/session.js'
import type { HarakaSocket, HMail } from '../../lib/haraka/shapes.js'
import type { DeliverySocket } from '../../lib/relay/delivery-socket.js'
import { FakeClock } from '../support/fake-clock.js'
import { FakeWire, settled } from '../relay/fake-wire.js'
import { sessionDouble } from './session-double.js'

const offJournal = new Journal({ event: () => undefined } as unknown as EventLog, nodeClock)

export const IDLE_MS = 5_000

/** More than a connection is remembered after its end. */
const SEEN_MS = 100

export interface BenchOptions {
  readonly mostConnections?: number
  readonly maxRecipientsPerConnection?: number
  readonly maxMessagesPerConnection?: number
  readonly pipelining?: boolean
  /** Keywords of EHLO. */
  readonly keywords?: readonly string[]
  /** ReturnCodeHandler. */
  readonly script?: (command: string) => string | undefined
}

/** A relay server's side of one connection. */
export class Peer extends FakeWire {
  readonly targetsocket = { remoteAddress: '192.0.2.1' }
  /** It has been closed on this side, too. */
  closed = false

  /** What was written since the last look, as lines. */
  lines(): string[] {
    const lines = this.text.split('\r\n').slice(0, -1)
    this.written.length = 0
    return lines
  }

  /** The relay server closes, and the system says so. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.emit('close')
  }

  override destroy(): void {
    super.destroy()
    setImmediate(() => this.close())
  }
}

/** One delivery as the connection sees it. */
export interface TestDelivery {
  readonly name: string
  readonly recipients: readonly string[]
  /** Undefined while it waits for a connection. */
  link: RelayLink | undefined
  reused: boolean
  socket: DeliverySocket | undefined
  peer: Peer | undefined
  /** What hmail got. */
  readonly events: string[]
  /** How often its connection was said to be free. */
  released: number
  say(command: string): void
}

export function linkBench(options: BenchOptions = {}) {
  const { mostConnections = 2, keywords = ['PIPELINING'], pipelining = true } = options
  const clock = new FakeClock()
  const log: string[] = []
  const links = new RelayLinks({ clock, idleTimeoutMs: () => IDLE_MS })
  const sender = {
    name: 'main',
    links,
    note: () => undefined,
    logFailure: (failure: unknown) => log.push(`failure ${JSON.stringify(failure)}`),
  } as unknown as Sender
  const globals = {
    verifyCertificate: false,
    maxMessagesPerConnection: options.maxMessagesPerConnection ?? 0,
    maxRecipientsPerConnection: options.maxRecipientsPerConnection ?? 0,
    maxRecipientsPerMessage: 0,
  }
  const peers: Peer[] = []
  const byLink = new Map<RelayLink, Peer>()
  const asked: [string, string][] = []

  const { script } = options
  const session = (): Session =>
    sessionDouble(
      globals,
      script &&
        (async (command, full) => {
          asked.push([command, full])
          return script(command)
        }),
    )

  /** Acquires a connection, or waits for one. */
  function deliver(name: string, recipients: readonly string[] = [`${name}@example.com`], key = 'one'): TestDelivery {
    const delivery: TestDelivery = {
      name,
      recipients,
      link: undefined,
      reused: false,
      socket: undefined,
      peer: undefined,
      events: [],
      released: 0,
      say: (command) => {
        delivery.socket?.write(`${command}\r\n`)
      },
    }
    const user: LinkUser = {
      hmail: { get_force_tls: () => false, todo: { uuid: name } } as unknown as HMail,
      session: session(),
      recipients: recipients.length,
      takeRecipients: () => recipients.map((address) => `RCPT TO:<${address}>`),
      returnPath: (mailLine) => ({ mailLine }),
      hasAlternative: () => false,
      answered: () => undefined,
      stored: () => undefined,
      released: () => {
        delivery.released++
      },
    }
    links.acquire(key, recipients.length, mostConnections, (resting) => {
      delivery.reused = resting !== undefined
      const link = (delivery.link = resting ?? open(key, user))
      delivery.peer = byLink.get(link)
      const socket = (delivery.socket = link.deliver(user))
      socket.on('line', (line: string) => delivery.events.push(line))
      for (const event of ['end', 'close']) socket.on(event, () => delivery.events.push(event))
      socket.on('error', (error: Error) => delivery.events.push(`error ${error.message}`))
    })
    return delivery
  }

  function open(key: string, user: LinkUser): RelayLink {
    const peer = new Peer()
    peers.push(peer)
    const link = new RelayLink(
      {
        log: {
          event: (_level: string, name: string, fields: Record<string, string | undefined>) =>
            log.push(`${name} ${fields['why'] ?? ''}`.trim()),
        } as unknown as EventLog,
        journal: offJournal,
        sender,
        settings: {
          name: 'main',
          tls: 'none',
          pipelining,
          authPlaintext: false,
          servers: [{ host: 'relay.test', port: 25 }],
          replyTimeoutMs: 300_000,
        } as unknown as SenderSettings,
        generation: links.generation,
        key,
        mx: { exchange: 'relay.test', port: 25 },
        tls: 'none',
        allowLosingRewrites: true,
      },
      peer as unknown as HarakaSocket,
      user,
    )
    byLink.set(link, peer)
    links.add(link)
    return link
  }

  /** hmail's commands up to MAIL, which is said and not answered. */
  async function upToMail(delivery: TestDelivery): Promise<void> {
    await settled()
    const { peer, reused } = delivery
    if (!reused) peer?.arrive('220 hi\r\n')
    await settled()
    delivery.say('EHLO client.test')
    if (!reused)
      peer?.arrive(
        ['relay.test', ...keywords].map((k, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${k}\r\n`).join(''),
      )
    await settled()
    peer?.lines()
    delivery.events.length = 0
    delivery.say(`MAIL FROM:<${delivery.name}@example.com>`)
    await settled()
  }

  /** A whole message that is accepted, up to and including hmail's QUIT. */
  async function message(delivery: TestDelivery): Promise<void> {
    await upToMail(delivery)
    await reply(delivery, '250 mail')
    for (const address of delivery.recipients) {
      delivery.say(`RCPT TO:<${address}>`)
      await reply(delivery, '250 rcpt')
    }
    delivery.say('DATA')
    await reply(delivery, '354 go')
    delivery.socket?.write(`Subject: ${delivery.name}\r\n\r\nx\r\n`)
    delivery.socket?.write('.\r\n')
    await reply(delivery, '250 queued')
    delivery.say('QUIT')
    await settled()
  }

  /** The relay server's reply to what is due. */
  async function reply(delivery: TestDelivery, text: string): Promise<void> {
    await settled()
    delivery.peer?.arrive(`${text}\r\n`)
    await settled()
  }

  /** All that is due happens, the end of closed connections included. */
  async function quiet(): Promise<void> {
    for (let i = 0; i < 3; i++) await settled()
    clock.advance(SEEN_MS)
    for (let i = 0; i < 3; i++) await settled()
  }

  /** The reply to QUIT, and the close after it. */
  async function farewell(delivery: TestDelivery): Promise<void> {
    delivery.peer?.arrive('221 bye\r\n')
    delivery.peer?.close()
    await quiet()
  }

  return { links, clock, log, peers, asked, deliver, upToMail, message, reply, quiet, farewell }
}
