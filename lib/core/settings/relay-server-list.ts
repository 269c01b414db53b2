/**
 * The key `host`: relay servers, comma separated, `host[:port]`, `[v6]:port` or a bare IPv6 address.
 *
 * Everything doubtful is refused: a relay server that is read wrongly sends mail the wrong way.
 */
import { isIPv4, isIPv6 } from './ip-address.js'
import type { Kind, Reading } from './key-spec.js'

/** A relay server as written: without a port where none was given. */
export interface WrittenServer {
  readonly host: string
  readonly port: number | undefined
}

const LABEL = /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/i

/** A host name as DNS takes it (RFC 1123, and the underscore), with or without the final dot. */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.')
  const allDigits = /^\d+$/.test(labels.at(-1) ?? '')
  return text.length <= 254 && !allDigits && labels.every((label) => LABEL.test(label))
}

/** What is wrong with a host without its port; undefined for nothing. */
function hostFault(host: string, bracketed: boolean): string | undefined {
  if (isIPv6(host)) return undefined
  if (bracketed || host.includes(':')) return `"${host}" is no IPv6 address`
  if (isIPv4(host) || isHostName(host)) return undefined
  if (host === '') return 'there is a port but no host'
  if (/[^\0-\x7f]/.test(host)) return `"${host}" has letters that are not ASCII; write its xn-- form`
  return /^[\d.]+$/.test(host) ? `"${host}" is no IPv4 address` : `"${host}" is no host name`
}

function readServer(item: string): Reading<WrittenServer> {
  const match = /^\[([^\]]*)\](?::(.*))?$/.exec(item) ?? /^([^:]*):([^:]*)$/.exec(item)
  const host = match?.[1] ?? item
  const portText = match?.[2]
  const why = hostFault(host, item.startsWith('['))
  if (why !== undefined) return { why }
  if (portText === undefined) return { value: { host, port: undefined } }
  const port = Number(portText)
  if (!/^\d{1,5}$/.test(portText) || port < 1 || port > 65535) {
    return { why: `"${portText}" is no port from 1 to 65535` }
  }
  return { value: { host, port } }
}

/** The relay servers of a comma separated list, in order. */
export function readServers(raw: unknown): Reading<readonly WrittenServer[]> {
  if (Array.isArray(raw)) return { why: 'there is no host[]: write one line, with commas' }
  if (typeof raw !== 'string') return { why: raw === undefined ? 'nothing is given' : 'this is no host name' }
  if (raw.trim() === '') return { why: 'nothing is given; leave the key out for delivery by MX' }
  const servers: WrittenServer[] = []
  for (const [index, item] of raw.split(',').entries()) {
    if (item.trim() === '') return { why: `element ${index + 1} of the list is empty` }
    const reading = readServer(item.trim())
    if ('why' in reading) return reading
    servers.push(reading.value)
  }
  return { value: servers }
}

/** `host:port`, an IPv6 address in brackets. */
export function formatServer({ host, port }: WrittenServer): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === undefined ? name : `${name}:${port}`
}

export const relayServers: Kind<readonly WrittenServer[]> = {
  accepted: 'a comma separated list of host[:port] or [IPv6]:port',
  defaultText: '',
  fallback: [],
  read: readServers,
  show: (servers) => servers.map(formatServer).join(', '),
}
