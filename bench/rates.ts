/**
 * Figures of two mail servers that emptied the same queue, from the same rounds.
 */
import type { Delivered } from './drain-once.js'
import { type Figure, figure, median } from './figure.js'
import { paired } from './in-turns.js'

export interface Named<Measured = Delivered> {
  readonly name: string
  readonly drains: readonly Measured[]
}

const SINCE = {
  'first MAIL': ({ drainMs }: Delivered) => drainMs,
  'start of the process': ({ fromStartMs }: Delivered) => fromStartMs,
}

/** Messages per second, own ÷ base, counted from each moment of `since`. */
export function rates(own: Named, base: Named, since = Object.keys(SINCE) as (keyof typeof SINCE)[]): Figure[] {
  return since.map((moment) => {
    const perSecond = (drain: Delivered): number => (drain.messages * 1000) / SINCE[moment](drain)
    const middle = ({ drains }: Named): number => Math.round(median(drains.map(perSecond)))
    return figure(
      `${own.name} / ${base.name}: messages per second, ${moment} to last message`,
      'higher',
      paired(own.drains, base.drains, (one, other) => perSecond(one) / perSecond(other)),
      [
        `${middle(own)}/s against ${middle(base)}/s`,
        `${peak(own)} connections at one time against ${peak(base)}, ${opened(own)} in all against ${opened(base)}`,
        ...[own, base].flatMap(cutOff),
      ].join(', '),
    )
  })
}

function peak({ drains }: Named): number {
  return Math.max(...drains.map(({ maxOpen }) => maxOpen))
}

function opened({ drains }: Named): number {
  return median(drains.map(({ connections }) => connections))
}

function cutOff({ name, drains }: Named): string[] {
  const [one] = drains.filter(({ left }) => left > 0)
  if (!one) return []
  const seconds = Math.round(one.fromStartMs / 1000)
  return [`${name} had delivered ${one.messages} of ${one.messages + one.left} when time was up after ${seconds} s`]
}
