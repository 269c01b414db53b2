/**
 * The plugin: Haraka's hooks on one side, senders on the other.
 *
 * Every item that Haraka offers is answered exactly once, whatever fails: an item that no sender is for goes on as if
 * the plugin were absent, one that all its senders skip is delayed, one that a sender takes waits for its turn. An item
 * that is in hand already is never sent a second time (contract 10, R4).
 */
import { statSync } from 'node:fs'

import type { Clock } from '../core/clock.js'
import { sentence } from '../core/errors.js'
import type { Offer } from '../core/scheduler.js'
import type { SenderSettings, Settings } from '../core/settings/settings.js'
import type { ScriptFailure, ScriptLimits, ScriptPort, ScriptSource } from '../script/port.js'
import { choose, type Skip, skipOf } from '../policy/choose.js'
import { whenFailing } from '../policy/failure.js'
import { sessionGlobals } from '../policy/session-globals.js'
import { followClock } from './clock-steps.js'
import { Delivery } from './delivery.js'
import { EventLog } from './event-log.js'
import { FileRemoval } from './file-removal.js'
import { ItemsInHand } from './items-in-hand.js'
import { Journal } from './journal.js'
import { SETTINGS_FILE } from '../policy/read-settings.js'
import { envelopeOf, itemKey, messageFacts, rankOf, rememberTry } from '../policy/queue-item.js'
import { SLOW_MS } from './script-pace.js'
import { ReturnPaths } from './return-paths.js'
import { ScriptPorts } from './script-ports.js'
import { Scripts } from './scripts.js'
import { openSeam, REOFFER_SECONDS, type Seam } from './seam.js'
import { Sender, type Verdict } from './sender.js'
import { SettingsSource } from './settings-source.js'
import {
  type BounceError,
  CONT,
  DELAY,
  type DeferredParams,
  type DeliveredParams,
  type HarakaPlugin,
  type HMail,
  type InboundAddress,
  type HarakaConnection,
  type Next,
  OK,
} from './shapes.js'
import { TaggedRecipients } from './tagged-recipients.js'

export interface RelayoutDeps {
  readonly clock: Clock
  /** `remark` hears what is wrong with the engine itself. */
  createPort(limits: ScriptLimits, remark: (message: string) => void): ScriptPort
}

/**
 * How long an item waits before it is put back, ms: a connection that is open, but not for this item, has a place for it,
 * and it would try in vain without a pause.
 */
const PUT_BACK_MS = 1_000

const NONE_REACHED = 'no relay server could be reached'

export class Relayout {
  readonly #deps: RelayoutDeps
  readonly #log: EventLog
  readonly #journal: Journal
  readonly #returnPaths: ReturnPaths
  readonly #seam: Seam
  readonly #source: SettingsSource
  readonly #ports: ScriptPorts
  readonly #scripts: Scripts
  readonly #taggedRecipients: TaggedRecipients
  readonly #senders = new Map<string, Sender>()
  readonly #inHand: ItemsInHand
  readonly #removal: FileRemoval
  readonly #deliveries = new WeakMap<HMail, Delivery>()
  /** Items that were offered before: their queue file may have gone since. */
  readonly #offered = new WeakSet<HMail>()
  #closed = false

  /** Throws when Haraka or the settings are not usable: Haraka then does not start. */
  constructor(plugin: HarakaPlugin, deps: RelayoutDeps) {
    this.#deps = deps
    this.#inHand = new ItemsInHand(deps.clock)
    this.#log = new EventLog(plugin, deps.clock)
    this.#journal = new Journal(this.#log, deps.clock)
    this.#removal = new FileRemoval(
      deps.clock,
      this.#log,
      () => this.#settings.main.skipRetrySeconds,
      (hmail) => this.#inHand.finish(itemKey(hmail)),
    )
    this.#source = new SettingsSource(plugin, this.#log, (changes) => {
      this.#reconfigure()
      this.#journal.reconfigure(this.#settings, SETTINGS_FILE, changes)
    })
    this.#seam = openSeam(plugin, {
      unread: (file, why, seconds) => {
        const error = sentence('RELAYOUT_E_QUEUE_FILE_UNREAD', { file, why, seconds: String(seconds) })
        this.#log.event('error', 'queue', { error })
      },
      unsynced: (error) => {
        const text = sentence('RELAYOUT_E_QUEUE_FOLDER', { why: String(error) })
        this.#log.failure({ place: 'queue folder', text }, 'error', 'queue', { error: text })
      },
    })
    this.#returnPaths = new ReturnPaths({
      clock: deps.clock,
      log: this.#log,
      journal: this.#journal,
      settings: () => this.#settings,
    })
    this.#taggedRecipients = new TaggedRecipients(this.#log, deps.clock, () => this.#settings.batv)
    const remark = (message: string): void => this.#log.event('error', 'script', { error: message })
    const createPort = (limits: ScriptLimits): ScriptPort => deps.createPort(limits, remark)
    this.#ports = new ScriptPorts(createPort, () => {
      const { scriptTimeoutMs, scriptMemoryMb } = this.#settings.main
      return { timeoutMs: scriptTimeoutMs, memoryMb: scriptMemoryMb }
    })
    const { config } = plugin.haraka_require('plugins') as HarakaPlugin
    this.#scripts = new Scripts({
      config,
      log: this.#log,
      journal: this.#journal,
      trial: (source) => this.#trial(source),
      whenFailing: () => whenFailing(this.#settings.main),
      breaker: () => {
        const { scriptBreaker, scriptBreakerMessages, scriptBreakerRise } = this.#settings.main
        return { mode: scriptBreaker, messages: scriptBreakerMessages, rise: scriptBreakerRise }
      },
      replaced: (name) => {
        this.#log.forgetFailures()
        for (const sender of this.#senders.values()) sender.scriptReplaced(name)
      },
    })
    this.#reconfigure()
  }

  /** For the processes that deliver mail, once: settings and scripts are watched, scripts tried, from now on. */
  start(): void {
    this.#source.watch()
    followClock(
      this.#deps.clock,
      () => this.#seam.waits(),
      (backMs) => {
        const back = (backMs / 1000).toFixed(1)
        this.#log.event('notice', 'clock', { back, done: 'what waits in the queue waits as long as it was to' })
      },
    )
    this.#journal.configure(this.#settings)
    for (const { script } of this.#settings.senders) this.#scripts.current(script)
  }

  get #settings(): Settings {
    return this.#source.settings
  }

  offer(next: Next, hmail: HMail): void {
    const answer = once(next)
    this.#offer(answer, hmail).catch((error: unknown) => {
      // Nothing above may fail; if it does, the message must neither hang nor be lost.
      this.#log.failure({ place: 'offer', text: String(error) }, 'error', 'offer', { error: detail(error) }, hmail)
      answer(DELAY, String(this.#settings.main.skipRetrySeconds))
    })
  }

  /** A recipient of incoming mail. */
  recipient(next: Next, connection: HarakaConnection, recipient: InboundAddress): void {
    this.#taggedRecipients.check(next, connection, recipient)
  }

  /**
   * Incoming mail that goes to the queue. Haraka does the same where no plugin does, but answers 550 when the queue folder
   * cannot be written: the client would give the message up.
   */
  queue(next: Next, { transaction }: HarakaConnection): void {
    this.#seam.queueTransaction(transaction, (code, why) => (code === OK ? next(OK) : next(code, why)))
  }

  /** After how many seconds it is to come again; undefined: as Haraka has it. */
  deferred(hmail: HMail, params: DeferredParams): number | undefined {
    const heldSeconds = this.#deliveries.get(hmail)?.heldSeconds()
    this.#journal.deferred(hmail, params, heldSeconds)
    if (heldSeconds === undefined) rememberTry(hmail, this.#deps.clock.now())
    return heldSeconds
  }

  delivered(hmail: HMail, params: DeliveredParams): void {
    this.#journal.delivered(hmail, params)
  }

  bounced(hmail: HMail, error: BounceError): void {
    this.#journal.bounced(hmail, error)
  }

  /**
   * Haraka shuts down: nothing starts any more, and what waits stays in the queue on disk. Deliveries under way go on,
   * still under the script; its thread does not keep the process.
   */
  close(): void {
    this.#closed = true
    for (const sender of this.#senders.values()) sender.close()
    this.#journal.flush()
  }

  async #offer(next: Next, hmail: HMail): Promise<void> {
    if (this.#closed) return // shutting down: the item stays in the queue on disk
    const key = itemKey(hmail)
    if (this.#inHand.has(key)) {
      this.#dropCopy(hmail, 'RELAYOUT_E_OFFERED_TWICE')
      return
    }
    this.#inHand.add(key)
    const offers = new Map<Sender, Offer<Delivery>>()
    let asked: Sender | undefined
    const answered = this.#whileUnanswered(() => {
      if (!asked?.slow) return
      giveBackPlace(hmail)
      for (const [sender, offer] of offers) {
        if (sender === asked) continue
        offers.delete(sender)
        offer.drop()
      }
    })
    try {
      if (this.#offered.has(hmail) && isGone(hmail)) {
        this.#inHand.remove(key)
        this.#dropCopy(hmail, 'RELAYOUT_E_QUEUE_FILE_GONE')
        return
      }
      const backlog = !this.#offered.has(hmail) && this.#seam.isHeldBack(hmail, this.#deps.clock.now())
      this.#offered.add(hmail)
      this.#journal.offer(hmail, this.#seam.retryIntervals())
      const envelope = envelopeOf(hmail)
      const senders = [...this.#senders.values()].filter((sender) => sender.isFor(envelope))
      // What waits with a sender waits for this item, too, until it is known whether it goes by that sender.
      for (const sender of senders) {
        offers.set(sender, sender.scheduler.offer(backlog))
        if (sender.slow) break
      }
      const facts = messageFacts(hmail, this.#seam.retryIntervals())
      const { taken, refusals } = await choose(senders, async (sender) => {
        asked = sender
        const offer = offers.get(sender) ?? sender.scheduler.offer(backlog)
        offers.set(sender, offer)
        const verdict = await sender.check(facts, hmail)
        if (!verdict.take) {
          offers.delete(sender)
          offer.drop()
        }
        return verdict
      })
      const offer = taken && offers.get(taken.sender)
      if (taken && offer) {
        const { sender, judgement } = taken
        offers.delete(sender)
        if (this.#senders.get(sender.name) === sender) {
          this.#take(key, next, hmail, sender, offer, judgement)
          return
        }
        // The settings lost the sender while its script was asked: nothing would ever start the item.
        offer.drop()
        judgement.endUse()
        this.#inHand.remove(key)
        this.#journal.reoffer(hmail, sender.name)
        next(DELAY, REOFFER_SECONDS)
        return
      }
      this.#inHand.remove(key)
      const skip = skipOf(refusals)
      if (skip) this.#skip(next, hmail, skip)
      else {
        this.#journal.pass(hmail)
        next(CONT)
      }
    } catch (error) {
      this.#inHand.remove(key)
      throw error
    } finally {
      answered()
      for (const offer of offers.values()) offer.drop()
    }
  }

  /** Calls `look` now and then until the returned function is called. */
  #whileUnanswered(look: () => void): () => void {
    let cancel: () => void
    const again = (): void => {
      cancel = this.#deps.clock.after(SLOW_MS, () => {
        look()
        again()
      })
    }
    again()
    return () => cancel()
  }

  #take(
    key: string,
    next: Next,
    hmail: HMail,
    sender: Sender,
    offer: Offer<Delivery>,
    verdict: Extract<Verdict, { take: true }>,
  ): void {
    const delivery = new Delivery({
      clock: this.#deps.clock,
      log: this.#log,
      journal: this.#journal,
      seam: this.#seam,
      settings: () => this.#settings,
      hmail,
      sender,
      session: verdict.session,
      decision: verdict.decision,
      tag: verdict.tag,
      returnPaths: this.#returnPaths,
      removal: this.#removal,
      proceed: () => {
        if (isGone(hmail)) this.#dropCopy(hmail, 'RELAYOUT_E_QUEUE_FILE_GONE')
        else next(CONT)
      },
      giveBack: () => next(DELAY, REOFFER_SECONDS),
      putBack: () => {
        this.#journal.wait(hmail, sender.name, rank.priority, sender.scheduler.waiting, NONE_REACHED)
        setImmediate(() => sender.scheduler.release())
        this.#deps.clock.after(PUT_BACK_MS, () => {
          if (this.#senders.get(sender.name) === sender) sender.scheduler.offer().take(delivery, rank)
          else delivery.abandon()
        })
      },
      attemptOver: (finished) => {
        this.#deliveries.delete(hmail)
        if (this.#removal.waitsFor(hmail)) return // in hand for as long as its file stays
        if (finished) this.#inHand.finish(key)
        else this.#inHand.remove(key)
      },
      slotFree: () => {
        verdict.endUse()
        sender.scheduler.release()
      },
      abandoned: verdict.endUse,
    })
    this.#deliveries.set(hmail, delivery)
    const rank = rankOf(hmail, verdict.decision)
    delivery.wait()
    this.#journal.wait(hmail, sender.name, rank.priority, sender.scheduler.waiting)
    offer.take(delivery, rank)
  }

  #skip(next: Next, hmail: HMail, skip: Skip): void {
    const { senders, reason, retrySeconds } = skip
    this.#journal.skip(hmail, skip)
    this.#log.event('notice', 'skip', { sender: senders.join(','), reason, retry: retrySeconds }, hmail)
    next(DELAY, String(retrySeconds)) // Haraka complains of a number in its log
  }

  /** A copy that must not be sent is never answered; Haraka's place for it is given back. */
  #dropCopy(hmail: HMail, code: 'RELAYOUT_E_OFFERED_TWICE' | 'RELAYOUT_E_QUEUE_FILE_GONE'): void {
    const error = sentence(code, { file: hmail.filename })
    this.#log.event('warn', 'duplicate', { error }, hmail)
    this.#journal.duplicate(hmail, error)
    hmail.next_cb()
  }

  /** Brings the senders in line with the settings. */
  #reconfigure(): void {
    this.#log.forgetFailures()
    const gone = new Set(this.#senders.keys())
    const inOrder: [string, Sender][] = []
    for (const settings of this.#settings.senders) {
      gone.delete(settings.name)
      const known = this.#senders.get(settings.name)
      known?.configure(settings)
      inOrder.push([settings.name, known ?? this.#newSender(settings)])
    }
    for (const name of gone) {
      const sender = this.#senders.get(name)
      sender?.close()
      for (const delivery of sender?.scheduler.drain() ?? []) delivery.abandon()
    }
    this.#senders.clear()
    for (const [name, sender] of inOrder) this.#senders.set(name, sender)
  }

  #newSender(settings: SenderSettings): Sender {
    return new Sender(
      {
        clock: this.#deps.clock,
        log: this.#log,
        journal: this.#journal,
        scripts: this.#scripts,
        ports: this.#ports,
        settings: () => this.#settings,
      },
      settings,
    )
  }

  #trial(source: ScriptSource): Promise<ScriptFailure | undefined> {
    const [first] = this.#settings.senders
    if (!first) throw new Error('settings always have a sender')
    return this.#ports.check(source, sessionGlobals(this.#settings, first))
  }
}

/**
 * Whether another copy of the item has sent it or renamed its file meanwhile. Not put off: through the thread pool the
 * answer would come later than everything that it is to hold off, and cost as much as the rest of a message's way here.
 */
function isGone(hmail: HMail): boolean {
  try {
    return statSync(hmail.path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false // it cannot be looked at: what reads it will find out
  }
}

/** The item's among Haraka's deliveries (concurrency_max). What hmail says of its end is then nothing to Haraka. */
function giveBackPlace(hmail: HMail): void {
  const giveBack = hmail.next_cb
  hmail.next_cb = () => undefined
  giveBack()
}

/** Haraka complains of a hook that answers twice, and a message may then go twice. */
function once(next: Next): Next {
  let answered = false
  return (code, value) => {
    if (answered) return
    answered = true
    next(code, value)
  }
}

function detail(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
