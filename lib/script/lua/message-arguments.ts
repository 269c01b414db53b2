/**
 * CheckFile's arguments, by position (contract 4). The three tables are filled when the script touches them; the queue
 * file is opened once, when it touches HeaderData or HeaderLines.
 */
import type { MessageFacts } from '../port.js'
import type { LuaState, TValue } from './fengari-types.js'
import { readHeader } from './header.js'
import type { Header } from './header.js'
import { LazyArray, LazyCaselessTable } from './lazy-table.js'
import { copyOf, number, string, table } from './values.js'

export function messageArguments(L: LuaState, facts: MessageFacts, actions: TValue): TValue[] {
  let read: Header | undefined
  const header = (): Header => (read ??= readHeader(facts.filename, facts.dataStart))
  return [
    string(facts.filename),
    copyOf(actions),
    number(facts.size),
    string(facts.creationTime),
    string(facts.returnPath),
    table(new LazyArray(L, () => facts.recipients)),
    table(new LazyCaselessTable(L, () => header().fields)),
    table(new LazyArray(L, () => header().lines)),
    number(facts.retries),
    string(facts.lastTryTime),
  ]
}
