/**
 * A sender's relay servers as Haraka describes exchangers, and which connections one can use.
 *
 * Haraka's constructor reads its configuration anew each time, so each server is described once per settings; a
 * delivery gets objects of its own that inherit from that, for Haraka and the mark to write on.
 */
import type { SenderSettings, TlsMode } from '../core/settings/settings.js'
import type { Seam } from './seam.js'
import type { HarakaMx } from './shapes.js'

const described = new WeakMap<SenderSettings, HarakaMx[]>()

export function relayServers(settings: SenderSettings, seam: Seam): HarakaMx[] {
  let servers = described.get(settings)
  if (!servers) {
    servers = settings.servers.map((server, priority) => describe(settings, { ...server, priority }, seam))
    described.set(settings, servers)
  }
  return servers.map((server) => Object.create(server) as HarakaMx)
}

/** Deliveries to exchangers of the same key may follow each other on one connection. */
export function linkKey(mx: HarakaMx, tls: TlsMode, forceTls: boolean): string {
  const { exchange, path, port, from_dns, bind, bind_helo, using_lmtp, auth_user, auth_pass } = mx
  const fields = [exchange, path, port, from_dns, bind, bind_helo, using_lmtp, auth_user, auth_pass, tls, forceTls]
  return fields.join('\0')
}

/** As it is named in the log. */
export function serverName(mx: HarakaMx): string {
  return mx.from_dns ?? mx.exchange ?? mx.path ?? ''
}

function describe(
  settings: SenderSettings,
  { host, port, priority }: { readonly host: string; readonly port: number; readonly priority: number },
  seam: Seam,
): HarakaMx {
  const mx = new seam.HarakaMx({ exchange: host, port, priority })
  if (settings.bind !== undefined) mx.bind = settings.bind
  if (settings.helo !== undefined) mx.bind_helo = settings.helo
  if (settings.auth) {
    const { user, pass, type } = settings.auth
    // Not enumerable: Haraka logs exchangers as JSON.
    Object.defineProperty(mx, 'auth_user', { value: user.reveal() })
    Object.defineProperty(mx, 'auth_pass', { value: pass.reveal() })
    if (type !== undefined) mx.auth_type = type
  }
  return mx
}
