/**
 * The one place where the plugin reaches into Haraka: `outbound/client_pool.get_client`, which hmail calls through
 * the module object for every connection it wants.
 *
 * An exchanger that carries our mark goes to the mark's owner, any other to Haraka's own function. Before that the
 * shape of all that the plugin relies on is checked; when something is missing, `openSeam` throws, so that Haraka does
 * not start and no mail goes out around the script.
 */
import { relayoutError } from '../core/errors.js'
import type { Wait } from './clock-steps.js'
import { FolderSync } from './folder-sync.js'
import { isHeldBack } from './held-back.js'
import { keepLinesWhole, type LineLogger } from './log-lines.js'
import type { Writable } from 'node:stream'

import {
  type ClientPool,
  DELAY,
  type GetClientCallback,
  type HarakaMx,
  type HarakaPlugin,
  type HMail,
  OK,
} from './shapes.js'
import {
  keepWhatIsBeingWritten,
  nameOnlyWhatIsWritten,
  type QueueFileNames,
  type QueueFileWriter,
  type QueueModule,
} from './unfinished-files.js'
import { readAgain } from './unread-files.js'

export const TESTED_HARAKA = '3.3.0 to 3.3.4'

/** Carried by every exchanger of a delivery that the plugin has in hand. */
const MARK = Symbol('relayout delivery')

/** Whoever is to open the connections of one delivery. */
export interface Connector {
  connect(mx: HarakaMx, open: OpenConnection, callback: GetClientCallback): void
}

/** Haraka's own way of opening a connection. */
export type OpenConnection = (mx: HarakaMx, callback: GetClientCallback) => void

export interface Seam {
  readonly HarakaMx: new (from: object) => HarakaMx
  /** Puts the mark on: connections to these exchangers are opened by `connector`. */
  mark(mxs: HarakaMx[], connector: Connector): HarakaMx[]
  /** Haraka's own retry intervals, seconds (outbound.ini temp_fail_intervals). */
  retryIntervals(): readonly number[]
  /** The log level is one at which Haraka logs every line of a conversation. */
  logsProtocol(): boolean
  /** The item's first offer was put off, and others' probably with it. */
  isHeldBack(hmail: HMail, nowMs: number): boolean
  /** Haraka would have given it up by now, had it tried all the time. */
  isTooOld(hmail: HMail, nowMs: number): boolean
  /** Haraka offers the item again, in a moment: for one that was let go on before. */
  reoffer(hmail: HMail): void
  /** Begins a queue file: all but the message. */
  writeTodo(todo: object, output: Writable, done: () => void): void
  /** Queues a message of Haraka's own. */
  queueMessage(from: unknown, to: unknown, message: string, done: Queued): void
  /** Queues an incoming message. */
  queueTransaction(transaction: unknown, done: Queued): void
  /** What waits for its next attempt, in the order in which it comes up. */
  waits(): Iterable<Wait>
  /** Of files in the queue folder that are not finished. */
  readonly temporaryPrefix: string
}

/** With OK it is on the disk; `why`: what Haraka says of it. */
type Queued = (code: number, why: unknown) => void

/** What goes wrong with the queue folder outside a delivery. */
export interface QueueTroubles {
  /** A queue file cannot be read at the moment. */
  unread(file: string, why: string, seconds: number): void
  /** The names in the folder cannot be brought to the disk. */
  unsynced(error: unknown): void
}

/** How soon an item is offered again whose sender the settings no longer have, s. Haraka complains of a number. */
export const REOFFER_SECONDS = '1'

export function openSeam(plugin: HarakaPlugin, troubles: QueueTroubles): Seam {
  const require = (path: string): unknown => plugin.haraka_require(path)
  const missing = missingParts(require)
  if (missing.length > 0) {
    throw relayoutError('RELAYOUT_E_HARAKA_SHAPE', {
      version: harakaVersion(require),
      tested: TESTED_HARAKA,
      what: `there is no ${missing.join(', no ')}`,
    })
  }
  const pool = require('outbound/client_pool') as ClientPool
  const outbound = require('outbound') as Outbound
  const names = require('outbound/qfile') as QueueFileNames
  const outboundConfig = require('outbound/config') as { cfg: { temp_fail_intervals: number[]; disabled: boolean } }
  const logger = require('logger') as LineLogger & { loglevel: number; LOGPROTOCOL: number }
  const disabledAtStart = outboundConfig.cfg.disabled

  const queue = require('outbound/queue') as QueueModule
  keepWhatIsBeingWritten(queue, names)
  nameOnlyWhatIsWritten(outbound)
  keepLinesWhole(logger, harakaVersion(require))
  readAgain((require('outbound/hmail') as { prototype: HMail }).prototype, (...why) => troubles.unread(...why))
  const folder = new FolderSync(queue.queue_dir, (error) => troubles.unsynced(error))
  const onDisk =
    (done: Queued): Queued =>
    (code, why) => {
      if (code === OK) void folder.done().then(() => done(code, why))
      else done(code, why)
    }
  const original: OpenConnection = pool.get_client.bind(pool)
  pool.get_client = function get_client(mx, callback) {
    const connector = mx[MARK] as Connector | undefined
    if (connector) connector.connect(mx, original, callback)
    else original(mx, callback)
  }
  return {
    HarakaMx: outbound.net_utils.HarakaMx,
    mark(mxs, connector) {
      for (const mx of mxs) mx[MARK] = connector
      return mxs
    },
    retryIntervals: () => outboundConfig.cfg.temp_fail_intervals,
    logsProtocol: () => logger.loglevel >= logger.LOGPROTOCOL,
    isHeldBack: (hmail, nowMs) => isHeldBack(hmail, nowMs, disabledAtStart),
    isTooOld(hmail, nowMs) {
      const seconds = outboundConfig.cfg.temp_fail_intervals.reduce((sum, interval) => sum + interval, 0)
      return nowMs - hmail.todo.queue_time > seconds * 1000
    },
    reoffer: (hmail) => hmail.send_email_respond(DELAY, REOFFER_SECONDS),
    writeTodo: (todo, output, done) => outbound.build_todo(todo, output, done),
    queueMessage: (from, to, message, done) => outbound.send_email(from, to, message, onDisk(done)),
    queueTransaction: (transaction, done) => outbound.send_trans_email(transaction, onDisk(done)),
    waits: () => outbound.temp_fail_queue.queue,
    temporaryPrefix: names.platformDOT,
  }
}

interface Outbound extends QueueFileWriter {
  readonly net_utils: { readonly HarakaMx: Seam['HarakaMx'] }
  readonly temp_fail_queue: { readonly queue: Wait[] }
  send_trans_email(transaction: unknown, next: Queued): void
  send_email(from: unknown, to: unknown, message: string, next: Queued): void
}

function harakaVersion(require: (path: string) => unknown): string {
  try {
    return (require('package.json') as { version: string }).version
  } catch {
    return 'unknown'
  }
}

/** Methods of hmail that are called, wrapped or relied on. */
const HMAIL_METHODS = [
  'get_mx',
  'get_mx_respond',
  'found_mx',
  'data_stream',
  'try_deliver',
  'try_deliver_host_on_socket',
  'get_force_tls',
  'split_to_new_recipients',
  'temp_fail',
  'bounce',
  'bounce_respond',
  'read_todo',
  'discard',
  'double_bounce',
  'delivered',
  'send_email_respond',
  'deferred_respond',
  'populate_bounce_message',
  'logprotocol',
]

function missingParts(require: (path: string) => unknown): string[] {
  const missing: string[] = []
  const need = (what: string, present: () => unknown): void => {
    let there = false
    try {
      there = Boolean(present())
    } catch {
      // A module that cannot be loaded is as missing as a function that is not there.
    }
    if (!there) missing.push(what)
  }
  need('outbound/client_pool.get_client(mx, callback)', () => {
    return (require('outbound/client_pool') as ClientPool).get_client.length === 2
  })
  need('outbound/client_pool.release_client(socket, mx)', () => {
    return (require('outbound/client_pool') as ClientPool).release_client.length === 2
  })
  const prototype = (): Record<string, unknown> =>
    (require('outbound/hmail') as { prototype: Record<string, unknown> }).prototype
  for (const method of HMAIL_METHODS) {
    need(`outbound/hmail.${method}`, () => typeof prototype()[method] === 'function')
  }
  need('outbound/hmail.try_deliver calling client_pool.get_client', () =>
    String(prototype()['try_deliver']).includes('client_pool.get_client('),
  )
  // What is sent ahead (PIPELINING) must be what hmail sends.
  need('outbound/hmail.try_deliver_host_on_socket sending RCPT as expected', () =>
    String(prototype()['try_deliver_host_on_socket']).includes('`TO:${last_recip.format(!smtp_properties.smtputf8)}`'),
  )
  need('outbound/hmail.try_deliver_host_on_socket leaving to a split item what becomes of it', () =>
    /split_to_new_recipients\(fail_recips, '[^']*', \(hmail\) => \{\s*self\.discard\(\)\s*hmail\.temp_fail\(/.test(
      String(prototype()['try_deliver_host_on_socket']),
    ),
  )
  need('outbound.temp_fail_queue.queue', () =>
    Array.isArray((require('outbound') as { temp_fail_queue: { queue: unknown } }).temp_fail_queue.queue),
  )
  for (const name of ['send_email', 'send_trans_email'])
    need(`outbound.${name}`, () => name in (require('outbound') as Outbound))
  need('outbound.net_utils.HarakaMx', () => (require('outbound') as Outbound).net_utils.HarakaMx)
  need('outbound.build_todo(todo, ws, write_more)', () => (require('outbound') as Outbound).build_todo.length === 3)
  need('outbound.process_delivery naming a queue file when its stream is closed', () =>
    /ws\.on\('close'.*\.rename\(.*this\.build_todo\(todo, ws, /s.test(
      String((require('outbound') as { process_delivery: unknown }).process_delivery),
    ),
  )
  need('logger.LOGPROTOCOL', () => (require('logger') as { LOGPROTOCOL: number }).LOGPROTOCOL)
  need('outbound/qfile.platformDOT', () => (require('outbound/qfile') as QueueFileNames).platformDOT)
  need('outbound/hmail.read_todo ending in temp_fail where it fails', () =>
    /catch \(err\) \{[\s\S]*this\.temp_fail\(errMsg\)\s*\}\s*\}$/.test(String(prototype()['read_todo'])),
  )
  need('outbound/queue.queue_dir', () => (require('outbound/queue') as QueueModule).queue_dir)
  need('outbound/queue.delete_dot_files', () => 'delete_dot_files' in (require('outbound/queue') as object))
  need('outbound/config.cfg.temp_fail_intervals', () =>
    Array.isArray((require('outbound/config') as { cfg: { temp_fail_intervals: unknown } }).cfg.temp_fail_intervals),
  )
  return missing
}
