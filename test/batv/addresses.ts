/**
 * Arbitrary addresses as RFC 5321 section 4.1.2 and RFC 6531 section 3.3 have them, up to their limits, as the text that
 * Haraka has of them.
 */
import fc from 'fast-check'

const oneOf = (characters: string): fc.Arbitrary<string> => fc.constantFrom(...characters.split(''))

const ATEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

const beyondAscii = fc.constantFrom('ü', 'é', 'ß', 'Ж', '日', '本', '🙂', '\u00a0')

const text = (unit: fc.Arbitrary<string>, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit, minLength, maxLength, size: 'max' })

const atom = text(fc.oneof({ weight: 9, arbitrary: oneOf(ATEXT) }, beyondAscii), 1, 20)

const dotAtom = fc.array(atom, { minLength: 1, maxLength: 4 }).map((atoms) => atoms.join('.'))

const quotable = fc.oneof(
  oneOf(`${ATEXT} @.,:;<>()[]`),
  oneOf(`${ATEXT} "\\@`).map((character) => `\\${character}`),
  beyondAscii,
)

const quotedString = text(quotable, 0, 40).map((content) => `"${content}"`)

const label = fc
  .tuple(oneOf(LETTERS), text(oneOf(`${LETTERS}-`), 0, 30), oneOf(LETTERS))
  .map((parts) => parts.join(''))
  // The third and fourth hyphen is kept for A-labels.
  .filter((name) => !/^..--/.test(name))

const international = fc.constantFrom('bücher', 'Straße', 'пример', '日本', 'xn--bcher-kva', 'XN--BCHER-KVA')

const domainName = fc
  .array(fc.oneof({ weight: 4, arbitrary: label }, international), { minLength: 1, maxLength: 8 })
  .map((labels) => [...labels, 'example'].join('.'))

const literal = fc.oneof(
  fc.ipV4().map((ip) => `[${ip}]`),
  fc.constantFrom('[IPv6:2001:db8::1]', '[IPv6:::FFFF:192.0.2.1]', '[x-tag:joe@example]'),
)

export const localPart: fc.Arbitrary<string> = fc.oneof({ weight: 3, arbitrary: dotAtom }, quotedString)

export const domain: fc.Arbitrary<string> = fc.oneof({ weight: 5, arbitrary: domainName }, literal)

const octets = (value: string): number => Buffer.byteLength(value)

/** A local part of up to 64 octets, all of up to 254; not tagged. */
export const address: fc.Arbitrary<string> = fc
  .tuple(localPart, domain)
  .filter(([local, name]) => octets(local) <= 64 && octets(local) + octets(name) < 254)
  .filter(([local]) => !/^"?prvs=/i.test(local))
  .map(([local, name]) => `${local}@${name}`)
