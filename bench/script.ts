/**
 * The script engine: calls per second through the port, as a share of the same script on bare fengari in one thread,
 * and how long the main thread is busy for one call. 50 calls are in flight, or one.
 *
 * Bare fengari gets fresh tables through its C API, from headers that are in memory; the port reads them from a file.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import type { MessageFacts, SessionGlobals } from '../lib/script/port.js'
import { createScriptPort } from '../lib/script/thread-port.js'
import { type Figure, figure, median } from './figure.js'
import type { Part } from './part.js'
import { type SummaryRow, withCommas } from './summary.js'
import { temporaryFolder } from './temporary-folder.js'

const ROUND_MS = 400
const IN_FLIGHT = 50
const HEADERS = 20

const NAMES = Array.from({ length: HEADERS }, (_, at) => `X-Header-${at}`)
const SCRIPT = `
local names = {${NAMES.map((name) => `'${name}'`).join(', ')}}
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData)
  local found = 0
  for i = 1, #names do
    if HeaderData[names[i]] == 'value of this header' then found = found + 1 end
  end
  if Size > 5000000 then Actions.Priority = 1 end
  Actions.Reason = 'found ' .. found
  return Actions
end
function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  if LastCommand:sub(1, 4) == 'RCPT' and FullResponse:sub(1, 3) == '450' then
    return '550' .. FullResponse:sub(4)
  end
end`

export const SESSION_GLOBALS: SessionGlobals = {
  senderId: 0,
  senderName: 'bench',
  useBatv: false,
  verifyCertificate: false,
  maxMessagesPerConnection: 100,
  maxRecipientsPerConnection: 0,
  maxRecipientsPerMessage: 100,
}
const COMMAND = 'RCPT TO:<someone@example.com>'
const REPLY = '450 4.2.1 mailbox busy'

export const script: Part = {
  about:
    'Calls of a script through the plugin, in its own thread and with its limits, against the same script on the bare ' +
    'engine in one thread without any.',
  secondsARound: 4,
  async run({ rounds, progress }) {
    progress('calls of the script')
    const compared = await all(rounds)
    return { figures: compared.map(({ figure }) => figure), summary: compared.map(({ row }) => row) }
  },
}

interface Compared {
  readonly figure: Figure
  readonly row: SummaryRow
}

async function all(rounds: number): Promise<Compared[]> {
  const folder = temporaryFolder('script')
  const filename = path.join(folder, 'message')
  const header = NAMES.map((name) => `${name}: value of this header\r\n`).join('')
  fs.writeFileSync(filename, `${header}\r\nbody\r\n`)
  const facts: MessageFacts = {
    filename,
    dataStart: 0,
    size: fs.statSync(filename).size,
    creationTime: '20260102030405',
    returnPath: 'sender@example.com',
    recipients: ['one@example.com', 'two@example.com'],
    retries: 0,
    lastTryTime: '',
  }
  const port = createScriptPort({ timeoutMs: 1000, memoryMb: 64 })
  try {
    const source = { name: 'relayout.lua', bytes: Buffer.from(SCRIPT), version: '' }
    const session = port.open(source, SESSION_GLOBALS, { print: () => undefined, warning: () => undefined })
    await session.started
    const bare = bareEngine(facts)
    const checkFile = () => session.checkFile(facts)
    const returnCode = () => session.returnCode(COMMAND, REPLY, REPLY, 'smtp.example.net')
    const readsHeaders = 'CheckFile that reads 20 headers'
    const first = await compare(readsHeaders, IN_FLIGHT, rounds, checkFile, bare.checkFile)
    return [
      { ...first, figure: { ...first.figure, goal: '≥ 0.5' } },
      await compare(readsHeaders, 1, rounds, checkFile, bare.checkFile),
      await compare('ReturnCodeHandler', IN_FLIGHT, rounds, returnCode, bare.returnCode),
      await compare('ReturnCodeHandler', 1, rounds, returnCode, bare.returnCode),
    ]
  } finally {
    await port.close()
  }
}

async function compare(
  name: string,
  inFlight: number,
  wanted: number,
  call: () => Promise<unknown>,
  bare: () => void,
): Promise<Compared> {
  const rounds: { alone: number; through: number; busyUs: number }[] = []
  for (let round = 0; round <= wanted; round++) {
    const alone = callsPerSecond(bare)
    const before = performance.eventLoopUtilization()
    const through = await callsInFlight(inFlight, call)
    const { active } = performance.eventLoopUtilization(before)
    // The first round only warms up.
    if (round > 0) rounds.push({ alone, through: through.perSecond, busyUs: (active * 1000) / through.calls })
  }
  const middle = (of: (round: (typeof rounds)[number]) => number): number => median(rounds.map(of))
  const perSecond = middle(({ through }) => through)
  const one = figure(
    `${name}, ${inFlight} in flight: calls per second, port / bare engine`,
    'higher',
    rounds.map(({ through, alone }) => through / alone),
    [
      `${Math.round(perSecond)}/s through the port`,
      `${Math.round(middle(({ alone }) => alone))}/s bare`,
      inFlight === 1
        ? `the way there and back adds ${middle(({ through, alone }) => 1000 / through - 1000 / alone).toFixed(2)} ms`
        : `main thread busy ${middle(({ busyUs }) => busyUs).toFixed(1)} us per call`,
    ].join(', '),
  )
  return {
    figure: one,
    row: {
      what: `${name}, ${inFlight} in flight: calls per second`,
      ours: `${withCommas(perSecond)}/s`,
      ratios: [{ to: 'the bare engine in one thread', figure: one.name }],
      brief: inFlight > 1,
    },
  }
}

function callsPerSecond(call: () => void): number {
  const start = performance.now()
  let calls = 0
  while (performance.now() - start < ROUND_MS) {
    for (let i = 0; i < 20; i++) call()
    calls += 20
  }
  return (calls * 1000) / (performance.now() - start)
}

async function callsInFlight(
  inFlight: number,
  call: () => Promise<unknown>,
): Promise<{ perSecond: number; calls: number }> {
  const start = performance.now()
  let calls = 0
  const lane = async (): Promise<void> => {
    while (performance.now() - start < ROUND_MS) {
      await call()
      calls++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return { perSecond: (calls * 1000) / (performance.now() - start), calls }
}

/** fengari as its documentation shows it. */
function bareEngine(facts: MessageFacts): { checkFile: () => void; returnCode: () => void } {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the package has no types
  type Fengari = Record<string, Record<string, (...args: any[]) => any> & ((text: string) => Uint8Array)>
  const { lua, lauxlib, lualib, to_luastring: bytes } = createRequire(__filename)('fengari') as Required<Fengari>
  const L: unknown = lauxlib!['luaL_newstate']!()
  lualib!['luaL_openlibs']!(L)
  const field = (name: string, value: string): void => {
    lua!['lua_pushliteral']!(L, value)
    lua!['lua_setfield']!(L, -2, bytes!(name))
  }
  const array = (values: readonly string[]): void => {
    lua!['lua_createtable']!(L, values.length, 0)
    for (const [at, value] of values.entries()) {
      lua!['lua_pushliteral']!(L, value)
      lua!['lua_rawseti']!(L, -2, at + 1)
    }
  }
  if (lauxlib!['luaL_dostring']!(L, bytes!(SCRIPT)) !== 0) throw new Error('the script does not load')
  return {
    checkFile: () => {
      lua!['lua_getglobal']!(L, bytes!('CheckFile'))
      lua!['lua_pushliteral']!(L, facts.filename)
      lua!['lua_createtable']!(L, 0, 3)
      lua!['lua_pushboolean']!(L, false)
      lua!['lua_setfield']!(L, -2, bytes!('SkipSend'))
      field('Reason', '')
      lua!['lua_pushinteger']!(L, 50)
      lua!['lua_setfield']!(L, -2, bytes!('Priority'))
      lua!['lua_pushinteger']!(L, facts.size)
      lua!['lua_pushliteral']!(L, facts.creationTime)
      lua!['lua_pushliteral']!(L, facts.returnPath)
      array(facts.recipients)
      lua!['lua_createtable']!(L, 0, HEADERS)
      for (const name of NAMES) field(name, 'value of this header')
      array(NAMES.map((name) => `${name}: value of this header`))
      if (lua!['lua_pcall']!(L, 8, 1, 0) !== 0) throw new Error('CheckFile has failed')
      lua!['lua_getfield']!(L, -1, bytes!('SkipSend'))
      lua!['lua_getfield']!(L, -2, bytes!('Reason'))
      lua!['lua_getfield']!(L, -3, bytes!('Priority'))
      lua!['lua_settop']!(L, 0)
    },
    returnCode: () => {
      lua!['lua_getglobal']!(L, bytes!('ReturnCodeHandler'))
      for (const text of [COMMAND, REPLY, REPLY]) lua!['lua_pushliteral']!(L, text)
      if (lua!['lua_pcall']!(L, 3, 1, 0) !== 0) throw new Error('ReturnCodeHandler has failed')
      lua!['lua_tojsstring']!(L, -1)
      lua!['lua_settop']!(L, 0)
    },
  }
}
