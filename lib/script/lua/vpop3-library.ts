/**
 * `VPOP3`, the part of that server's library that makes sense here: HMAC and the hexadecimal forms. Any other name of
 * it can be looked up, and says when it is called that it is not available.
 */
import { createHmac, getHashes } from 'node:crypto'
import { argument, returnText, ScriptFault } from './arguments.js'
import type { Natives } from './arguments.js'
import { watch } from './fengari-overrides.js'

let hashes: Map<string, string> | undefined

/** Any case, with or without the dash of `SHA-256`. */
function hashNamed(name: string): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', '')
  hashes ??= new Map(getHashes().map((known) => [plain(known), known]))
  return hashes.get(plain(name))
}

export const vpop3Library: Natives = {
  HMAC: (L) => {
    const [name, key, data] = [argument.text(L, 1), argument.text(L, 2), argument.text(L, 3)]
    const algorithm = hashNamed(name)
    if (algorithm === undefined) throw new ScriptFault(`VPOP3.HMAC knows no algorithm '${name}'`)
    const hmac = createHmac(algorithm, Buffer.from(key, 'latin1')).update(data, 'latin1')
    return returnText(L, hmac.digest().toString('latin1'))
  },
  HexString: (L) => {
    const text = argument.text(L, 1)
    if (text.length * 2 > watch.longestString) throw new RangeError('resulting string too large')
    return returnText(L, Buffer.from(text, 'latin1').toString('hex'))
  },
  UnHexString: (L) => {
    const hex = argument.text(L, 1)
    if (hex.length % 2 !== 0 || /[^\da-f]/i.test(hex)) {
      throw new ScriptFault('VPOP3.UnHexString takes an even number of hexadecimal digits')
    }
    return returnText(L, Buffer.from(hex, 'hex').toString('latin1'))
  },
}
