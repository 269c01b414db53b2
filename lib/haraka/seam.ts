/**
 * The one place where the plugin reaches into Haraka: `outbound/client_pool.get_client`, which hmail calls through
 * the module object for every connection it wants.
 *
 * An exchanger that carries our mark goes to the mark's owner, any other to Haraka's own function. Before that the
 * shape of all that the plugin relies on is checked; when something is missing, `openSeam` throws, so that Haraka does
 * not start and no mail goes out around the script.
 */
import { relayoutError } from '../core/errors.js'
import type { ClientPool, GetClientCallback, HarakaMx, HarakaPlugin } from './shapes.js'

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
}

export function openSeam(plugin: HarakaPlugin): Seam {
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
  const outbound = require('outbound') as { net_utils: { HarakaMx: Seam['HarakaMx'] } }
  const outboundConfig = require('outbound/config') as { cfg: { temp_fail_intervals: number[] } }

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
  }
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
  'get_mx_respond',
  'found_mx',
  'try_deliver',
  'try_deliver_host_on_socket',
  'get_force_tls',
  'split_to_new_recipients',
  'temp_fail',
  'bounce',
  'discard',
  'delivered',
  'send_email_respond',
  'deferred_respond',
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
  need('outbound.net_utils.HarakaMx', () => (require('outbound') as { net_utils: Seam }).net_utils.HarakaMx)
  need('outbound/config.cfg.temp_fail_intervals', () =>
    Array.isArray((require('outbound/config') as { cfg: { temp_fail_intervals: unknown } }).cfg.temp_fail_intervals),
  )
  return missing
}
