/**
 * Figures of two mail servers that emptied the same queue, from the same rounds.
 */
import type { Delivered } from './drain-once.js'
import { type Figure, figure, median } from './figure.js'
import { paired } from './in-turns.js'
import { type SummaryRow, withCommas } from './summary.js'

export interface Named<Measured = Delivered> {
  readonly name: string
  /** One of each round. */
  readonly drains: readonly Measured[]
}

const SINCE = {
  'first MAIL': ({ drainMs }: Delivered) => drainMs,
  'start of the process': ({ fromStartMs }: Delivered) => fromStartMs,
}

/** From when on the time counts, until the last message. */
export type Moment = keyof typeof SINCE

/** Messages per second, own ÷ base, counted from each moment of `since`. None where one of both was not measured. */
export function rates(own: Named, base: Named, since = Object.keys(SINCE) as Moment[]): Figure[] {
  if (own.drains.length === 0 || base.drains.length === 0) return []
  return since.map((moment) =>
    figure(
      rateName(own, base, moment),
      'higher',
      paired(own.drains, base.drains, (one, other) => perSecond(one, moment) / perSecond(other, moment)),
      [
        `${speed(own, moment)} against ${speed(base, moment)}`,
        `${peak(own)} connections at one time against ${peak(base)}, ${opened(own)} in all against ${opened(base)}`,
        ...[own, base].flatMap((one) =>
          attained(one).map((what) => `${one.name} had delivered ${what} when time was up`),
        ),
      ].join(', '),
    ),
  )
}

/** Those beside whom the plugin stands in a row of the summary: its columns. */
export interface Others {
  readonly harakaAlone?: Named
  readonly postfix?: Named
  readonly sinkLimit?: Named
}

const TO = { harakaAlone: 'Haraka alone', postfix: 'Postfix', sinkLimit: "the sink's limit" }

/** A row of the summary, from what `rates` makes of the same measurements. */
export function speedRow(what: string, since: Moment, own: Named, others: Others): SummaryRow {
  const measured = (Object.entries(others) as [keyof Others, Named][]).filter(([, { drains }]) => drains.length > 0)
  return {
    what: `${what}: messages/s from the ${since}`,
    ours: speed(own, since),
    ...Object.fromEntries(measured.map(([who, named]) => [who, [speed(named, since), ...attained(named)].join(', ')])),
    ratios: measured.map(([who, named]) => ({ to: TO[who], figure: rateName(own, named, since) })),
  }
}

function rateName(own: Named, base: Named, moment: Moment): string {
  return `${own.name} / ${base.name}: messages per second, ${moment} to last message`
}

/** A millisecond is the grain of the sink's clock. */
function perSecond(drain: Delivered, moment: Moment): number {
  return (drain.messages * 1000) / Math.max(1, SINCE[moment](drain))
}

/** The median, as it is shown. */
export function speed({ drains }: Named, moment: Moment): string {
  const middle = median(drains.map((drain) => perSecond(drain, moment)))
  return `${middle < 10 ? middle.toFixed(1) : withCommas(middle)}/s`
}

function peak({ drains }: Named): number {
  return Math.max(...drains.map(({ maxOpen }) => maxOpen))
}

function opened({ drains }: Named): number {
  return median(drains.map(({ connections }) => connections))
}

/** What was delivered when time was up; nothing where that was all, in every round. */
function attained({ drains }: Named): string[] {
  const cut = drains.filter(({ left }) => left > 0)
  const [one] = cut
  if (!one) return []
  const seconds = Math.round(median(cut.map(({ fromStartMs }) => fromStartMs)) / 1000)
  const delivered = withCommas(median(cut.map(({ messages }) => messages)))
  const rounds = cut.length === drains.length ? '' : ` in ${cut.length} of ${drains.length} rounds`
  return [`${delivered} of ${withCommas(one.messages + one.left)} in ${seconds} s${rounds}`]
}

/** A row of the summary where the plugin stands beside itself: `to` says in which state. */
export function ownSpeedRow(what: string, own: Named, base: Named, to: string): SummaryRow {
  const since: Moment = 'first MAIL'
  return {
    ...speedRow(what, since, own, {}),
    ratios: [{ to: `${to} (${speed(base, since)})`, figure: rateName(own, base, since) }],
  }
}
