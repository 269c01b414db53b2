/** The plugin in a real Haraka and `relayout try` are asked about the same thousand queue files. */
import assert from 'node:assert/strict'

import { readQueueFile } from '../../lib/cli/messages/queue-file.js'
import { neutralise } from '../../lib/core/log-line.js'
import { until } from '../support/haraka-instance.js'
import { type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'
import { relayoutJson } from './support/relayout.js'
import { type WrittenQueue, writeQueue } from './support/written-queue.js'

const MESSAGES = 1_000

/** What its header asks for, each sender does. */
const SCRIPT = `
local function wanted(HeaderData, name)
  return HeaderData["X-" .. sendername .. "-" .. name] or HeaderData["X-" .. name]
end

local VALUES = { ["nil"] = false, ["true"] = true, ["table"] = {}, ["inf"] = math.huge, ["nan"] = 0 / 0 }
local function value(text)
  if text == nil then return nil end
  local known = VALUES[text]
  if known == false then return nil end
  if known ~= nil then return known end
  return text
end

function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData, HeaderLines, Retries)
  local does = wanted(HeaderData, "Does")
  if does == "fail" then error("as told by " .. sendername) end
  if does == "string" then return "a string" end
  if does == "nothing" then Actions.Priority = 33 return end
  if does == "new" then return { Priority = 66, Reason = "new " .. #Recipients } end
  Actions.SkipSend = value(wanted(HeaderData, "Skip"))
  Actions.Priority = value(wanted(HeaderData, "Priority")) or 1 + Size % 100
  Actions.RetryAfter = value(wanted(HeaderData, "Retry"))
  Actions.Reason = (wanted(HeaderData, "Reason") or "") .. "\\1 " .. #HeaderLines .. ReturnPath
  Actions.ForceLastTry = value(wanted(HeaderData, "Last"))
  return Actions
end
`

const SETTINGS = (host: string) => `
[main]
on_script_error = hold
skip_retry = 1h

[sender.news]
host = ${host}
filter[] = From: *@news.example.com
filter[] = !big.example.net

[sender.small]
host = ${host}
filter[] = Attempt: Size<600
filter[] = Skip: All

[sender.rest]
host = ${host}
filter[] = !From: nobody@example.com
`

/** Everything else in this Haraka goes to the relay server, too. */
const ROUTE = (port: number) =>
  `exports.hook_get_mx = (next) => next(OK, { exchange: '127.0.0.1', port: ${port}, priority: 0 })`

/** The same numbers in every run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function generated(seed: number) {
  const next = numbers(seed)
  const one = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T
  return Array.from({ length: MESSAGES }, (_, i) => {
    const header = (['news-', 'small-', 'rest-', ''] as const).flatMap((sender) => {
      const field = (name: string, values: readonly string[]) =>
        next() < 0.3 ? [`X-${sender}${name}: ${one(values)}`] : []
      return [
        ...(next() < 0.3 ? field('Does', ['fail', 'string', 'nothing', 'new']) : []),
        ...field('Skip', ['1', '0', 'no', 'false', 'yes', 'FALSE', 'true', 'nil', 'table']),
        ...field('Priority', ['1', '100', '0', '-5', '1000', '50.5', 'high', '0x20', 'nil', 'table', 'inf', 'nan']),
        ...field('Retry', ['1', '0', '-1', '3600', '1e9', 'soon', 'nil', 'table', 'nan']),
        ...field('Reason', ['later', 'a "quoted" reason', 'a=b', 'not now; not here', 'Grüße', 'back\\slash']),
        ...field('Last', ['1', '0', 'no', 'true']),
      ]
    })
    const domain = one(['example.net', 'big.example.net', 'EXAMPLE.ORG'])
    return {
      from: one(['', 'ann@example.com', 'nobody@example.com', 'letters@news.example.com', 'Letters@NEWS.example.com']),
      to: Array.from({ length: 1 + Math.floor(next() * 3) }, (_, n) => `user${n}.${i}@${domain}`),
      data: plainMessage(`number ${i}`, header, 'x'.repeat(Math.floor(next() * 600))),
    }
  })
}

interface Report {
  readonly messages: readonly {
    readonly file: string
    readonly outcome: string
    readonly sender?: string
    readonly reason?: string
    readonly retrySeconds?: number
    readonly answers: readonly { readonly sender: string; readonly filter: boolean; readonly priority?: number }[]
  }[]
}

describe('relayout try and the plugin', function () {
  this.timeout(300_000)
  let queue: WrittenQueue
  let relay: ScriptedRelay

  before(async () => {
    relay = await startScriptedRelay()
    queue = await writeQueue({ messages: generated(6), ini: SETTINGS(`127.0.0.1:${relay.port}`), script: SCRIPT })
  })

  after(async () => {
    await queue.remove()
    await relay.close()
  })

  it('decide a thousand generated messages alike', async () => {
    const files = queue.files()
    assert.equal(files.length, MESSAGES)
    const { messages } = await relayoutJson<Report>(['try', ...files], { cwd: queue.folder })
    const uuids = await Promise.all(files.map(async (file) => (await readQueueFile(file)).todo.uuid))
    const predicted = new Map(
      messages.map(({ outcome, sender, reason, retrySeconds, answers }, i) => {
        const taken = answers.find((answer) => answer.sender === sender)
        const fate =
          outcome === 'take'
            ? `send sender=${sender} priority=${taken?.priority}`
            : outcome === 'pass'
              ? 'pass'
              : `skip reason=${neutralise(reason ?? '')} retry=${retrySeconds}`
        return [uuids[i], fate]
      }),
    )
    const fates = new Set([...predicted.values()].map((fate) => fate.replace(/=.*/, '')))
    assert.deepEqual([...fates].sort(), ['pass', 'send sender', 'skip reason'], 'there are messages of every kind')

    const { haraka } = queue
    const from = haraka.output.length
    haraka.write('plugins/route.js', ROUTE(relay.port))
    haraka.write('config/plugins', 'accept\nroute\nrelayout\n')
    await haraka.start()
    const left = [...predicted.values()].filter((fate) => fate.startsWith('skip')).length
    await until('all that is taken is delivered', () => haraka.queue().length === left, 120_000)
    await until('all that is left was skipped', () => {
      const skipped = haraka.output.slice(from).match(/\[relayout\] skip /g) ?? []
      return skipped.length >= left
    })
    await haraka.stop('SIGTERM')

    const found = new Map<string, string>(uuids.map((uuid) => [uuid, 'pass']))
    for (const line of haraka.output.slice(from).split('\n')) {
      const match = /^\[\w+\] \[([^\]]*)\] \[relayout\] (send|skip) (.*)$/.exec(line)
      if (!match) continue
      const [, uuid = '', event, fields = ''] = match
      found.set(uuid, event === 'send' ? `send ${taken(fields)}` : `skip ${refused(fields)}`)
    }
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(predicted))
  })
})

function taken(fields: string): string {
  return /^sender=\S+ priority=\S+/.exec(fields)?.[0] ?? fields
}

function refused(fields: string): string {
  const match = /reason=("(?:[^"\\]|\\.)*"|\S+) retry=(\S+)/.exec(fields)
  const quoted = match?.[1] ?? ''
  const reason = quoted.startsWith('"') ? quoted.slice(1, -1).replace(/\\(.)/g, '$1') : quoted
  return `reason=${reason} retry=${match?.[2]}`
}
