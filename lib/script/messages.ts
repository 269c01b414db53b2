/**
 * What the two threads say to each other, as fields of a message (wire.ts): requests go in, answers and events come
 * out. One message holds any number of them, in order. Every request carries the call's number, which its answer has.
 */
import type { RawActions, RawValue } from '../core/decision.js'
import type {
  CheckFileAnswer,
  ConnectionGlobals,
  MessageFacts,
  MessageFile,
  ReturnPathFacts,
  ScriptFailure,
  ScriptSource,
  ServerFacts,
  SessionGlobals,
  SessionStart,
  TlsWish,
} from './port.js'
import type { FieldReader, FieldWriter } from './wire.js'

/** First field of a request. */
export const REQUEST = {
  check: 'K',
  open: 'O',
  checkFile: 'F',
  returnCode: 'R',
  connected: 'S',
  returnPath: 'P',
  server: 'D',
  close: 'C',
} as const
/** Whether a request goes before those that are not urgent. A message holds requests of one kind, which its first tells. */
export function isUrgent(request: string): boolean {
  return request !== REQUEST.checkFile && request !== REQUEST.check && request !== REQUEST.close
}

/** First field of what comes back. */
export const REPLY = { print: 'p', warning: 'w', value: 'v', failure: 'f' } as const

/** The script of a call, which goes before the message with that call: megabytes are dear as a part of a string. */
export interface SourceMessage {
  readonly call: number
  readonly bytes: Uint8Array
}

/** All but the script itself. */
export function writeSource(to: FieldWriter, source: ScriptSource, globals: SessionGlobals): void {
  to.text(source.name)
  to.number(globals.senderId).text(globals.senderName).flag(globals.useBatv)
  writeConnection(to, globals)
}

export function readSource(from: FieldReader, bytes: Uint8Array): { source: ScriptSource; globals: SessionGlobals } {
  const source = { name: from.text(), bytes, version: '' }
  const own = { senderId: from.number(), senderName: from.text(), useBatv: from.flag() }
  return { source, globals: { ...own, ...readConnection(from) } }
}

export function writeConnection(to: FieldWriter, globals: ConnectionGlobals): void {
  to.flag(globals.verifyCertificate)
  to.number(globals.maxMessagesPerConnection)
  to.number(globals.maxRecipientsPerConnection)
  to.number(globals.maxRecipientsPerMessage)
}

export function readConnection(from: FieldReader): ConnectionGlobals {
  return {
    verifyCertificate: from.flag(),
    maxMessagesPerConnection: from.number(),
    maxRecipientsPerConnection: from.number(),
    maxRecipientsPerMessage: from.number(),
  }
}

function writeFile(to: FieldWriter, { filename, dataStart, size }: MessageFile): void {
  to.text(filename).number(dataStart).number(size)
}

function readFile(from: FieldReader): MessageFile {
  return { filename: from.text(), dataStart: from.number(), size: from.number() }
}

function writeTexts(to: FieldWriter, texts: readonly string[]): void {
  to.number(texts.length)
  for (const text of texts) to.text(text)
}

function readTexts(from: FieldReader): string[] {
  return Array.from({ length: from.number() }, () => from.text())
}

export function writeFacts(to: FieldWriter, facts: MessageFacts): void {
  writeFile(to, facts)
  to.text(facts.creationTime).text(facts.returnPath)
  to.number(facts.retries).text(facts.lastTryTime)
  writeTexts(to, facts.recipients)
}

export function readFacts(from: FieldReader): MessageFacts {
  return {
    ...readFile(from),
    creationTime: from.text(),
    returnPath: from.text(),
    retries: from.number(),
    lastTryTime: from.text(),
    recipients: readTexts(from),
  }
}

export function writeReturnPathFacts(to: FieldWriter, facts: ReturnPathFacts): void {
  writeFile(to, facts)
  to.text(facts.computed).text(facts.returnPath).text(facts.original)
  to.text(facts.authSender).text(facts.creationTime).text(facts.senderIp)
  writeTexts(to, facts.recipients)
  writeTexts(to, facts.allRecipients)
}

export function readReturnPathFacts(from: FieldReader): ReturnPathFacts {
  return {
    ...readFile(from),
    computed: from.text(),
    returnPath: from.text(),
    original: from.text(),
    authSender: from.text(),
    creationTime: from.text(),
    senderIp: from.text(),
    recipients: readTexts(from),
    allRecipients: readTexts(from),
  }
}

export function writeServerFacts(to: FieldWriter, facts: ServerFacts): void {
  writeFile(to, facts)
  to.text(facts.authSender).text(facts.returnPath).text(facts.server).text(facts.domain)
  writeTls(to, facts.tls)
}

export function readServerFacts(from: FieldReader): ServerFacts {
  const file = readFile(from)
  const [authSender, returnPath, server, domain] = [from.text(), from.text(), from.text(), from.text()]
  return { ...file, authSender, returnPath, server, domain, tls: readTls(from) }
}

export function writeTls(to: FieldWriter, { tryTls, forceTls }: TlsWish): void {
  to.flag(tryTls).flag(forceTls)
}

export function readTls(from: FieldReader): TlsWish {
  return { tryTls: from.flag(), forceTls: from.flag() }
}

/** A text, or none. */
export function writeOptional(to: FieldWriter, text: string | undefined): void {
  to.flag(text !== undefined).text(text ?? '')
}

export function readOptional(from: FieldReader): string | undefined {
  const [given, text] = [from.flag(), from.text()]
  return given ? text : undefined
}

export function writeFailure(to: FieldWriter, failure: ScriptFailure): void {
  to.text(failure.kind).text(failure.message).text(failure.file)
  to.number(failure.line ?? 0)
    .text(failure.function)
    .text(failure.traceback)
}

export function readFailure(from: FieldReader): ScriptFailure {
  const kind = from.text() as ScriptFailure['kind']
  const [message, file, line] = [from.text(), from.text(), from.number()]
  return { kind, message, file, ...(line > 0 ? { line } : {}), function: from.text(), traceback: from.text() }
}

export function writeStart(to: FieldWriter, { topLevel, start, globals, useBatv }: SessionStart): void {
  for (const failure of [topLevel, start]) {
    to.flag(failure !== undefined)
    if (failure !== undefined) writeFailure(to, failure)
  }
  writeConnection(to, globals)
  to.flag(useBatv)
}

export function readStart(from: FieldReader): SessionStart {
  const topLevel = from.flag() ? { topLevel: readFailure(from) } : {}
  const start = from.flag() ? { start: readFailure(from) } : {}
  return { ...topLevel, ...start, globals: readConnection(from), useBatv: from.flag() }
}

export function writeDecision(to: FieldWriter, { returned, useBatv, actions }: CheckFileAnswer): void {
  to.flag(returned).flag(useBatv)
  to.text(rawText(actions.SkipSend)).text(rawText(actions.Reason)).text(rawText(actions.Priority))
  to.text(rawText(actions.RetryAfter)).text(rawText(actions.ForceLastTry))
}

export function readDecision(from: FieldReader): CheckFileAnswer {
  const [returned, useBatv] = [from.flag(), from.flag()]
  const actions: RawActions = {
    SkipSend: rawValue(from.text()),
    Reason: rawValue(from.text()),
    Priority: rawValue(from.text()),
    RetryAfter: rawValue(from.text()),
    ForceLastTry: rawValue(from.text()),
  }
  return { returned, actions, useBatv }
}

/** A raw value as one field: a letter for the type and what follows from it. */
function rawText(value: RawValue): string {
  switch (typeof value) {
    case 'string':
      return `s${value}`
    case 'number':
      return `n${value}`
    case 'boolean':
      return value ? 't' : 'f'
    case 'object':
      return `o${value.luaType}`
    default:
      return 'u'
  }
}

function rawValue(text: string): RawValue {
  const rest = text.slice(1)
  switch (text.charAt(0)) {
    case 's':
      return rest
    case 'n':
      return Number(rest)
    case 't':
      return true
    case 'f':
      return false
    case 'o':
      return { luaType: rest }
    default:
      return undefined
  }
}
