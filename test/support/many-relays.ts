/**
 * One Haraka with many senders, each with a relay server of its own that misbehaves in its own way, and an account of
 * every recipient at the end: how often it was delivered, whether it is still queued, whether it bounced.
 *
 * The messages of a case go to `NAME.test`, the k-th from `m<k>@example.com` to `a<k>@NAME.test` and `b<k>@NAME.test`.
 * Unless told otherwise Haraka does not try again within the test: what was delivered was delivered without a counted
 * attempt.
 */
import assert from 'node:assert/strict'

import { identified } from '../accounting/identity.js'
import { assertBalanced, type Fate, Ledger } from '../accounting/ledger.js'
import { seeBounced, seeDelivered, seeQueued } from '../accounting/sightings.js'
import { HarakaInstance, type InstanceOptions, type QueuedItem, until } from './haraka-instance.js'
import {
  type RelayConnectionRecord,
  type ScriptedRelay,
  type ScriptedRelayOptions,
  startScriptedRelay,
} from './scripted-relay.js'
import { submit } from './submit.js'

export interface RelayCase {
  /** Part of a domain name: small letters, digits, hyphens. */
  readonly name: string
  readonly relay?: ScriptedRelayOptions
  /** Where a relay server listens already: it is used instead of a scripted one. Where its mail goes: `elsewhere`. */
  readonly port?: number
  /** Further keys of the sender, given the port of its relay server. */
  readonly ini?: string | ((port: number) => string)
  /** How many messages; default 3. */
  readonly messages?: number
  /** Local parts of the recipients of each. */
  readonly recipients?: (k: number) => readonly string[]
  /** Recipients of this message leave the queue without being delivered. */
  readonly gone?: (recipient: string) => boolean
  /** Its relay server cannot be reached: its messages wait without an attempt. */
  readonly rests?: boolean
  /** Bytes of each message, at least. */
  readonly bytes?: number
}

/** What has become of everything at one moment. */
export interface Account {
  /** Of one recipient by its local part: an entry for each delivery, each DSN, and for its place in the queue. */
  fates(name: string, recipient: string): readonly Fate[]
  /** Of the k-th message: `delivered`, or `bounced delivered+queued` where the recipients differ. */
  fateOf(name: string, k: number): string
  /** How many attempts are counted for what is queued. */
  attempts(name: string, recipient: string): number
  /** What is seen of the case's recipients that is not theirs, or damaged. */
  wrong(name: string): readonly string[]
  /** Throws when anything of any case is lost, mixed up, damaged, or there twice for no reason. */
  assertBalanced(): void
}

export interface ManyRelays {
  readonly haraka: HarakaInstance
  readonly dsns: ScriptedRelay
  /** The scripted relay server of a case that has one. */
  relay(name: string): ScriptedRelay
  /** The most connections that the sender had at one time, by Haraka's log: a busy relay server may see an end late. */
  mostOpen(name: string): number
  /** Hands over the messages of all (or some) cases, those of each in their order: from the k-th to before the k-th. */
  submit(from?: number, to?: number, names?: readonly string[]): Promise<void>
  /** Settles when every recipient of the messages submitted so far has a fate, and what is queued was attempted. */
  settled(): Promise<Account>
  /** Settles when the queue is empty. */
  drained(): Promise<Account>
  remove(): Promise<void>
}

export interface ManyRelaysOptions extends Omit<InstanceOptions, 'ini'> {
  /** Lines of `[main]`. */
  readonly main?: string
  /** Lines of every sender; a case's own come after them. */
  readonly sender?: string
  /** Haraka's retry intervals, `1h` by default: no second attempt. */
  readonly intervals?: string
  /** What has become of the mail that relay servers took which are not scripted. */
  readonly elsewhere?: Elsewhere
}

export interface Elsewhere {
  /** What has arrived. */
  see(ledger: Ledger): void
  /** Nothing is on its way any more. */
  idle(): boolean
}

/** Where so many scripts begin at one time on a busy machine, one may wait for a processor longer than it may run. */
const PATIENCE = 'script_timeout=20s'

/** An answer that never comes. */
export const NEVER = new Promise<unknown>(() => undefined)

/** Which message of its case is under way on this connection: the k of its last `MAIL FROM:<m<k>@example.com>`. */
export function messageOf(connection: RelayConnectionRecord): number {
  const mail = connection.commands.findLast((line) => line.startsWith('MAIL '))
  return Number(/<m(\d+)@/.exec(mail ?? '')?.[1] ?? -1)
}

export async function openManyRelays(
  cases: readonly RelayCase[],
  options: ManyRelaysOptions = {},
): Promise<ManyRelays> {
  assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length, 'each case has a name of its own')
  const dsns = await startScriptedRelay()
  const relays = new Map<string, ScriptedRelay>()
  for (const { name, relay, port } of cases) if (port === undefined) relays.set(name, await startScriptedRelay(relay))
  const sections = cases.map(({ name, port = relays.get(name)!.port, ini: given = '' }) => {
    const ini = typeof given === 'string' ? given : given(port)
    const own = new Set(ini.split('\n').map((line) => line.split('=')[0]))
    const common = (options.sender ?? '').split('\n').filter((line) => !own.has(line.split('=')[0]))
    return [`[sender.${name}]`, `host=127.0.0.1:${port}`, `filter[]=${name}.test`, ...common, ini]
  })
  const dsn = [`[sender.dsn]`, `host=127.0.0.1:${dsns.port}`, 'filter[]=From: <>', '']
  const haraka = await HarakaInstance.start({
    ...options,
    ini: ['[main]', PATIENCE, options.main ?? '', ...sections.flat(), ...dsn].join('\n'),
    config: { 'outbound.ini': `temp_fail_intervals=${options.intervals ?? '1h'}\n`, ...options.config },
  })
  const recipientsOf = (one: RelayCase, k: number): readonly string[] => one.recipients?.(k) ?? [`a${k}`, `b${k}`]
  /** The recipients of each message. */
  const submitted = new Map<string, readonly string[]>()
  /** Those that will have a fate. */
  const awaited = new Set<string>()

  /** Of a case that rests by now, which is no attempt. */
  const isResting = ({ rcpt_to }: QueuedItem): boolean =>
    cases.some(
      ({ name, rests }) =>
        rests === true &&
        rcpt_to.every(({ original }) => original.endsWith(`@${name}.test>`)) &&
        haraka.output.includes(`[relayout] rest event=begin sender=${name} `),
    )
  const attempted = (item: QueuedItem): boolean => item.attempts > 0 || isResting(item)

  function account(): Account & { readonly known: (address: string) => boolean } {
    const ledger = new Ledger()
    for (const [message, recipients] of submitted) ledger.handedOver(message, recipients)
    const queued = haraka.queued().filter(attempted)
    seeBounced(ledger, dsns)
    for (const relay of relays.values()) seeDelivered(ledger, relay)
    options.elsewhere?.see(ledger)
    seeQueued(ledger, queued)
    const fates = (name: string, recipient: string): readonly Fate[] =>
      ledger.sightings(`${recipient}@${name}.test`).map(({ fate }) => fate)
    return {
      known: (address) => ledger.sightings(address).length > 0,
      fates,
      fateOf(name, k) {
        const one = cases.find((candidate) => candidate.name === name)!
        return [...new Set(recipientsOf(one, k).map((recipient) => fates(name, recipient).join('+')))].sort().join(' ')
      },
      attempts(name, recipient) {
        const address = `<${recipient}@${name}.test>`
        return queued.find(({ rcpt_to }) => rcpt_to.some(({ original }) => original === address))?.attempts ?? 0
      },
      wrong: (name) => ledger.account().wrong.filter((what) => what.includes(`@${name}.test`)),
      assertBalanced: () => assertBalanced(ledger.account()),
    }
  }

  async function reached(what: string, condition: () => boolean): Promise<Account> {
    const idle = (): boolean => options.elsewhere?.idle() !== false
    await until(what, () => condition() && idle(), 40_000).catch((error: unknown) => {
      const { known } = account()
      const missing = [...awaited].filter((address) => !known(address))
      throw new Error(`${String(error)}; without a fate: ${missing.join(' ')}\n${haraka.output.slice(-10_000)}`)
    })
    return account()
  }

  return {
    haraka,
    dsns,
    relay: (name) => relays.get(name)!,
    mostOpen(name) {
      let open = 0
      let most = 0
      const lines = haraka.output.matchAll(new RegExp(`\\[relayout\\] (connected|close) sender=${name} `, 'g'))
      for (const [, event] of lines) {
        open = event === 'connected' ? open + 1 : Math.max(0, open - 1)
        most = Math.max(most, open)
      }
      return most
    },
    async submit(from = 0, to = Infinity, names = cases.map(({ name }) => name)) {
      const waiting = cases.filter(({ name }) => names.includes(name))
      const hand = async (one: RelayCase): Promise<void> => {
        const messages = []
        for (let k = from; k < Math.min(to, one.messages ?? 3); k++) {
          const recipients = recipientsOf(one, k)
          const addresses = recipients.map((recipient) => `${recipient}@${one.name}.test`)
          recipients.forEach((recipient, i) => one.gone?.(recipient) === true || awaited.add(addresses[i]!))
          submitted.set(`${one.name}/${k}`, addresses)
          messages.push(identified(`${one.name}/${k}`, `m${k}@example.com`, addresses, one.bytes))
        }
        if (messages.length > 0) await submit(haraka.port, messages)
      }
      const worker = async (): Promise<void> => {
        for (let one = waiting.shift(); one; one = waiting.shift()) await hand(one)
      }
      await Promise.all(Array.from({ length: 8 }, worker))
    },
    settled: () => {
      const missing = (): boolean => {
        const { known } = account()
        return [...awaited].some((address) => !known(address))
      }
      const untried = (): boolean => !haraka.queued().every(attempted)
      return reached('every recipient has a fate', () => !missing() && !untried())
    },
    drained: () => reached('the queue is empty', () => haraka.queue().length === 0),
    async remove() {
      await haraka.remove()
      await Promise.all([...relays.values(), dsns].map((relay) => relay.close()))
    },
  }
}
