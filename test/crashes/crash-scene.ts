/**
 * A Haraka to be harmed in one way or another while mail goes through it, and an account of every recipient of that mail:
 * reused connections, TLS and AUTH, messages that go in parts, recipients that are deferred and refused, bounces, messages
 * that the script skips and replies that it rewrites (mail.ts).
 */
import { type Account, Ledger } from '../accounting/ledger.js'
import { seeBounced, seeDelivered, seeQueued } from '../accounting/sightings.js'
import { HarakaInstance, type InstanceOptions, until } from '../support/haraka-instance.js'
import { randomFrom } from '../support/random.js'
import { type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { submit } from '../support/submit.js'
import { BouncesAgain } from './bounces-again.js'
import { DOMAINS, type Letter, letter, mustBounce, relayAnswers, SCRIPT } from './mail.js'

export interface CrashSceneOptions extends Omit<InstanceOptions, 'ini'> {
  readonly messages: number
  readonly seed: number
  /** Further lines of `[main]`. */
  readonly main?: string
}

const AUTH = { user: 'joe', pass: 'secret word' }

/** Messages are handed over so far ahead of those that are done, by so many clients. */
const AHEAD = 100
const CLIENTS = 2

export class CrashScene {
  readonly haraka: HarakaInstance
  /** For messages. */
  readonly relays: readonly ScriptedRelay[]
  readonly dsns: ScriptedRelay
  readonly letters: readonly Letter[]
  /** Messages of which it is not known whether Haraka took them. */
  inDoubt = 0
  /** So many messages have been handed over. */
  handed = 0
  /** Haraka can take messages. */
  up = false
  readonly #ledger = new Ledger()
  readonly #bouncesAgain = new BouncesAgain()

  private constructor(
    haraka: HarakaInstance,
    relays: readonly ScriptedRelay[],
    dsns: ScriptedRelay,
    letters: Letter[],
  ) {
    this.haraka = haraka
    this.relays = relays
    this.dsns = dsns
    this.letters = letters
  }

  static async open(options: CrashSceneOptions): Promise<CrashScene> {
    const plain = await startScriptedRelay(relayAnswers())
    const secure = await startScriptedRelay({ ...relayAnswers(), starttls: true, auth: AUTH, authRequired: true })
    const dsns = await startScriptedRelay()
    const credentials = `auth_user=${AUTH.user}\nauth_pass=${AUTH.pass}`
    const sections = [
      `[main]\ncollect=50ms\nskip_retry=1s\n${options.main ?? ''}`,
      sender('plain', plain, `filter[]=${DOMAINS[0]}\nmax_recipients_per_message=3\nmax_messages_per_connection=20`),
      sender('secure', secure, `filter[]=${DOMAINS[1]}\nmax_recipients_per_message=5\ntls=required\n${credentials}`),
      sender('dsn', dsns, 'filter[]=From: <>'),
    ]
    const haraka = await HarakaInstance.create({
      script: SCRIPT,
      ...options,
      ini: sections.join('\n'),
      config: { 'outbound.ini': 'temp_fail_intervals=1h*200\n', ...options.config },
      plugins: { ...options.plugins, soon: SOON },
    })
    const random = randomFrom(options.seed)
    const letters = Array.from({ length: options.messages }, (_, n) => letter(n, random))
    return new CrashScene(haraka, [plain, secure], dsns, letters)
  }

  async start(): Promise<void> {
    await this.haraka.start()
    this.up = true
  }

  /** Ends Haraka. SIGINT lets it finish what it is at; it is given a second for that. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.up = false
    const ended = this.haraka.stop(signal)
    const late = setTimeout(() => void this.haraka.stop(), 1_000)
    await ended
    clearTimeout(late)
    // Whatever was on the way to the relay servers has arrived when they have seen the ends of the connections.
    await until('the connections are closed', () => [...this.relays, this.dsns].every(({ openNow }) => openNow === 0))
    this.#bouncesAgain.look(this.haraka.queued(), this.dsns)
  }

  /** Commands that the relay servers have got. */
  get commands(): number {
    const of = ({ connections }: ScriptedRelay): number =>
      connections.reduce((sum, { commands }) => sum + commands.length, 0)
    return [...this.relays, this.dsns].reduce((sum, relay) => sum + of(relay), 0)
  }

  /** Settles when the relay servers have got so many commands, or none for so long. */
  async comesTo(enough: number, quietMs: number): Promise<void> {
    let [last, sinceMs] = [-1, 0]
    for (;;) {
      const { commands } = this
      if (commands !== last) [last, sinceMs] = [commands, performance.now()]
      if (commands >= enough || performance.now() - sinceMs > quietMs) return
      await pause(1)
    }
  }

  /** Transactions that went well. */
  get sent(): number {
    return this.relays.reduce((sum, { messages }) => sum + messages.length, 0)
  }

  /** Hands all messages over, while Haraka is there; a message that it is ended over is in doubt. */
  async handOverAll(): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, () => this.#client()))
  }

  async #client(): Promise<void> {
    for (let next = this.letters[this.handed]; next; next = this.letters[this.handed]) {
      if (!this.up || this.handed > AHEAD + this.sent) await pause(5)
      else {
        this.handed++
        await this.#handOver(next)
      }
    }
  }

  async #handOver({ name, recipients, message }: Letter): Promise<void> {
    const taken = await submit(this.haraka.port, [message]).then(
      () => true,
      () => false,
    )
    if (!taken) this.inDoubt++
    this.#ledger.handedOver(name, recipients, taken)
  }

  /** Settles when the queue is empty: the account of everything, once. */
  async drained(): Promise<Account> {
    await until('the queue is empty', () => this.haraka.queue().length === 0, 120_000).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${this.haraka.queue().join(' ')}\n${this.haraka.output.slice(-10_000)}`)
    })
    seeBounced(this.#ledger, this.dsns, this.#bouncesAgain)
    for (const relay of this.relays) seeDelivered(this.#ledger, relay)
    seeQueued(this.#ledger, this.haraka.queued())
    return this.#ledger.account()
  }

  /** After that: recipients that have bounced but should not have, or the other way round. */
  get wrongFates(): string[] {
    return this.letters.flatMap(({ recipients }) =>
      recipients.filter((recipient) => {
        const [first] = this.#ledger.sightings(recipient)
        return first !== undefined && (first.fate === 'bounced') !== mustBounce(recipient)
      }),
    )
  }

  async remove(): Promise<void> {
    await this.haraka.remove()
    await Promise.all([...this.relays, this.dsns].map((relay) => relay.close()))
  }
}

/** Haraka takes no interval below 5 s. After the plugin's own hook. */
const SOON = `
exports.register = function () { this.register_hook('deferred', 'soon', 10) }
exports.soon = (next) => next(DENYSOFT, '1')
`

function sender(name: string, relay: ScriptedRelay, more: string): string {
  const common = 'max_connections=3\nverify_certificate=false'
  return `[sender.${name}]\nhost=127.0.0.1:${relay.port}\n${common}\n${more}\n`
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
