/**
 * One Haraka with a hostile script for each of many senders, and a well-behaved sender whose mail goes on meanwhile.
 *
 * `good.lua` counts its calls in a global and prints the count: a session that is begun afresh counts from 1 again. A
 * message of that sender whose reply the relay server holds back keeps its session in use to the end, so that nothing
 * but a fault can end it.
 */
import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'
import type { HostileScript, HostileScripts } from './hostile-script.js'
import { LogBySender } from './log-by-sender.js'
import { STALL_PLUGIN, type StallFigures, StallMeter } from './stall-plugin.js'

export interface HostileSender extends HostileScript {
  readonly name: string
  readonly what: string
}

const GOOD = `
count = 0
function Start() print('the good session begins') end
function CheckFile(file, a, size, created, from, recipients, headers)
  count = count + 1
  print('good call ' .. count .. ' for ' .. headers.Subject)
  a.Priority = 90
  return a
end
`
const HARMLESS = `
function CheckFile(file, a, size, created, from, recipients)
  a.Priority = 40 + #recipients
  return a
end
function ReturnCodeHandler(command, full, last)
  if last:find('never') then return '550 no' end
end
`
/** Senders with a harmless script, for comparison. */
const CALM = Array.from({ length: 16 }, (_, i) => `calm${i + 1}`)

/** Hostile senders at work at one time. One at a time shows whose fault a failure is. */
const AT_ONCE = Number(process.env['HOSTILE_AT_ONCE'] ?? 2)
const BETWEEN_GOOD_MS = 30
const LONGEST_WAIT_MS = 60_000

export class HostileScene {
  readonly senders: readonly HostileSender[]
  readonly log: LogBySender
  readonly #scene: Scene
  readonly #stalls: StallMeter
  readonly #releaseHeld: () => void
  #goodMessages = 0

  private constructor(scene: Scene, senders: readonly HostileSender[], releaseHeld: () => void) {
    this.#scene = scene
    this.senders = senders
    this.log = new LogBySender(() => scene.haraka.output)
    this.#stalls = new StallMeter(scene.haraka.folder)
    this.#releaseHeld = releaseHeld
  }

  /** `limits`: lines of [main]. */
  static async open(scripts: HostileScripts, limits: string): Promise<HostileScene> {
    const senders = Object.entries(scripts).map(([what, script], i) => ({ ...script, what, name: `h${i + 1}` }))
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const scene = await openScene({
      stopped: true,
      ini: (host) => settings(host, limits, senders),
      config: { 'good.lua': GOOD, 'harmless.lua': HARMLESS },
      plugins: { stall: STALL_PLUGIN },
      relay: {
        endOfData: ({ connection }) =>
          connection.commands.includes('RCPT TO:<held@good.example>') ? { after: held } : undefined,
      },
    })
    for (const { name, script } of senders) scene.haraka.write(`config/${name}.lua`, script)
    await scene.haraka.start()
    return new HostileScene(scene, senders, release)
  }

  /** Lets the good sender and some harmless ones work; the figures of the main thread meanwhile. */
  async calm(): Promise<StallFigures> {
    const [first, second, ...others] = CALM
    await this.#submit('good', ['held'], 'held')
    await this.#visitAll([first!, second!], (name) => this.#visitCalm(name))
    await this.#stalls.read()
    await this.#visitAll(others, (name) => this.#visitCalm(name))
    return this.#stalls.read()
  }

  /** Every hostile sender gets its messages; the figures of the main thread meanwhile. */
  async attack(): Promise<StallFigures> {
    try {
      await this.#visitAll(this.senders, (sender) => this.#visitHostile(sender))
      return await this.#stalls.read()
    } catch (error) {
      const last = this.log.all.slice(-20).join('\n')
      throw new Error(`${String(error)}; the last lines of the log:\n${last}`, { cause: error })
    }
  }

  /** Ends what is under way: one more message of the good sender, and the one that was held back. */
  async finish(): Promise<void> {
    await this.#goodMessage()
    this.#releaseHeld()
    const waiting = this.senders.reduce(
      (sum, sender) => sum + (sender.outcome === 'skipped' ? messagesOf(sender) : 0),
      0,
    )
    await until('nothing is queued but what scripts skip', () => this.#scene.haraka.queue().length <= waiting).catch(
      () => undefined, // each script's test says what is wrong
    )
  }

  /** How often each message of a sender was accepted by the relay server, by subject. */
  deliveries(name: string): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { rcptTo, data } of this.#scene.relay.messages) {
      if (!rcptTo.some((address) => address.endsWith(`@${name}.example`))) continue
      const subject = /^Subject: (.*)\r$/m.exec(data.toString('latin1'))?.[1] ?? ''
      counts.set(subject, (counts.get(subject) ?? 0) + 1)
    }
    return counts
  }

  /** Recipients of the messages that came back to the sender's users, and of those that are queued. */
  bounces(): string[] {
    return this.#scene.relay.messages.filter(({ mailFrom }) => mailFrom === '').flatMap(({ rcptTo }) => rcptTo)
  }

  queued(name: string): number {
    const forSender = (address: string): boolean => address.includes(`@${name}.example`)
    return this.#scene.haraka.queued().filter(({ rcpt_to }) => rcpt_to.some(({ original }) => forSender(original)))
      .length
  }

  get goodMessages(): number {
    return this.#goodMessages
  }

  /** Every command that the relay server got. */
  commands(): string[] {
    return this.#scene.relay.connections.flatMap(({ commands }) => commands)
  }

  async pid(): Promise<number> {
    return (await this.#stalls.read()).pid
  }

  async remove(): Promise<void> {
    this.#releaseHeld()
    await this.#scene.remove()
  }

  async #visitAll<Visited>(all: readonly Visited[], visit: (one: Visited) => Promise<void>): Promise<void> {
    const left = [...all]
    let visitors = AT_ONCE
    const visitor = async (): Promise<void> => {
      try {
        for (let next = left.shift(); next !== undefined; next = left.shift()) await visit(next)
      } finally {
        visitors--
      }
    }
    await Promise.all([...Array.from({ length: AT_ONCE }, visitor), this.#goodTraffic(() => visitors > 0)])
  }

  /** One message after the other, each when the one before was delivered. */
  async #goodTraffic(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      await this.#goodMessage()
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_GOOD_MS))
    }
  }

  async #goodMessage(): Promise<void> {
    const subject = `good ${++this.#goodMessages}`
    await this.#submit('good', ['ann'], subject)
    await until(`${subject} is delivered`, () => this.deliveries('good').has(subject), LONGEST_WAIT_MS)
  }

  async #visitCalm(name: string): Promise<void> {
    await this.#submit(name, ['ann'], 'calm')
    await until(`the message of ${name} is delivered`, () => this.deliveries(name).size === 1, LONGEST_WAIT_MS)
  }

  async #visitHostile(sender: HostileSender): Promise<void> {
    const { name, outcome, logged } = sender
    await this.#submit(
      name,
      Array.from({ length: messagesOf(sender) }, () => 'ann'),
      name,
    )
    const patterns = logged.map((pattern) => asPattern(pattern, name))
    const over = (): boolean =>
      (outcome === 'skipped' || this.deliveries(name).size === messagesOf(sender)) &&
      patterns.every((pattern) => this.log.of(name).some((line) => pattern.test(line)))
    // Each script's test says what is wrong.
    await until(`${sender.what} has been dealt with`, over, LONGEST_WAIT_MS / 3).catch(() => undefined)
  }

  async #submit(name: string, users: readonly string[], subject: string): Promise<void> {
    await this.#scene.submit(
      ...users.map((user, i) => ({
        from: `joe@${name}.sender.example`,
        to: [`${user}@${name}.example`],
        data: plainMessage(i === 0 ? subject : `${subject} ${i + 1}`),
      })),
    )
  }
}

export function messagesOf(script: HostileScript): number {
  return script.messages ?? 1
}

export function asPattern(pattern: string, name: string): RegExp {
  return new RegExp(pattern.replaceAll('NAME', name))
}

function settings(host: string, limits: string, hostile: readonly HostileSender[]): string {
  const sender = (name: string, filter: string, script: string): string =>
    `[sender.${name}]\nhost=${host}\nfilter[]=${filter}\nscript=${script}\n`
  return [
    `[main]\ncollect=0ms\nsession_idle=300ms\n${limits}`,
    // A bounce would have the null sender.
    sender('bounces', 'From: <>', 'harmless.lua'),
    sender('good', 'good.example', 'good.lua'),
    ...CALM.map((name) => `${sender(name, `${name}.example`, 'harmless.lua')}idle_timeout=0s\n`),
    ...hostile.map(({ name }) => `${sender(name, `${name}.example`, `${name}.lua`)}idle_timeout=0s\n`),
  ].join('\n')
}
