/**
 * `& | ~ << >>` on doubles, with the meaning of Lua 5.3: 64-bit two's complement, shifts are logical.
 *
 * A number that is not whole, or does not fit into 64 bits, has no bits: undefined, and the caller raises Lua's own
 * error. Results above 2^53 lose low bits, as every double does.
 */

export type BitOperator = 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'not'

export function bitOperation(operator: BitOperator, a: number, b: number): number | undefined {
  if ((a | 0) === a && (b | 0) === b) {
    if (operator === 'and') return a & b
    if (operator === 'or') return a | b
    if (operator === 'xor') return a ^ b
    if (operator === 'not') return ~a
  }
  const left = bits(a)
  const right = bits(b)
  if (left === undefined || right === undefined) return undefined
  return Number(BigInt.asIntN(64, wide(operator, left, right)))
}

function bits(n: number): bigint | undefined {
  if (!Number.isInteger(n) || n >= 2 ** 64 || n < -(2 ** 63)) return undefined
  return BigInt.asUintN(64, BigInt(n))
}

function wide(operator: BitOperator, a: bigint, b: bigint): bigint {
  switch (operator) {
    case 'and':
      return a & b
    case 'or':
      return a | b
    case 'xor':
      return a ^ b
    case 'not':
      return ~a
    case 'shl':
      return shiftLeft(a, BigInt.asIntN(64, b))
    case 'shr':
      return shiftLeft(a, -BigInt.asIntN(64, b))
  }
}

function shiftLeft(a: bigint, by: bigint): bigint {
  if (by >= 64n || by <= -64n) return 0n
  return by >= 0n ? a << by : a >> -by
}
