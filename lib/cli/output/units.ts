/** Amounts as people read them. */

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB']

/** `12.3 kB`; powers of 1000. */
export function size(bytes: number): string {
  let amount = bytes
  let unit = 0
  while (amount >= 999.5 && unit < SIZES.length - 1) {
    amount /= 1000
    unit++
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${SIZES[unit] ?? ''}`
}

/** Of the two largest units: `2d 3h`, `15m`, `40s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first < 0) return '0s'
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ')
}

const two = (n: number): string => String(n).padStart(2, '0')

/** `2026-11-23 07:15:02`, local time. */
export function moment(ms: number): string {
  const date = new Date(ms)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `1 message`, `2 messages`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString('en-US')} ${amount === 1 ? one : many}`
}

/** `<address>`, as SMTP has it. */
export function path(address: string): string {
  return `<${address}>`
}
