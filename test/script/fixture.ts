/** A script port for one `describe`, sessions of it with what they printed, and messages in files of their own. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ScriptError } from '../../lib/script/port.js'
import type {
  CheckFileAnswer,
  MessageFacts,
  ScriptFailure,
  ScriptPort,
  ScriptSession,
  ScriptSource,
  SessionGlobals,
} from '../../lib/script/port.js'
import { ScriptClock } from '../../lib/script/script-clock.js'
import { createScriptPort } from '../../lib/script/thread-port.js'
import type { ScriptPortOptions } from '../../lib/script/thread-port.js'

export const GLOBALS: SessionGlobals = {
  senderId: 0,
  senderName: 'default',
  useBatv: false,
  verifyCertificate: true,
  maxMessagesPerConnection: 100,
  maxRecipientsPerConnection: 0,
  maxRecipientsPerMessage: 100,
}

/** A byte string as a script file. */
export function source(text: string): ScriptSource {
  return { name: 'relayout.lua', bytes: Buffer.from(text, 'latin1'), version: 'test' }
}

export interface Opened {
  readonly session: ScriptSession
  readonly printed: string[]
  readonly warnings: string[]
}

/** Mocha's hooks for a port that lives as long as the `describe` it is called in. */
/** `atMs`: what the scripts' clock says when the port is made, which may be long after a test file was loaded. */
export function usePort({ atMs, ...options }: Partial<ScriptPortOptions> & { readonly atMs?: number } = {}): {
  readonly port: () => ScriptPort
  readonly open: (script: string, globals?: Partial<SessionGlobals>) => Opened
  /** What `print` says in the main chunk: one line per call. */
  readonly prints: (script: string) => Promise<string[]>
} {
  let port: ScriptPort | undefined
  before(() => {
    const clock = new ScriptClock()
    if (atMs !== undefined) clock.set(atMs)
    port = createScriptPort({ timeoutMs: 1000, memoryMb: 64, clock, ...options })
  })
  after(async () => {
    await port?.close()
  })
  const open = (script: string, globals: Partial<SessionGlobals> = {}): Opened => {
    const printed: string[] = []
    const warnings: string[] = []
    const events = {
      print: (line: string) => void printed.push(line),
      warning: (message: string) => void warnings.push(message),
    }
    return { session: port!.open(source(script), { ...GLOBALS, ...globals }, events), printed, warnings }
  }
  return {
    port: () => port!,
    open,
    prints: async (script) => {
      const { session, printed } = open(script)
      const { topLevel } = await session.started
      session.close()
      return topLevel === undefined ? printed : [...printed, topLevel.message]
    },
  }
}

export const FACTS: MessageFacts = {
  filename: '/nowhere/queue-file',
  dataStart: 0,
  size: 1000,
  creationTime: '20260102030405',
  returnPath: 'sender@example.com',
  recipients: ['one@example.net', 'two@example.org'],
  retries: 0,
  lastTryTime: '',
}

/** Runs CheckFile once in a session of its own. */
export async function checkOnce(
  open: (script: string) => Opened,
  script: string,
  facts: Partial<MessageFacts> = {},
): Promise<CheckFileAnswer & { printed: string[] }> {
  const { session, printed } = open(script)
  const answer = await session.checkFile({ ...FACTS, ...facts })
  session.close()
  return { ...answer, printed }
}

/** The failure that a call rejects with. */
export async function failureOf(call: Promise<unknown>): Promise<ScriptFailure> {
  try {
    await call
  } catch (error) {
    if (error instanceof ScriptError) return error.failure
    throw error
  }
  throw new Error('the call has not failed')
}

/** Messages in files that go away with the `describe`: a byte string in, facts for CheckFile out. */
export function useFiles(): (
  message: string,
  before?: string,
) => Pick<MessageFacts, 'filename' | 'dataStart' | 'size'> {
  let folder = ''
  let files = 0
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-script-'))
  })
  after(() => fs.rmSync(folder, { recursive: true }))
  return (message, head = '') => {
    const filename = path.join(folder, String(++files))
    fs.writeFileSync(filename, Buffer.from(head + message, 'latin1'))
    return { filename, dataStart: head.length, size: message.length }
  }
}
