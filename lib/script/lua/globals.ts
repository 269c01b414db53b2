/**
 * The globals that the script and the mail server share (contract 4): their first values, the read-only ones, and what
 * the others mean when they are read back.
 *
 * A read-only global ignores every assignment, `rawset` included, with one remark per name. A limit that is no number
 * keeps the last good value, with one remark per name. Nothing here fails.
 */
import { parseNumber } from '../../core/numeral.js'
import type { ConnectionGlobals, SessionGlobals } from '../port.js'
import { LIMITS, READ_ONLY } from '../shared-globals.js'
import { TYPE } from './fengari-overrides.js'
import type { GuardedTable } from './fengari-overrides.js'
import type { LuaState, Table, TValue } from './fengari-types.js'
import { position } from './position.js'
import { append, boolean, isNumber, isString, keyOf, nil, number, string, textOf, typeName } from './values.js'

type Limit = (typeof LIMITS)[number]

export class SharedGlobals {
  readonly #table: Table
  readonly #warn: (message: string) => void
  readonly #lastGood: Record<Limit, number>
  readonly #refused = new Set<Limit>()

  constructor(table: Table, first: SessionGlobals, warn: (message: string) => void) {
    this.#table = table
    this.#warn = warn
    this.#lastGood = {
      MaxMessagesPerConnection: first.maxMessagesPerConnection,
      MaxRecipientsPerConnection: first.maxRecipientsPerConnection,
      MaxRecipientsPerMessage: first.maxRecipientsPerMessage,
    }
    this.#define('senderid', number(first.senderId))
    this.#define('sendername', string(first.senderName))
    this.#define('ConnectedServer', string(''))
    this.#define('UseBATV', boolean(first.useBatv))
    this.#define('VerifyCertificate', boolean(first.verifyCertificate))
    for (const limit of LIMITS) this.#define(limit, number(this.#lastGood[limit]))
    this.#protect()
  }

  set connectedServer(server: string) {
    this.get('ConnectedServer').setfrom(string(server))
  }

  get useBatv(): boolean {
    return isTrue(this.get('UseBATV'))
  }

  connection(): ConnectionGlobals {
    return {
      verifyCertificate: isTrue(this.get('VerifyCertificate')),
      maxMessagesPerConnection: this.#limit('MaxMessagesPerConnection'),
      maxRecipientsPerConnection: this.#limit('MaxRecipientsPerConnection'),
      maxRecipientsPerMessage: this.#limit('MaxRecipientsPerMessage'),
    }
  }

  /** A global's value as it stands, metatables left aside. */
  get(name: string): TValue {
    return this.#table.strong.get(keyOf(name))?.value ?? nil()
  }

  #define(name: string, value: TValue): void {
    append(this.#table, keyOf(name), string(name), value)
  }

  #protect(): void {
    const readOnly = new Set<string>(READ_ONLY)
    const reported = new Set<string>()
    const refuses = (L: LuaState, key: TValue): boolean => {
      if (!isString(key)) return false
      const name = textOf(key)
      if (!readOnly.has(name)) return false
      if (!reported.has(name)) {
        reported.add(name)
        const at = position(L)
        const where = at === undefined ? '' : `${at.chunk}:${at.line}: `
        this.#warn(`${where}assignment to ${name} is ignored: it is read only`)
      }
      return true
    }
    ;(this.#table as GuardedTable).refuses = refuses
  }

  #limit(name: Limit): number {
    const value = this.get(name)
    const found = value.type === TYPE.nil ? 0 : isNumber(value) ? (value.value as number) : numericString(value)
    if (found === undefined || Number.isNaN(found) || found < 0) {
      const kept = this.#lastGood[name]
      const what = found === undefined ? `a ${typeName(value)}` : String(found)
      if (!this.#refused.has(name)) this.#warn(`${name} is ${what}, not a number of 0 or more: ${kept} stays in force`)
      this.#refused.add(name)
      return kept
    }
    // What is more than nothing must not become no limit.
    this.#lastGood[name] = found > 0 && Number.isFinite(found) ? Math.max(1, Math.floor(found)) : 0
    return this.#lastGood[name]
  }
}

function numericString(value: TValue): number | undefined {
  return isString(value) ? parseNumber(textOf(value)) : undefined
}

/** nil, false, 0, '' and '0' are false. */
export function isTrue(value: TValue): boolean {
  if (isString(value)) return !['', '0'].includes(textOf(value))
  return value.value !== null && value.value !== false && value.value !== 0
}
