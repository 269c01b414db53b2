/**
 * The return path of each transaction as it goes over the wire (contract 7): the item's own, tagged where that is
 * wanted, and then what ModifyReturnPath makes of it. It is worked out anew for every transaction, always from the
 * item's own address, which is the one that the queue, retries and bounces have.
 */
import { Address } from '@haraka/email-address'

import { expiryDay, MAX_ADDRESS, signReturnPath } from '../batv/return-path.js'
import { cutBytes, fromBytes, toBytes } from '../core/byte-string.js'
import type { Clock } from '../core/clock.js'
import { replyInBrief } from '../core/reply-guards.js'
import { makeReply } from '../core/reply.js'
import type { Settings } from '../core/settings/settings.js'
import type { MailFallback, MailPlan, Withheld } from '../relay/mail-opening.js'
import { mailAddress, tagDigits, withMailAddress } from '../relay/wire-address.js'
import type { ScriptFailure } from '../script/port.js'
import { failureOf } from '../policy/failure.js'
import type { EventLog } from './event-log.js'
import type { Journal } from './journal.js'
import { originOf } from './origin.js'
import { bareAddresses, creationTimeOf, messageFile, returnPathOf } from '../policy/queue-item.js'
import type { Sender } from './sender.js'
import type { Session } from './session.js'
import type { HarakaAddress, HMail } from './shapes.js'
import { UNTAGGED_HOURS, UntaggedServers } from './untagged-servers.js'

/** The transaction that a return path is for. */
export interface Mailing {
  readonly hmail: HMail
  readonly sender: Sender
  readonly session: Session
  /** UseBATV, when CheckFile had seen the message. */
  readonly tag: boolean
  /** Of the item, of which this transaction may have a part. */
  readonly allRecipients: readonly HarakaAddress[]
  /** The relay server: its name and what tells it from others. */
  readonly server: string
  readonly port: number | undefined
  readonly smtputf8: boolean
  /** MAIL as Haraka has it. */
  readonly line: string
  /** The item is to come again after so many seconds, and this was no try. */
  hold(): void
}

const TAG_REFUSED =
  'the relay server seems to refuse tagged return paths, and the message bounces; [batv] fallback = true sends it again untagged'

/** Of what a script returned, in the log, bytes. */
const LONGEST_SHOWN = 100

export class ReturnPaths {
  readonly #clock: Clock
  readonly #log: EventLog
  readonly #journal: Journal
  readonly #settings: () => Settings
  readonly #untagged: UntaggedServers

  constructor(options: {
    readonly clock: Clock
    readonly log: EventLog
    readonly journal: Journal
    settings(): Settings
  }) {
    this.#clock = options.clock
    this.#log = options.log
    this.#journal = options.journal
    this.#settings = () => options.settings()
    this.#untagged = new UntaggedServers(options.clock)
  }

  /** MAIL for this transaction. Never rejects. */
  plan(mailing: Mailing): MailPlan | Promise<MailPlan | Withheld> {
    const { line, session } = mailing
    const own = mailAddress(line)
    const computed = this.#tagged(own, mailing) ?? own
    const asComputed: MailPlan = {
      mailLine: withMailAddress(line, computed),
      ...(computed === own ? {} : { fallback: this.#fallback(mailing) }),
    }
    if (!session.has('ModifyReturnPath')) return asComputed
    return this.#asked(mailing, computed, asComputed)
  }

  #tagged(address: string, { tag, server, port }: Mailing): string | undefined {
    const { signing, lifetimeDays, fallback } = this.#settings().batv
    if (!tag || !signing || (fallback && this.#untagged.has(server, port))) return undefined
    return signReturnPath(address, signing, expiryDay(this.#clock.now(), lifetimeDays))
  }

  #fallback({ line, server, port, sender, hmail }: Mailing): MailFallback {
    return {
      refused: (refusal) => {
        const values = { sender: sender.name, server, refused: fromBytes(replyInBrief(refusal)) }
        const { fallback } = this.#settings().batv
        this.#journal.tagRefused(hmail, sender.name, server, values.refused, fallback)
        if (!fallback) {
          const failure = { place: `${sender.name}\n${server}`, text: TAG_REFUSED }
          this.#log.failure(failure, 'warn', 'batv', { ...values, warning: TAG_REFUSED }, hmail)
          return undefined
        }
        // From now on: should the server close the connection over it, the next attempt goes without a tag.
        this.#untagged.add(server, port)
        this.#log.event('notice', 'batv', { ...values, sent: 'untagged', hours: UNTAGGED_HOURS }, hmail)
        return line
      },
      answered: (accepted) => {
        if (!accepted) this.#untagged.delete(server, port)
      },
    }
  }

  async #asked(mailing: Mailing, computed: string, asComputed: MailPlan): Promise<MailPlan | Withheld> {
    const { sender, session } = mailing
    try {
      const returned = await session.script.modifyReturnPath(this.#facts(mailing, computed))
      // The computed one is no other by being returned: a server may refuse its tag, too.
      if (returned === undefined || returned === computed) return asComputed
      const made = madeAddress(returned, mailing.smtputf8)
      if ('address' in made) return this.#asMade(mailing, computed, made.address)
      return this.#failed(mailing, notAnAddress(returned, made.why, sender), asComputed)
    } catch (error) {
      return this.#failed(mailing, failureOf(error, 'ModifyReturnPath', sender.settings.script), asComputed)
    }
  }

  #asMade({ line, hmail, sender, server }: Mailing, computed: string, address: string): MailPlan {
    const from = mailAddress(line)
    if (address !== from) {
      // The script may have put the tagged address into its own.
      const tag = computed === from ? undefined : tagDigits(computed)
      const sent = tag === undefined ? address : address.replace(new RegExp(tag, 'gi'), '***')
      const values = { sender: sender.name, server, from: fromBytes(from), sent: fromBytes(sent) }
      this.#log.event('info', 'returnpath', values, hmail)
      this.#journal.returnPath(hmail, sender.name, server, from, sent)
    }
    return withAddress(line, address)
  }

  #failed(mailing: Mailing, failure: ScriptFailure, asComputed: MailPlan): MailPlan | Withheld {
    const { hmail, sender, session } = mailing
    sender.failed(failure, session, hmail)
    if (!sender.holdsOnFailure) return asComputed
    mailing.hold()
    return { withheld: makeReply(451, `4.3.0 held: ${failure.message}`) }
  }

  #facts({ hmail, allRecipients }: Mailing, computed: string) {
    const origin = originOf(hmail)
    return {
      ...messageFile(hmail),
      computed,
      returnPath: returnPathOf(hmail),
      original: origin.mailFrom,
      authSender: origin.authSender,
      recipients: bareAddresses(hmail.todo.rcpt_to),
      creationTime: creationTimeOf(hmail),
      senderIp: origin.senderIp,
      allRecipients: bareAddresses(allRecipients),
    }
  }
}

/** What a script returned as an address for the wire, or why it is none. Angle brackets around it do not count. */
export function madeAddress(
  returned: string,
  smtputf8: boolean,
): { readonly address: string } | { readonly why: string } {
  const text = fromBytes(returned).trim()
  if (text === '' || text === '<>') return { address: '' }
  let address: Address
  try {
    // Forwarders make local parts of more than 64 octets, and servers take them.
    address = new Address(text, { postel: true })
  } catch (error) {
    return { why: (error as Error).message }
  }
  if (!address.host) return { why: 'it has no domain' }
  const made = toBytes(address.format(!smtputf8).slice(1, -1))
  if (made.length > MAX_ADDRESS) return { why: `it has more than ${MAX_ADDRESS} octets` }
  if (!smtputf8 && isUtf8(made)) return { why: 'it needs SMTPUTF8, which the relay server does not offer' }
  return { address: made }
}

function withAddress(line: string, address: string): MailPlan {
  const parameters = isUtf8(address) && !/ SMTPUTF8\b/.test(line) ? ' SMTPUTF8' : ''
  return { mailLine: withMailAddress(line, address, parameters) }
}

function isUtf8(bytes: string): boolean {
  return /[^\0-\x7f]/.test(bytes)
}

function notAnAddress(returned: string, why: string, sender: Sender): ScriptFailure {
  const { script: file } = sender.settings
  const shown = cutBytes(returned, LONGEST_SHOWN)
  const message = `${file}: ModifyReturnPath returned "${shown}", which is no address: ${toBytes(why)}`
  return { kind: 'type', message, file, function: 'ModifyReturnPath', traceback: '' }
}
