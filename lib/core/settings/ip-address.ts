/** IP addresses as text: the dotted form of IPv4, RFC 4291 section 2.2 for IPv6 (with an optional `%zone`). */

const OCTET = /^(?:0|[1-9]\d{0,2})$/
const GROUP = /^[\da-f]{1,4}$/i

export function isIPv4(text: string): boolean {
  const octets = text.split('.')
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)
}

/** How many 16-bit groups stand in one side of `::`; NaN when one is no group. An IPv4 tail counts two. */
function groupCount(side: string, mayEndInIPv4: boolean): number {
  if (side === '') return 0
  const groups = side.split(':')
  const last = groups.at(-1) ?? ''
  const tail = mayEndInIPv4 && last.includes('.') ? 1 : 0
  if (tail && !isIPv4(last)) return NaN
  return groups.slice(0, groups.length - tail).every((group) => GROUP.test(group)) ? groups.length + tail : NaN
}

export function isIPv6(text: string): boolean {
  const match = /^([\da-f:.]{2,45})(?:%[\w.-]{1,32})?$/i.exec(text)
  const sides = (match?.[1] ?? '').split('::')
  if (!match || sides.length > 2) return false
  const [left = '', right] = sides
  if (right === undefined) return groupCount(left, true) === 8
  return groupCount(left, false) + groupCount(right, true) < 8
}

export function isIP(text: string): boolean {
  return isIPv4(text) || isIPv6(text)
}
