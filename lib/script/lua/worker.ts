/**
 * The script thread: carries out requests one after the other, the urgent ones first, otherwise in order.
 *
 * Answers leave in small groups: one message for each call would cost both threads more than the calls themselves, one
 * for a whole batch would keep the main thread idle meanwhile. What a thread that is terminated had not yet sent is
 * asked again elsewhere.
 */
import os from 'node:os'
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import {
  isUrgent,
  readFacts,
  readReturnPathFacts,
  readServerFacts,
  readSource,
  REPLY,
  REQUEST,
  writeConnection,
  writeDecision,
  writeFailure,
  writeOptional,
  writeStart,
  writeTls,
} from '../messages.js'
import type { SourceMessage } from '../messages.js'
import type { ScriptFailure } from '../port.js'
import { monotonicMs, Progress } from '../progress.js'
import type { WorkerSettings } from '../worker-link.js'
import { ScriptClock } from '../script-clock.js'
import { FieldReader, FieldWriter } from '../wire.js'
import { CallLimits } from './call-limits.js'
import { LuaSession } from './lua-session.js'
import type { Answer, SessionHost } from './lua-session.js'

const ANSWERS_PER_MESSAGE = 8
/** At work for longer than this, the thread lets go of what it has and looks for what has come. */
const LOOK_EVERY_MS = 2
/** Where the processors do not suffice the mail server goes first. */
const NICENESS = 5

const settings = workerData as WorkerSettings
const port: MessagePort = settings.port
const limits = new CallLimits(settings.timeoutMs, settings.memoryMb, new Progress(settings.progress))
const clock = new ScriptClock(settings.clock)
const sessions = new Map<number, LuaSession>()
/** By the calls that they came for. */
const scripts = new Map<number, Uint8Array>()
const out = new FieldWriter()
let answers = 0

function flush(): void {
  if (!out.empty) port.postMessage(out.take())
  answers = 0
}

function host(session: number): SessionHost {
  return {
    limits,
    now: () => clock.now(),
    print: (line) => void out.text(REPLY.print).number(session).text(line),
    warning: (message) => void out.text(REPLY.warning).number(session).text(message),
  }
}

function fail(call: number, mask: number, failure: ScriptFailure): void {
  writeFailure(out.text(REPLY.failure).number(call).number(mask), failure)
}

function scriptOf(call: number): Uint8Array {
  const bytes = scripts.get(call)
  if (bytes === undefined) throw new Error('a session or check without a script')
  scripts.delete(call)
  return bytes
}

function begin(call: number, from: FieldReader): void {
  const id = from.number()
  const skipStart = from.flag()
  const { source, globals } = readSource(from, scriptOf(call))
  const session = new LuaSession(source, globals, skipStart, host(id))
  sessions.set(id, session)
  const start = session.begin()
  writeStart(out.text(REPLY.value).number(call).number(session.mask), start)
}

function check(call: number, from: FieldReader): void {
  const { source, globals } = readSource(from, scriptOf(call))
  const failure = LuaSession.check(source, globals, host(0))
  if (failure !== undefined) fail(call, 0, failure)
  else out.text(REPLY.value).number(call).number(0)
}

function callback(call: number, request: string, from: FieldReader): void {
  const session = sessions.get(from.number())
  if (session === undefined) throw new Error('a call of a session that is not open')
  const write = answerWriter(request, session, from)
  const head = 'failure' in write ? undefined : write.value
  if ('failure' in write) fail(call, session.mask, write.failure)
  else {
    out.text(REPLY.value).number(call).number(session.mask)
    head?.()
  }
}

/** Runs the callback; the value is what writes the rest of the answer. */
function answerWriter(request: string, session: LuaSession, from: FieldReader): Answer<() => void> {
  switch (request) {
    case REQUEST.checkFile:
      return mapped(session.checkFile(readFacts(from)), (answer) => writeDecision(out, answer))
    case REQUEST.returnCode:
      return mapped(session.returnCode(from.text(), from.text(), from.text(), from.text()), (reply) =>
        writeOptional(out, reply),
      )
    case REQUEST.returnPath:
      return mapped(session.modifyReturnPath(readReturnPathFacts(from)), (address) => writeOptional(out, address))
    case REQUEST.server:
      return mapped(session.serverDetails(readServerFacts(from)), (tls) => writeTls(out, tls))
    default:
      return mapped(session.serverConnected(from.text()), (globals) => writeConnection(out, globals))
  }
}

function mapped<Value>(answer: Answer<Value>, write: (value: Value) => void): Answer<() => void> {
  return 'failure' in answer ? answer : { value: () => write(answer.value) }
}

function carryOut(from: FieldReader): void {
  const request = from.text()
  if (request === REQUEST.close) {
    sessions.delete(from.number())
    return
  }
  const call = from.number()
  limits.call = call
  if (request === REQUEST.open) begin(call, from)
  else if (request === REQUEST.check) check(call, from)
  else callback(call, request, from)
  if (++answers >= ANSWERS_PER_MESSAGE) flush()
}

const urgent: FieldReader[] = []
const others: FieldReader[] = []

function takeIn(message: string | SourceMessage): void {
  if (typeof message !== 'string') {
    scripts.set(message.call, message.bytes)
    return
  }
  const from = new FieldReader(message)
  if (isUrgent(from.peek())) urgent.push(from)
  else others.push(from)
}

function work(): void {
  let looked = monotonicMs()
  for (let queue = next(); queue !== undefined; queue = next()) {
    const [from] = queue as [FieldReader]
    carryOut(from)
    if (from.done) queue.shift()
    const now = monotonicMs()
    if (now - looked < LOOK_EVERY_MS) continue
    looked = now
    flush()
    for (let came = received(); came !== undefined; came = received()) takeIn(came)
  }
  flush()
}

function next(): FieldReader[] | undefined {
  if (urgent.length > 0) return urgent
  return others.length > 0 ? others : undefined
}

function received(): string | SourceMessage | undefined {
  return (receiveMessageOnPort(port) as { message: string | SourceMessage } | undefined)?.message
}

// On Linux this is the thread's own; elsewhere it would be the whole process's.
if (process.platform === 'linux') os.setPriority(0, NICENESS)
port.on('message', (message: string | SourceMessage) => {
  takeIn(message)
  work()
})
