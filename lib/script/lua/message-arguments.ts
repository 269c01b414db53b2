/**
 * The arguments of the callbacks that are told of a message, by position (contract 4 and 7). Their tables are filled
 * when the script touches them; the queue file is opened once, when it touches one that holds the header.
 */
import type { MessageFacts, MessageFile, ReturnPathFacts, ServerFacts } from '../port.js'
import { internals } from './fengari-overrides.js'
import type { LuaState, Table, TValue } from './fengari-types.js'
import { readHeader } from './header.js'
import type { Header } from './header.js'
import { LazyArray, LazyArrayAndNames, LazyCaselessTable } from './lazy-table.js'
import { append, copyOf, keyOf, number, string, table } from './values.js'

/** Of ModifyReturnPath: it is read for a script that takes it, and for no other. */
const SUBJECT_ARGUMENT = 10

export function messageArguments(L: LuaState, facts: MessageFacts, actions: TValue): TValue[] {
  const header = headerOf(facts)
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

/** `f`: ModifyReturnPath itself. Throws a HeaderUnreadable when it takes the subject. */
export function returnPathArguments(L: LuaState, facts: ReturnPathFacts, f: TValue): TValue[] {
  const header = headerOf(facts)
  return [
    string(facts.computed),
    string(facts.returnPath),
    string(facts.original),
    string(facts.authSender),
    table(new LazyArray(L, () => facts.recipients)),
    string(facts.creationTime),
    table(
      new LazyArrayAndNames(
        L,
        () => header().lines,
        () => header().fields,
      ),
    ),
    number(facts.size),
    string(facts.senderIp),
    string(takes(f, SUBJECT_ARGUMENT) ? subjectOf(header()) : ''),
    table(new LazyArray(L, () => facts.allRecipients)),
  ]
}

export function serverArguments(
  L: LuaState,
  facts: ServerFacts,
  sender: { readonly senderId: number; readonly senderName: string },
  actions: TValue,
): TValue[] {
  const header = headerOf(facts)
  const parameters = named(L, {
    authsender: string(facts.authSender),
    originator: string(facts.returnPath),
    server: string(facts.server),
    domain: string(facts.domain),
    length: number(facts.size),
    connection: string(sender.senderName),
    connid: number(sender.senderId),
    // The reference page of that script spells it so.
    connnid: number(sender.senderId),
  })
  return [table(parameters), table(new LazyArray(L, () => header().lines)), copyOf(actions)]
}

/** A table of these entries. */
export function named(L: LuaState, values: Readonly<Record<string, TValue>>): Table {
  const made = new internals.Table(L)
  for (const [name, value] of Object.entries(values)) append(made, keyOf(name), string(name), value)
  return made
}

function headerOf({ filename, dataStart }: MessageFile): () => Header {
  let read: Header | undefined
  return () => (read ??= readHeader(filename, dataStart))
}

function subjectOf({ fields }: Header): string {
  return fields.find(([name]) => name.toLowerCase() === 'subject')?.[1] ?? ''
}

/** Whether the function has an argument at that place. */
function takes(f: TValue, place: number): boolean {
  const { p } = f.value as { p?: { readonly numparams: number; readonly is_vararg: boolean } }
  return p === undefined || p.is_vararg || p.numparams >= place
}
