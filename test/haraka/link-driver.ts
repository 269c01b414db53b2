/**
 * Runs Haraka's own delivery state machine, message after message, over a sender's connections to a real relay server,
 * as `Attempt` does it, without the rest of Haraka.
 */
import type { SenderSettings } from '../../lib/core/settings/settings.js'
import type { EventLog } from '../../lib/haraka/event-log.js'
import { Journal } from '../../lib/haraka/journal.js'
import { startTls } from '../../lib/haraka/implicit-tls.js'
import { type LinkUser, RelayLink } from '../../lib/haraka/relay-link.js'
import { RelayLinks } from '../../lib/haraka/relay-links.js'
import { linkKey } from '../../lib/haraka/relay-servers.js'
import type { Sender } from '../../lib/haraka/sender.js'
import type { Session } from '../../lib/haraka/session.js'
import type { HarakaMx, HarakaSocket, HMail } from '../../lib/haraka/shapes.js'
import type { TlsMode } from '../../lib/relay/delivery-dialogue.js'
import type { Progress } from '../../lib/relay/message-phase.js'
import { nodeClock } from '../../lib/relay/node-clock.js'
import { allowTls, connectPlain, type Outcome, recordingItem, type Script } from '../relay/hmail-driver.js'
import { sessionDouble } from './session-double.js'

export interface LinkDriverOptions {
  readonly port: number
  /** ReturnCodeHandler. */
  readonly script?: Script
  readonly tls?: TlsMode
  readonly forceTls?: boolean
  readonly auth?: { readonly user: string; readonly pass: string; readonly type?: string }
  readonly authPlaintext?: boolean
  readonly lmtp?: boolean
  readonly pipelining?: boolean
  readonly mostConnections?: number
  readonly replyTimeoutMs?: number
  readonly allowLosingRewrites?: boolean
}

export interface Letter {
  readonly from?: string
  readonly to?: readonly string[]
  readonly body?: Iterable<Buffer>
  /** Recipients that go ahead, where they are not those that hmail will name. */
  readonly ahead?: readonly string[]
  /** MAIL as it is to go over the wire, given hmail's line. */
  readonly returnPath?: LinkUser['returnPath']
  /** The name in EHLO. */
  readonly helo?: string
  /** Haraka's settings say that there is to be no STARTTLS for this one. */
  readonly noTls?: boolean
}

export interface Delivered {
  readonly outcomes: Outcome[]
  readonly reused: boolean
  /** Each command of hmail and each line that it was given. */
  readonly protocol: readonly string[]
  readonly secured: boolean
  progress(): Progress
}

export interface LinkDriver {
  /** Every call of ReturnCodeHandler: last command and full response. */
  readonly asked: readonly [string, string][]
  readonly log: readonly string[]
  readonly links: RelayLinks
  /** Settles when hmail is done with it, and its connection rests or is closed. */
  deliver(letter?: Letter): Promise<Delivered>
  /** Ends the connections that rest, and settles when all are closed. */
  close(): Promise<void>
}

export function openLinkDriver(options: LinkDriverOptions): LinkDriver {
  const { auth, tls = 'available', mostConnections = 5 } = options
  const asked: [string, string][] = []
  const log: string[] = []
  const all: RelayLink[] = []
  const links = new RelayLinks({ clock: nodeClock, idleTimeoutMs: () => 60_000 })
  const sender = { name: 'main', links, note: () => undefined, logFailure: () => undefined } as unknown as Sender
  const event = (_level: string, name: string, fields: Record<string, unknown>) =>
    log.push(`${name} ${Object.values(fields).join(' ')}`)
  const eventLog = {
    event,
    failure: (_failure: unknown, ...line: Parameters<typeof event>) => event(...line),
  } as unknown as EventLog
  const globals = {
    verifyCertificate: false,
    maxMessagesPerConnection: 0,
    maxRecipientsPerConnection: 0,
    maxRecipientsPerMessage: 0,
  }
  const settings = {
    name: 'main',
    script: 'relayout.lua',
    tls,
    pipelining: options.pipelining ?? true,
    authPlaintext: options.authPlaintext ?? false,
    servers: [{ host: 'localhost', port: options.port }],
    replyTimeoutMs: options.replyTimeoutMs ?? 20_000,
    ...(auth ? { auth: { user: { reveal: () => auth.user }, pass: { reveal: () => auth.pass } } } : {}),
  } as unknown as SenderSettings

  const { script } = options
  const session = (): Session =>
    sessionDouble(
      globals,
      script &&
        (async (command, full, last) => {
          asked.push([command, full])
          await new Promise((resolve) => setImmediate(resolve))
          return script(command, full, last)
        }),
    )

  async function connect(): Promise<HarakaSocket> {
    const socket = (await connectPlain(options.port)) as unknown as HarakaSocket
    if (tls !== 'implicit') return socket
    await new Promise<void>((resolve, reject) => startTls(socket, 'localhost', false, resolve, reject))
    return socket
  }

  function deliver(letter: Letter = {}): Promise<Delivered> {
    const { to = ['bob@example.com'], from = 'alice@example.com' } = letter
    allowTls(letter.noTls ? ['localhost'] : [])
    const { hmail, outcomes, logged } = recordingItem({
      from,
      to,
      ...(letter.body ? { body: letter.body } : {}),
      forceTls: options.forceTls ?? false,
    })
    const mx: HarakaMx = {
      exchange: 'localhost',
      port: options.port,
      bind_helo: letter.helo ?? 'client.test',
      using_lmtp: options.lmtp ?? false,
      ...(auth ? { auth_user: auth.user, auth_pass: auth.pass, ...(auth.type ? { auth_type: auth.type } : {}) } : {}),
    }
    // Another name in EHLO would mean another connection: here that is what is to be tried.
    const key = linkKey({ ...mx, bind_helo: '' }, tls, options.forceTls ?? false)
    return new Promise((resolve, reject) => {
      const user: LinkUser = {
        hmail: Object.assign(hmail, { get_force_tls: () => options.forceTls ?? false }) as unknown as HMail,
        session: session(),
        recipients: to.length,
        takeRecipients: () => (letter.ahead ?? to).map((address) => `RCPT TO:<${address}>`),
        returnPath: (mailLine, server, smtputf8) => letter.returnPath?.(mailLine, server, smtputf8) ?? { mailLine },
        hasAlternative: () => false,
        answered: () => undefined,
        stored: () => undefined,
        released: () => {
          const protocol = logged.filter((line) => /^[CS]: /.test(line))
          const secured = logged.some((line) => line.startsWith('secured'))
          // What hmail does on the reply that ended it comes in the same turn.
          setImmediate(() => resolve({ outcomes, reused, protocol, secured, progress: () => progress() }))
        },
      }
      let reused = false
      let progress: () => Progress = () => 'unanswered'
      const use = (link: RelayLink): void => {
        const socket = link.deliver(user)
        progress = () => socket.progress
        hmail.try_deliver_host_on_socket(mx, 'localhost', options.port, socket)
      }
      links.acquire(key, to.length, mostConnections, (resting) => {
        reused = resting !== undefined
        if (resting) {
          use(resting)
          return
        }
        connect()
          .then((socket) => {
            const generation = links.generation
            const link = new RelayLink(
              {
                log: eventLog,
                journal: new Journal(eventLog, nodeClock),
                sender,
                settings,
                generation,
                key,
                mx,
                tls,
                allowLosingRewrites: options.allowLosingRewrites ?? true,
              },
              socket,
              user,
            )
            all.push(link)
            links.add(link)
            use(link)
          })
          .catch(reject)
      })
    })
  }

  return {
    asked,
    log,
    links,
    deliver,
    async close() {
      links.close()
      await Promise.all(all.map((link) => link.closed))
    },
  }
}
