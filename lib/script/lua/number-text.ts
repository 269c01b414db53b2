/**
 * Numbers as C's printf writes them: `%d %e %f %g %x` and the plain form that `print` and `..` use.
 *
 * Every Lua number here is a double, as in VPOP3. Whole numbers below 2^53 print all their digits, so that a size or
 * `os.time() * 1000` reads as the administrator expects; others as `%.14g`.
 */

/** As many as toFixed gives, and all that a number has which `%g` writes without an exponent. */
const MOST_DECIMALS = 100

/** `tostring(n)`. */
export function plainNumber(n: number): string {
  if (Number.isSafeInteger(n)) return String(n)
  return formatGeneral(n, 14, false)
}

/** 'inf', '-inf', 'nan', or undefined for a finite number. */
export function nonFinite(n: number): string | undefined {
  if (Number.isNaN(n)) return 'nan'
  if (n === Infinity) return 'inf'
  return n === -Infinity ? '-inf' : undefined
}

/** `%e`: the exponent has at least two digits. */
export function formatExponent(n: number, precision: number, alternate: boolean): string {
  const special = nonFinite(n)
  if (special !== undefined) return special
  const [rounded = '', exponent = ''] = n.toExponential(precision).split('e')
  const mantissa = isHalf(Math.abs(n), Number(exponent) - precision) ? toEven(rounded) : rounded
  const sign = Object.is(n, -0) ? '-' : ''
  return `${sign}${mantissa}${alternate && precision === 0 ? '.' : ''}e${twoDigits(exponent)}`
}

/** `%f`. JavaScript's toFixed gives up at 1e21; such numbers are whole. */
export function formatFixed(n: number, precision: number, alternate: boolean): string {
  const special = nonFinite(n)
  if (special !== undefined) return special
  const magnitude = Math.abs(n)
  const sign = n < 0 || Object.is(n, -0) ? '-' : ''
  const point = alternate && precision === 0 ? '.' : ''
  if (magnitude < 1e21) return sign + fixedDigits(magnitude, precision) + point
  return sign + BigInt(magnitude).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : point)
}

/** `%g`. */
export function formatGeneral(n: number, precision: number, alternate: boolean): string {
  const special = nonFinite(n)
  if (special !== undefined) return special
  const digits = precision === 0 ? 1 : precision
  const exponent = n === 0 ? 0 : Number(n.toExponential(digits - 1).split('e')[1])
  if (exponent < -4 || exponent >= digits) {
    const [mantissa = '', power = ''] = formatExponent(n, digits - 1, alternate).split('e')
    return `${alternate ? mantissa : withoutTrailingZeros(mantissa)}e${power}`
  }
  const fixed = formatFixed(n, digits - 1 - exponent, alternate)
  return alternate ? fixed : withoutTrailingZeros(fixed)
}

/** `%a`: C99 hexadecimal form, exact. */
export function formatHexFloat(n: number): string {
  const special = nonFinite(n)
  if (special !== undefined) return special
  const sign = n < 0 || Object.is(n, -0) ? '-' : ''
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, Math.abs(n))
  const bits = view.getBigUint64(0)
  const biased = Number(bits >> 52n)
  const fraction = (bits & 0xfffffffffffffn).toString(16).padStart(13, '0').replace(/0+$/, '')
  if (biased === 0 && fraction === '') return `${sign}0x0p+0`
  const exponent = biased === 0 ? -1022 : biased - 1023
  const point = fraction === '' ? '' : `.${fraction}`
  return `${sign}0x${biased === 0 ? 0 : 1}${point}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`
}

function fixedDigits(magnitude: number, precision: number): string {
  const rounded = magnitude.toFixed(Math.min(precision, MOST_DECIMALS))
  const zeros = '0'.repeat(Math.max(0, precision - MOST_DECIMALS))
  return (isHalf(magnitude, -precision) ? toEven(rounded) : rounded) + zeros
}

/**
 * Whether `magnitude`, counted in units of 10^exponent, ends in exactly one half. A fraction of k binary digits has k
 * decimal ones, the last of them a 5: it is a half where one binary digit more than the decimals is left.
 */
function isHalf(magnitude: number, exponent: number): boolean {
  if (exponent <= 0) return (magnitude * 2 ** (1 - exponent)) % 2 === 1
  if (!Number.isInteger(magnitude)) return false
  const unit = 10n ** BigInt(exponent)
  const twice = BigInt(magnitude) * 2n
  return twice % unit === 0n && (twice / unit) % 2n === 1n
}

/** JavaScript rounds an exact half up, C to the even neighbour: one less where the last digit has become odd. */
function toEven(rounded: string): string {
  const last = Number(rounded.at(-1))
  return last % 2 === 1 ? rounded.slice(0, -1) + String(last - 1) : rounded
}

function withoutTrailingZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function twoDigits(exponent: string): string {
  const sign = exponent.startsWith('-') ? '-' : '+'
  return sign + exponent.replace(/^[+-]/, '').padStart(2, '0')
}
