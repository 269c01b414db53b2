/**
 * What a message costs one mail server, by what it costs another, from the same rounds.
 */
import type { Drain } from './drain-once.js'
import { type Figure, figure, median } from './figure.js'
import { paired } from './in-turns.js'
import type { Named } from './rates.js'
import type { SummaryRow } from './summary.js'

const COSTS = {
  'main thread active': ({ activeMs }: Drain) => activeMs,
  'processor time of the main thread': ({ mainCpuMs }: Drain) => mainCpuMs,
  'processor time of the process': ({ processCpuMs }: Drain) => processCpuMs,
}

type Cost = keyof typeof COSTS

const SUMMARISED: Cost = 'processor time of the main thread'

export function costs(own: Named<Drain>, base: Named<Drain>, which = Object.keys(COSTS) as Cost[]): Figure[] {
  return which.map((what) =>
    figure(
      costName(own, base, what),
      'lower',
      paired(own.drains, base.drains, (one, other) => perMessage(one, what) / perMessage(other, what)),
      `${each(own, what)} against ${each(base, what)}`,
    ),
  )
}

/** The main thread's processor time alone. */
export function mainThreadCost(own: Named<Drain>, base: Named<Drain>): Figure {
  return costs(own, base, [SUMMARISED])[0]!
}

/** A row of the summary, from what `costs` makes of the same measurements. `to`: what `base` is. */
export function costRow(what: string, own: Named<Drain>, base: Named<Drain>, to: string): SummaryRow {
  return {
    what: `${what}: ${SUMMARISED} for a message`,
    ours: each(own, SUMMARISED),
    ...(to === 'Haraka alone' && { harakaAlone: each(base, SUMMARISED) }),
    ratios: [{ to, figure: costName(own, base, SUMMARISED) }],
  }
}

function costName(own: Named<Drain>, base: Named<Drain>, what: Cost): string {
  return `${own.name} / ${base.name}: ${what} per message`
}

function perMessage(drain: Drain, what: Cost): number {
  return COSTS[what](drain) / drain.messages
}

function each({ drains }: Named<Drain>, what: Cost): string {
  return `${median(drains.map((drain) => perMessage(drain, what))).toFixed(2)} ms`
}
