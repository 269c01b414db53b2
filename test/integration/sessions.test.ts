import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

/** Says how often it was asked in this session, and how often Start was called. */
const COUNTING = `
asked = 0
function Start() started = (started or 0) + 1 end
function CheckFile(filename, actions, size, created, from)
  asked = asked + 1
  print(sendername .. " " .. senderid .. ": asked " .. asked .. ", started " .. started)
  return actions
end
`

const message = (from: string) => ({ from, to: ['ann@example.net'], data: plainMessage('one') })

async function told(scene: Scene, lines: number): Promise<string[]> {
  const printed = (): string[] => scene.haraka.events.flatMap((line) => /print .*text="(.*)"$/.exec(line)?.[1] ?? [])
  await until(`${lines} lines are printed`, () => printed().length >= lines)
  return printed()
}

describe('a session', function () {
  this.timeout(60_000)

  it('is each sender’s own, and keeps its variables while there is work', async () => {
    const scene = await openScene({
      script: COUNTING,
      ini: (host) =>
        `[sender.a]\nhost=${host}\nfilter[]=From: *@a.example.com\n[sender.b]\nhost=${host}\nfilter[]=From: *@b.example.com\n`,
    })
    try {
      const [a, b] = [message('x@a.example.com'), message('x@b.example.com')]
      await scene.submit(a, b, a, a, b)
      assert.deepEqual((await told(scene, 5)).sort(), [
        'a 0: asked 1, started 1',
        'a 0: asked 2, started 1',
        'a 0: asked 3, started 1',
        'b 1: asked 1, started 1',
        'b 1: asked 2, started 1',
      ])
    } finally {
      await scene.remove()
    }
  })

  it('ends after session_idle without work; the next one begins afresh', async () => {
    const scene = await openScene({
      script: COUNTING,
      ini: (host) => `[main]\nsession_idle=200ms\n[sender.main]\nhost=${host}\n`,
    })
    try {
      await scene.submit(message('x@example.com'))
      await scene.haraka.waitForLog(/session event=end sender=main script=relayout.lua version=\w+ messages=1/)
      await scene.submit(message('x@example.com'))
      assert.deepEqual(await told(scene, 2), ['main 0: asked 1, started 1', 'main 0: asked 1, started 1'])
    } finally {
      await scene.remove()
    }
  })

  it('takes no more messages at session_max_age; those it has keep it to their end', async () => {
    let release: (value: unknown) => void = () => undefined
    const held = new Promise((resolve) => (release = resolve))
    const scene = await openScene({
      script: `${COUNTING}\nfunction ReturnCodeHandler(command) if command == "." then print("end asked " .. asked) end end`,
      ini: (host) => `[main]\nsession_max_age=1s\n[sender.main]\nhost=${host}\n`,
      relay: { endOfData: ({ nth }) => (nth === 0 ? { reply: '250 2.0.0 ok', after: held } : undefined) },
    })
    try {
      await scene.submit(message('x@example.com'))
      await until('the first body is in', () => scene.relay.connections[0]?.commands.includes('.') ?? false)
      await new Promise((resolve) => setTimeout(resolve, 1_000)) // the age itself
      await scene.submit(message('x@example.com'))
      await scene.relay.waitFor(1)
      release(undefined)
      assert.deepEqual(await told(scene, 4), [
        'main 0: asked 1, started 1',
        'main 0: asked 1, started 1',
        'end asked 1',
        'end asked 1',
      ])
      await scene.haraka.waitForLog(/session event=end/)
    } finally {
      await scene.remove()
    }
  })

  it('keeps the calls of its messages when the script is replaced meanwhile', async () => {
    const versioned = (version: number): string => `
      function CheckFile(_, actions, size) print("${version} CheckFile") return actions end
      function ReturnCodeHandler(command) print("${version} " .. command:match("^%S*")) end`
    let release: (value: unknown) => void = () => undefined
    const held = new Promise((resolve) => (release = resolve))
    const scene = await openScene({
      script: versioned(1),
      ini: (host) => `[sender.main]\nhost=${host}\nidle_timeout=0\n`,
      relay: { rcpt: ({ nth }) => (nth === 0 ? { reply: '250 2.1.5 ok', after: held } : undefined) },
    })
    try {
      await scene.submit(message('x@example.com'))
      await until('RCPT is sent', () => scene.relay.connections[0]?.commands.some((c) => c.startsWith('RCPT')) ?? false)
      scene.haraka.write('config/relayout.lua', versioned(2))
      await scene.haraka.waitForLog(/reload script=relayout.lua/)
      await scene.submit(message('x@example.com'))
      await scene.relay.waitFor(1)
      release(undefined)
      await scene.relay.waitFor(2)
      const MESSAGE = ['CheckFile', '', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.', 'QUIT']
      const printed = await told(scene, 2 * MESSAGE.length)
      for (const version of [1, 2]) {
        const own = printed.filter((line) => line.startsWith(`${version} `)).map((line) => line.slice(2))
        assert.deepEqual(own, MESSAGE)
      }
    } finally {
      await scene.remove()
    }
  })

  it('that fails for every message says so once', async () => {
    const scene = await openScene({ script: 'function CheckFile() error("broken") end' })
    try {
      await scene.submit(...Array.from({ length: 5 }, () => message('x@example.com')))
      await scene.relay.waitFor(5)
      const failures = scene.haraka.events.filter((line) => /^ERROR \S+ script /.test(line))
      assert.equal(failures.length, 1)
      assert.match(failures[0] ?? '', /function=CheckFile file=relayout.lua line=1 .*traceback=/)
    } finally {
      await scene.remove()
    }
  })
})
