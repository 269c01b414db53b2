/**
 * Relay servers that refuse tagged return paths: for a day each is sent untagged ones (`[batv] fallback`). Kept in
 * memory, for each process: a restart costs one refused MAIL.
 */
import type { Clock } from '../core/clock.js'

export const UNTAGGED_HOURS = 24
const UNTAGGED_MS = UNTAGGED_HOURS * 60 * 60 * 1000

/** A sender without relay servers of its own meets many; the oldest are forgotten. */
const MOST_SERVERS = 10_000

export class UntaggedServers {
  readonly #clock: Clock
  readonly #untilMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(server: string, port: number | undefined): boolean {
    if (this.#untilMs.size === 0) return false
    const key = keyOf(server, port)
    const until = this.#untilMs.get(key)
    if (until === undefined || this.#clock.monotonicMs() < until) return until !== undefined
    this.#untilMs.delete(key)
    return false
  }

  add(server: string, port: number | undefined): void {
    const key = keyOf(server, port)
    this.#untilMs.delete(key)
    this.#untilMs.set(key, this.#clock.monotonicMs() + UNTAGGED_MS)
    const [oldest] = this.#untilMs.keys()
    if (this.#untilMs.size > MOST_SERVERS && oldest !== undefined) this.#untilMs.delete(oldest)
  }

  delete(server: string, port: number | undefined): void {
    this.#untilMs.delete(keyOf(server, port))
  }
}

function keyOf(server: string, port: number | undefined): string {
  return `${server.toLowerCase()}:${port ?? ''}`
}
