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
import { type Account as LedgerAccount, type Fate, Ledger } from '../accounting/ledger.js'
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
  /** A relay server that comes before that one. */
  readonly first?: ScriptedRelayOptions
  /** Further keys of the sender. */
  readonly ini?: string
  /** Cases of one group are handed their messages together: the k-th of all of them is one message, in one transaction. */
  readonly group?: string
  /** How many messages; default 3. */
  readonly messages?: number
  /** Local parts of the recipients of each. */
  readonly recipients?: (k: number) => readonly string[]
  /** Recipients of this message leave the queue without being delivered. */
  readonly gone?: (recipient: string) => boolean
  /** Its relay server cannot be reached: its messages wait without an attempt. */
  readonly rests?: boolean
  /** Bytes of each message, at least. */
  readonly bytes?: number | ((k: number) => number)
}

function groupOf({ group, name }: RelayCase): string {
  return group ?? name
}

function messagesOf({ messages = 3 }: RelayCase): number {
  return messages
}

function bytesOf({ bytes = 0 }: RelayCase, k: number): number {
  return typeof bytes === 'number' ? bytes : bytes(k)
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
  /** Over all recipients of all cases. */
  readonly sum: LedgerAccount
}

export interface ManyRelays {
  readonly haraka: HarakaInstance
  readonly dsns: ScriptedRelay
  /** The scripted relay server of a case that has one. */
  relay(name: string): ScriptedRelay
  /** The one that comes before that one. */
  first(name: string): ScriptedRelay | undefined
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
  /** No more messages are handed over while more than so many were never tried. */
  readonly most?: number
  /** How long to wait for every recipient's fate, ms; default 40 s. */
  readonly patienceMs?: number
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
  const firsts = new Map<string, ScriptedRelay>()
  for (const { name, relay, port, first } of cases) {
    if (port === undefined) relays.set(name, await startScriptedRelay(relay))
    if (first) firsts.set(name, await startScriptedRelay(first))
  }
  const all = [...firsts.values(), ...relays.values()]
  const sections = cases.map(({ name, port = relays.get(name)!.port, ini = '' }) => {
    const servers = [firsts.get(name)?.port, port].flatMap((one) => (one === undefined ? [] : [`127.0.0.1:${one}`]))
    const own = new Set(ini.split('\n').map((line) => line.split('=')[0]))
    const common = (options.sender ?? '').split('\n').filter((line) => !own.has(line.split('=')[0]))
    return [`[sender.${name}]`, `host=${servers.join()}`, `filter[]=${name}.test`, ...common, ini]
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

  let counted = { characters: 0, most: new Map<string, number>() }

  function mostOpen(): ReadonlyMap<string, number> {
    if (counted.characters === haraka.output.length) return counted.most
    counted = { characters: haraka.output.length, most: new Map() }
    const open = new Map<string, number>()
    for (const [, event, sender = ''] of haraka.output.matchAll(/\[relayout\] (connected|close) sender=(\S+) /g)) {
      const now = Math.max(0, (open.get(sender) ?? 0) + (event === 'connected' ? 1 : -1))
      open.set(sender, now)
      counted.most.set(sender, Math.max(now, counted.most.get(sender) ?? 0))
    }
    return counted.most
  }

  function account(): Account & { readonly known: (address: string) => boolean } {
    const ledger = new Ledger()
    for (const [message, recipients] of submitted) ledger.handedOver(message, recipients)
    const queued = haraka.queued().filter(attempted)
    seeBounced(ledger, dsns)
    for (const relay of all) seeDelivered(ledger, relay)
    options.elsewhere?.see(ledger)
    seeQueued(ledger, queued)
    const fates = (name: string, recipient: string): readonly Fate[] => ledger.fates(`${recipient}@${name}.test`)
    const sum = ledger.account()
    return {
      sum,
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
      wrong: (name) => sum.wrong.filter((what) => what.includes(`@${name}.test`)),
    }
  }

  /** Nothing is on its way to where it is seen. */
  const idle = (): boolean => options.elsewhere?.idle() !== false

  async function reached(what: string, condition: () => boolean): Promise<void> {
    await until(what, condition, options.patienceMs ?? 40_000).catch((error: unknown) => {
      const { known } = account()
      const missing = [...awaited].filter((address) => !known(address))
      throw new Error(`${String(error)}; without a fate: ${missing.join(' ')}\n${haraka.output.slice(-10_000)}`)
    })
  }

  return {
    haraka,
    dsns,
    relay: (name) => relays.get(name)!,
    first: (name) => firsts.get(name),
    mostOpen: (name) => mostOpen().get(name) ?? 0,
    async submit(from = 0, to = Infinity, names = cases.map(({ name }) => name)) {
      const chosen = cases.filter(({ name }) => names.includes(name))
      const waiting = [...new Set(chosen.map(groupOf))]
      const hand = async (group: string): Promise<void> => {
        const { most: mostUntried = Infinity } = options
        await reached('there is room', () => haraka.queue().filter(isUntried).length <= mostUntried)
        const together = chosen.filter((one) => groupOf(one) === group)
        const messages = []
        const most = Math.max(...together.map(messagesOf))
        for (let k = from; k < Math.min(to, most); k++) {
          const receiving = together.filter((one) => k < messagesOf(one))
          const addresses = receiving.flatMap((one) =>
            recipientsOf(one, k).map((recipient) => {
              const address = `${recipient}@${one.name}.test`
              if (one.gone?.(recipient) !== true) awaited.add(address)
              return address
            }),
          )
          const message = `${group}/${k}`
          submitted.set(message, addresses)
          messages.push(
            identified(message, `m${k}@example.com`, addresses, Math.max(...receiving.map((one) => bytesOf(one, k)))),
          )
        }
        if (messages.length > 0) await submit(haraka.port, messages)
      }
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift()) await hand(next)
      }
      await Promise.all(Array.from({ length: options.most === undefined ? 8 : 2 }, worker))
    },
    async settled() {
      const missing = (): boolean => {
        const { known } = account()
        return [...awaited].some((address) => !known(address))
      }
      // The names alone are looked at first: an account of a long queue takes a while.
      const untried = (): boolean =>
        cases.some(({ rests }) => rests) ? !haraka.queued().every(attempted) : haraka.queue().some(isUntried)
      await reached('every recipient has a fate', () => !untried() && !missing() && idle())
      return account()
    },
    async drained() {
      await reached('the queue is empty', () => haraka.queue().length === 0 && idle())
      return account()
    },
    async remove() {
      await haraka.remove()
      await Promise.all([...all, dsns].map((relay) => relay.close()))
    },
  }
}

/** By the name of its file. One that begins with a dot is being written. */
function isUntried(name: string): boolean {
  return name.startsWith('.') || name.split('_')[2] === '0'
}
