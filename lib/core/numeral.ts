/**
 * A numeral of a script, or a string used as a number, as Lua 5.3 has them, as a double: decimal and hexadecimal, with
 * fraction and exponent, white space around it allowed. undefined for anything else; `inf` and `nan` are no numerals.
 *
 * Each alternative can take a digit in one way only, so matching is linear.
 */

const DECIMAL = /^[ \t\n\v\f\r]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)[ \t\n\v\f\r]*$/
const HEXADECIMAL = /^[ \t\n\v\f\r]*([+-]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?(?:[pP]([+-]?\d+))?[ \t\n\v\f\r]*$/

export function parseNumber(text: string): number | undefined {
  const decimal = DECIMAL.exec(text)
  if (decimal !== null) return Number(decimal[1])
  const hexadecimal = HEXADECIMAL.exec(text)
  if (hexadecimal === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = hexadecimal
  if (whole === '' && fraction === '') return undefined
  let value = 0
  for (const digit of whole + fraction) value = value * 16 + Number.parseInt(digit, 16)
  value *= 2 ** (Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -value : value
}
