import assert from 'node:assert/strict'
import fs from 'node:fs'
import { FACTS, useFiles, usePort } from './fixture.js'

/** Keeps nothing itself but a number, makes strings that differ from call to call, and tells the engine's memory. */
const SCRIPT = `
calls = 0
function CheckFile(_, actions, size, _, from, recipients, header, lines)
  calls = calls + 1
  for name, value in pairs(header) do actions.Reason = name:lower() .. value .. size .. from end
  for _, line in ipairs(lines) do if line:find('%-' .. size .. ':') then actions.Priority = #recipients end end
  return actions
end
function ReturnCodeHandler(command, reply, line)
  calls = calls + 1
  if command == 'memory' then
    -- More than the script may have: strings that nobody keeps are collected, and all other garbage with them.
    for _ = 1, 64 do local _ = ('x'):rep(1024 * 1024) end
    return '250 ' .. collectgarbage('count')
  end
  local handled, text = pcall(error, { command:upper() .. calls })
  if reply:sub(1, 3) == '450' then return '550 ' .. line:sub(5) .. #text end
end`

const MB = 1024
/** Far below what 100 bytes for each call would come to. */
const ALLOWED_KB = 8 * MB

describe('memory', () => {
  const { open } = usePort({ memoryMb: 16, timeoutMs: 20_000 })
  const file = useFiles()

  it('stays as it is over 200,000 calls of one session', async function () {
    this.timeout(120_000)
    const CALLS = 200_000
    const { session } = open(SCRIPT)
    const messages = Array.from({ length: 20 }, (_, i) =>
      file(Array.from({ length: 10 }, (_, k) => `X-${i}-${k}: value ${i * k}\r\n`).join('') + '\r\nbody\r\n'),
    )
    const server = 'smtp.example.net'
    // What remains after the garbage has gone: the least of some samples, since not each finds it just gone.
    const kilobytes = async (): Promise<number> => {
      const samples: number[] = []
      while (samples.length < 8) samples.push(Number((await session.returnCode('memory', '', '', server))?.slice(4)))
      return Math.min(...samples)
    }
    let made = 0
    const lane = async (upTo: number): Promise<void> => {
      while (made < upTo) {
        const i = made++
        if (i % 4 > 0) await session.returnCode(`RCPT TO:<u${i}@x>`, `450 unknown ${i}`, `450 unknown ${i}`, server)
        else await session.checkFile({ ...FACTS, ...messages[i % 20], size: i, returnPath: `u${i}@example.com` })
      }
    }
    const samples: number[] = []
    for (let fifth = 1; fifth <= 5; fifth++) {
      await Promise.all(Array.from({ length: 50 }, () => lane((fifth * CALLS) / 5)))
      samples.push(await kilobytes())
    }
    session.close()
    const grown = samples[4]! - samples[0]!
    assert.ok(grown < ALLOWED_KB, `${grown} KB more: ${samples.join(' ')}`)
  })

  it('and threads stay as they are over 400 sessions of many senders', async function () {
    this.timeout(60_000)
    const threads = (): number => (fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0)
    const begin = async (i: number): Promise<void> => {
      const { session } = open(SCRIPT, { senderName: `sender ${i}`, senderId: i })
      await session.checkFile(FACTS).catch(() => undefined)
      session.close()
    }
    const batch = async (first: number): Promise<void> => {
      await Promise.all(Array.from({ length: 8 }, (_, i) => begin(first + i)))
    }
    await batch(0)
    const before = threads()
    for (let i = 8; i < 400; i += 8) await batch(i)
    assert.ok(threads() <= before + 2, `${before} threads have become ${threads()}`)
  })
})
