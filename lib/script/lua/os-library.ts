/**
 * The five functions of `os` that a script has: date, time, clock, difftime and getenv('TZ'). fengari's own are wrong
 * for UTC, past 2038, for `%j` and `isdst`; these follow Lua 5.3's manual, and 5.2 in what they take.
 */
import { parseNumber } from '../../core/numeral.js'
import { ONE_VARIABLE } from '../removed-functions.js'
import { argument, returnNumber, returnText, ScriptFault } from './arguments.js'
import type { Natives } from './arguments.js'
import { toBytes } from './byte-string.js'
import { strftime, unknownConversion } from './date-format.js'
import { lua, TYPE } from './fengari-overrides.js'
import type { LuaState } from './fengari-types.js'
import { momentOf, momentOfFields } from './moment.js'
import type { Moment } from './moment.js'
import { isNumber, isString, textOf } from './values.js'

const LONGEST_FORMAT = 64 * 1024

/** `now`: milliseconds since the epoch. */
export function osLibrary(now: () => number): Natives {
  const seconds = (): number => Math.floor(now() / 1000)
  return {
    clock: (L) => {
      const { user, system } = process.cpuUsage()
      return returnNumber(L, (user + system) / 1e6)
    },
    date: (L) => date(L, seconds),
    difftime: (L) => returnNumber(L, argument.number(L, 1) - (argument.missing(L, 2) ? 0 : argument.number(L, 2))),
    getenv: (L) => {
      const name = argument.text(L, 1)
      if (name !== 'TZ') throw new ScriptFault(`os.getenv('${name}') is not available in a script: ${ONE_VARIABLE}`)
      const zone = process.env['TZ']
      if (zone !== undefined) return returnText(L, zone)
      lua.lua_pushnil(L)
      return 1
    },
    time: (L) => (argument.missing(L, 1) ? returnNumber(L, seconds()) : timeOfTable(L)),
  }
}

function date(L: LuaState, seconds: () => number): number {
  const given = argument.optionalText(L, 1) ?? '%c'
  if (given.length > LONGEST_FORMAT) return argument.refuse(L, 1, 'format too long')
  const utc = given.startsWith('!')
  const format = utc ? given.slice(1) : given
  const at = momentOf(argument.missing(L, 2) ? seconds() : Math.trunc(argument.number(L, 2)), utc)
  if (at === undefined) return argument.refuse(L, 2, 'time out-of-bounds')
  if (format.startsWith('*t')) {
    lua.lua_createtable(L, 0, 9)
    setFields(L, at)
    return 1
  }
  const unknown = unknownConversion(format)
  if (unknown !== undefined) return argument.refuse(L, 1, `invalid conversion specifier '${unknown}'`)
  return returnText(L, strftime(format, at))
}

function setFields(L: LuaState, at: Moment): void {
  const { second: sec, minute: min, hour, day, month, year, yearDay: yday } = at
  for (const [name, value] of Object.entries({ sec, min, hour, day, month, year, wday: at.weekday + 1, yday })) {
    lua.lua_pushnumber(L, value)
    lua.lua_setfield(L, -2, toBytes(name))
  }
  lua.lua_pushboolean(L, at.daylightSaving)
  lua.lua_setfield(L, -2, toBytes('isdst'))
}

/**
 * Fields out of their ranges count on, as mktime has it: day 32 is the first of the next month. The table stays as it
 * is, as in Lua 5.2, where scripts go through the days of a month with one table; 5.3 writes the right fields into it.
 */
function timeOfTable(L: LuaState): number {
  argument.table(L, 1)
  lua.lua_settop(L, 1)
  const at = momentOfFields({
    year: field(L, 'year'),
    month: field(L, 'month'),
    day: field(L, 'day'),
    hour: field(L, 'hour', 12),
    minute: field(L, 'min', 0),
    second: field(L, 'sec', 0),
    daylightSaving: daylightSaving(L),
  })
  if (at === undefined) {
    throw new ScriptFault('time result cannot be represented in this installation')
  }
  return returnNumber(L, at.epochSeconds)
}

/** A number, or a string that is one, its fraction cut off as in Lua 5.2: fields come from patterns and divisions. */
function field(L: LuaState, name: string, fallback?: number): number {
  const type = lua.lua_getfield(L, -1, toBytes(name))
  const value = type === TYPE.nil ? fallback : asNumber(L)
  lua.lua_pop(L, 1)
  if (value === undefined) throw new ScriptFault(`field '${name}' missing in date table`)
  if (!Number.isFinite(value)) throw new ScriptFault(`field '${name}' is not an integer`)
  return Math.trunc(value)
}

/** The value on top of the stack; NaN if it is no number. */
function asNumber(L: LuaState): number {
  const value = L.stack[L.top - 1]
  if (value === undefined) return Number.NaN
  if (isNumber(value)) return value.value as number
  return isString(value) ? (parseNumber(textOf(value)) ?? Number.NaN) : Number.NaN
}

function daylightSaving(L: LuaState): boolean | undefined {
  const type = lua.lua_getfield(L, -1, toBytes('isdst'))
  const value = type === TYPE.nil ? undefined : lua.lua_toboolean(L, -1)
  lua.lua_pop(L, 1)
  return value
}
