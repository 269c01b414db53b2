/**
 * Which of a sender's relay servers can be reached, as far as its deliveries found out.
 *
 * One that could not be reached is tried after the others for a while. When none can be, the sender rests: its messages
 * wait, and none of them has a failed attempt for it (circuit-breaker.ts). Connections that are open go on carrying
 * messages meanwhile.
 */
import { CircuitBreaker } from '../core/circuit-breaker.js'
import type { Clock } from '../core/clock.js'
import type { SenderSettings } from '../core/settings/settings.js'
import type { EventLog } from './event-log.js'
import type { RelayLinks } from './relay-links.js'
import { serverName } from './relay-servers.js'
import type { HarakaMx } from './shapes.js'

/** How long a relay server that could not be reached comes last, ms. */
const COMES_LAST_MS = 60_000

export interface RelayHealthOptions {
  readonly clock: Clock
  readonly log: EventLog
  readonly links: RelayLinks
  readonly sender: () => SenderSettings
  /** Another number of deliveries may be under way. */
  readonly changed: () => void
}

export class RelayHealth {
  readonly #options: RelayHealthOptions
  readonly #breaker: CircuitBreaker
  /** By name and port, until when. */
  readonly #comesLast = new Map<string, number>()

  constructor(options: RelayHealthOptions) {
    this.#options = options
    this.#breaker = new CircuitBreaker(options.clock, () => options.changed())
  }

  /** How many deliveries may be under way, of `most`. */
  slots(most: number): number {
    const { state } = this.#breaker
    if (state === 'closed') return most
    return Math.min(most, this.#options.links.answering + (state === 'probing' ? 1 : 0))
  }

  /** Those with a connection that rests first, those that could not be reached last; else as they are. */
  inOrder(servers: readonly HarakaMx[], key: (mx: HarakaMx) => string): HarakaMx[] {
    if (servers.length < 2) return [...servers]
    const now = this.#options.clock.monotonicMs()
    const place = (mx: HarakaMx): number => {
      if (this.#options.links.has(key(mx))) return 0
      return (this.#comesLast.get(addressOf(mx)) ?? now) > now ? 2 : 1
    }
    return [...servers].sort((a, b) => place(a) - place(b))
  }

  failed(mx: HarakaMx): void {
    this.#comesLast.set(addressOf(mx), this.#options.clock.monotonicMs() + COMES_LAST_MS)
  }

  answered(mx: HarakaMx): void {
    const { log, sender } = this.#options
    this.#comesLast.delete(addressOf(mx))
    const restedMs = this.#breaker.answered()
    if (restedMs === undefined) return
    log.event('notice', 'rest', {
      event: 'end',
      sender: sender().name,
      server: serverName(mx),
      lasted: Math.round(restedMs / 1000),
    })
    this.#options.changed()
  }

  /** None of the sender's relay servers could be reached. */
  allFailed(why: string): void {
    const rest = this.#breaker.failed()
    if (!rest) return
    const { log, sender } = this.#options
    const { name, servers } = sender()
    log.event(rest.first ? 'warn' : 'debug', 'rest', {
      event: 'begin',
      sender: name,
      servers: servers.map(({ host, port }) => `${host}:${port}`).join(','),
      retry: rest.restMs / 1000,
      why,
    })
  }

  /** The settings changed: all relay servers are as good as new. */
  forget(): void {
    this.#comesLast.clear()
    this.#breaker.close()
  }
}

function addressOf(mx: HarakaMx): string {
  return `${mx.exchange}:${mx.port}`
}
