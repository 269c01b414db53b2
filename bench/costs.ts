/**
 * What a message costs one mail server, by what it costs another, from the same rounds.
 */
import type { Drain } from './drain-once.js'
import { type Figure, figure, median } from './figure.js'
import { paired } from './in-turns.js'
import type { Named } from './rates.js'

export function costs(own: Named<Drain>, base: Named<Drain>): Figure[] {
  const of = (what: string, ms: (drain: Drain) => number): Figure => {
    const perMessage = (drain: Drain): number => ms(drain) / drain.messages
    const [its, others] = [own, base].map(({ drains }) => median(drains.map(perMessage)).toFixed(2))
    return figure(
      `${own.name} / ${base.name}: ${what} per message`,
      'lower',
      paired(own.drains, base.drains, (one, other) => perMessage(one) / perMessage(other)),
      `${its} ms against ${others} ms`,
    )
  }
  return [
    of('main thread active', ({ activeMs }) => activeMs),
    of('processor time of the main thread', ({ mainCpuMs }) => mainCpuMs),
    of('processor time of the process', ({ processCpuMs }) => processCpuMs),
  ]
}
