/**
 * string.format as Lua 5.3 and C have it, on byte strings: padding counts bytes, 8-bit text and zeros pass, `%e`, `%g`,
 * inf and nan look as in C, `%d` takes any whole number a double holds. fengari's own goes through JavaScript text.
 */
import { argument, returnText, wholeNumber } from './arguments.js'
import { fromBytes } from './byte-string.js'
import { auxiliary, lua, watch } from './fengari-overrides.js'
import type { LuaState } from './fengari-types.js'
import { formatExponent, formatFixed, formatGeneral, formatHexFloat, nonFinite, plainNumber } from './number-text.js'

const ITEM = /%(?:%|([-+ #0]*)(\d*)(?:\.(\d*))?([^]))/g
const CONVERSIONS = 'cdiouxXaAeEfFgGqs'
/** Each `%%` takes much more memory than its two bytes while the format is read. */
const LONGEST_FORMAT = 1024 * 1024
/** Likewise for each character that `%q` escapes. */
const QUOTED_AT_ONCE = 64 * 1024

interface Item {
  readonly flags: string
  readonly width: number
  /** undefined: none given. */
  readonly precision: number | undefined
  readonly conversion: string
}

export function stringFormat(L: LuaState): number {
  const format = argument.text(L, 1)
  const count = lua.lua_gettop(L)
  if (format.length > LONGEST_FORMAT) fault(L, 'invalid format (too long)')
  let arg = 1
  let size = 0
  const text = format.replace(ITEM, (whole: string, ...found: (string | undefined)[]) => {
    if (whole === '%%') return '%'
    const item = itemOf(L, found)
    arg++
    if (arg > count) argument.refuse(L, arg, 'no value')
    const made = formatItem(L, arg, item)
    size += made.length
    if (size > watch.longestString) throw new RangeError('resulting string too large')
    return made
  })
  if (format.replaceAll('%%', '').endsWith('%')) fault(L, "invalid conversion '%' to 'format'")
  return returnText(L, text)
}

function itemOf(L: LuaState, [flags = '', width = '', precision, conversion = '']: (string | undefined)[]): Item {
  if (flags.length > 5) fault(L, 'invalid format (repeated flags)')
  if (width.length > 2 || (precision ?? '').length > 2) fault(L, 'invalid format (width or precision too long)')
  if (!CONVERSIONS.includes(conversion)) fault(L, `invalid option '%${conversion}' to 'format'`)
  return { flags, width: Number(width), precision: precision === undefined ? undefined : Number(precision), conversion }
}

function fault(L: LuaState, message: string): never {
  auxiliary.luaL_where(L, 1)
  const where = fromBytes(lua.lua_tolstring(L, -1) ?? new Uint8Array(0))
  returnText(L, where + message)
  lua.lua_error(L)
  throw new Error(message)
}

function formatItem(L: LuaState, arg: number, item: Item): string {
  switch (item.conversion) {
    case 'c':
      return pad(String.fromCharCode(argument.integer(L, arg) & 0xff), item, false)
    case 'q':
      return quoted(L, arg)
    case 's':
      return formatString(shown(L, arg), item)
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      return formatInteger(wholeNumber(L, arg), item)
    default:
      return formatFloat(argument.number(L, arg), item)
  }
}

/** As `tostring` shows it. */
function shown(L: LuaState, arg: number): string {
  const text = fromBytes(auxiliary.luaL_tolstring(L, arg))
  lua.lua_pop(L, 1)
  return text
}

function formatString(text: string, item: Item): string {
  return pad(item.precision === undefined ? text : text.slice(0, item.precision), item, false)
}

function formatInteger(n: number, item: Item): string {
  const { conversion, flags } = item
  const signed = conversion === 'd' || conversion === 'i'
  const magnitude = signed || n >= 0 ? Math.abs(n) : BigInt.asUintN(64, BigInt(n))
  const radix = conversion === 'o' ? 8 : conversion.toLowerCase() === 'x' ? 16 : 10
  let digits = (magnitude < 2 ** 53 ? magnitude : BigInt(magnitude)).toString(radix).padStart(item.precision ?? 1, '0')
  if (item.precision === 0 && n === 0) digits = ''
  let prefix = signed ? signOf(n < 0, flags) : ''
  if (flags.includes('#') && radix === 16 && n !== 0) prefix = '0x'
  if (flags.includes('#') && radix === 8 && !digits.startsWith('0')) prefix = '0'
  const text = pad(prefix + digits, item, item.precision === undefined, prefix.length)
  return conversion === 'X' ? text.toUpperCase() : text
}

function formatFloat(n: number, item: Item): string {
  const magnitude = n < 0 || Object.is(n, -0) ? -n : n
  const prefix = signOf(magnitude !== n || Object.is(n, -0), item.flags)
  const text = pad(prefix + floatDigits(magnitude, item), item, nonFinite(n) === undefined, prefix.length)
  return /[AEFG]/.test(item.conversion) ? text.toUpperCase() : text
}

function floatDigits(magnitude: number, { conversion, precision = 6, flags }: Item): string {
  const alternate = flags.includes('#')
  switch (conversion.toLowerCase()) {
    case 'e':
      return formatExponent(magnitude, precision, alternate)
    case 'f':
      return formatFixed(magnitude, precision, alternate)
    case 'g':
      return formatGeneral(magnitude, precision, alternate)
    default:
      return formatHexFloat(magnitude)
  }
}

function signOf(negative: boolean, flags: string): string {
  if (negative) return '-'
  if (flags.includes('+')) return '+'
  return flags.includes(' ') ? ' ' : ''
}

/** `zeros`: the `0` flag counts; it pads after the sign or `0x`, `prefix` characters. */
function pad(text: string, { flags, width }: Item, zeros: boolean, prefix = 0): string {
  if (text.length >= width) return text
  if (flags.includes('-')) return text.padEnd(width)
  if (zeros && flags.includes('0')) return text.slice(0, prefix) + text.slice(prefix).padStart(width - prefix, '0')
  return text.padStart(width)
}

/** `%q`: a form that the Lua reader reads back as the same value. */
function quoted(L: LuaState, arg: number): string {
  const type = fromBytes(lua.lua_typename(L, lua.lua_type(L, arg)))
  if (type === 'string') return quotedString(argument.text(L, arg))
  if (type === 'number') {
    const n = lua.lua_tonumber(L, arg)
    if (Number.isNaN(n)) return '(0/0)'
    if (!Number.isFinite(n)) return n > 0 ? '1e9999' : '-1e9999'
    return Number.isSafeInteger(n) ? plainNumber(n) : formatHexFloat(n)
  }
  if (type === 'nil' || type === 'boolean') return shown(L, arg)
  argument.refuse(L, arg, 'value has no literal form')
  return ''
}

function quotedString(text: string): string {
  let inner = ''
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + QUOTED_AT_ONCE, text.length)
    // A digit is looked at together with the character before it.
    while (end < text.length && /\d/.test(text.charAt(end))) end++
    inner += quotedPart(text.slice(start, end))
    if (inner.length > watch.longestString) throw new RangeError('resulting string too large')
    start = end
  }
  return `"${inner}"`
}

function quotedPart(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replace(/["\\\n]|[\0-\x1f\x7f](\d?)/g, (found: string, digit: string | undefined) => {
    if (digit === undefined) return `\\${found}`
    const code = String(found.charCodeAt(0))
    return `\\${digit === '' ? code : code.padStart(3, '0')}${digit}`
  })
}

/** string.char; fengari's own fails on its way to say which value is out of range. */
export function stringChar(L: LuaState): number {
  const codes: number[] = []
  for (let at = 1; at <= lua.lua_gettop(L); at++) {
    const code = argument.integer(L, at)
    if (code < 0 || code > 0xff) argument.refuse(L, at, 'value out of range')
    codes.push(code)
  }
  return returnText(L, Buffer.from(codes).toString('latin1'))
}

/** string.rep, with a bound on what it makes. */
export function stringRep(L: LuaState): number {
  const text = argument.text(L, 1)
  const times = argument.integer(L, 2)
  const separator = argument.optionalText(L, 3) ?? ''
  if (times <= 0) return returnText(L, '')
  if ((text.length + separator.length) * times > watch.longestString) throw new RangeError('resulting string too large')
  const whole = separator === '' ? text.repeat(times) : (text + separator).repeat(times - 1) + text
  return returnText(L, whole)
}
