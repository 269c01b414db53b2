/** Numerals of a script: Lua's own, which the Actions table shares. */
export { parseNumber } from '../../core/numeral.js'
