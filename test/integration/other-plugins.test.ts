import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

const message = (i = 0) => ({ from: 'joe@example.com', to: ['ann@example.net'], data: plainMessage(`n${i}`) })

describe('beside other plugins', function () {
  this.timeout(60_000)

  it('1,000 items that another plugin ends at once overflow no stack and leave no slot taken', async () => {
    const scene = await openScene({
      ini: (host) => `[sender.main]\nhost=${host}\nmax_connections=1\n`,
      plugins: {
        // Puts every item off once, and lets it go the second time.
        later: `
          const seen = new Set()
          exports.hook_get_mx = (next, hmail) => {
            if (seen.has(hmail.todo.uuid)) return next()
            seen.add(hmail.todo.uuid)
            next(DENY, 'not today')
          }
          exports.hook_bounce = (next) => next(OK)`,
      },
      config: { 'outbound.ini': 'disabled=true\n' },
    })
    try {
      await scene.submit(...Array.from({ length: 1_000 }, (_, i) => message(i)))
      scene.haraka.write('config/outbound.ini', 'disabled=false\n')
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.doesNotMatch(scene.haraka.output, /RangeError|exception/)
    } finally {
      await scene.remove()
    }
  })
})

describe('another plugin that does not answer in time', function () {
  this.timeout(60_000)

  for (const [hook, reply] of [
    ['bounce', '550 5.1.1 no such ann'],
    ['deferred', '451 4.3.0 later'],
  ] as const)
    it(`to ${hook}: goes on as if it were not there`, async () => {
      let said = 0
      const scene = await openScene({
        ini: (host) => `[sender.main]\nhost=${host}\nfilter[]=!From: <>\n[sender.dsn]\nhost=${host}\n`,
        plugins: { slow: `exports.hook_${hook} = () => undefined` },
        config: { plugin_timeout: '1\n', 'outbound.ini': 'temp_fail_intervals=5s*9\n' },
        relay: { rcpt: ({ address }) => (address === 'ann@example.net' && said++ < 2 ? reply : undefined) },
      })
      try {
        await scene.submit(message(0))
        await scene.submit({ ...message(1), to: ['bob@example.net', 'ann@example.net'] })
        await scene.haraka.waitForLog(new RegExp(`slow timed out on hook ${hook}`))
        // Bob's and two bounces, or both messages to all recipients: none stays behind.
        await scene.relay.waitFor(3)
        await until('the queue is empty', () => scene.haraka.queue().length === 0)
        const got = scene.relay.messages.map(({ mailFrom, rcptTo }) => `${mailFrom} ${rcptTo.join()}`).sort()
        assert.deepEqual(
          got,
          hook === 'bounce'
            ? [' joe@example.com', ' joe@example.com', 'joe@example.com bob@example.net']
            : ['joe@example.com ann@example.net', 'joe@example.com ann@example.net', 'joe@example.com bob@example.net'],
        )
      } finally {
        await scene.remove()
      }
    })
})

describe('ForceLastTry', function () {
  this.timeout(60_000)

  const script = 'function CheckFile(f, actions) actions.ForceLastTry = true return actions end'
  const ini = (host: string): string =>
    `[sender.main]\nhost=${host}\nfilter[]=!From: <>\n[sender.dsn]\nhost=${host}\nscript=none.lua\n`

  it('bounces a message whose attempt fails temporarily', async () => {
    const scene = await openScene({
      script,
      ini,
      relay: { mail: ({ address }) => (address ? '451 4.3.0 later' : undefined) },
    })
    try {
      await scene.submit(message())
      await scene.relay.waitFor(1)
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.equal(scene.relay.messages[0]?.mailFrom, '')
      assert.match(scene.relay.messages[0].data.toString(), /451 4\.3\.0 later/)
    } finally {
      await scene.remove()
    }
  })

  it('bounces the one recipient of several that fails temporarily, and delivers to the others', async () => {
    const scene = await openScene({
      script,
      ini,
      relay: { rcpt: { byAddress: { 'bob@example.net': '451 4.3.0 later' } } },
    })
    try {
      await scene.submit({ ...message(), to: ['ann@example.net', 'bob@example.net'] })
      await scene.relay.waitFor(2)
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      const [first, second] = scene.relay.messages
      assert.deepEqual([first?.rcptTo, second?.mailFrom], [['ann@example.net'], ''])
      assert.match(second?.data.toString() ?? '', /Final-Recipient: rfc822;bob@example.net/)
    } finally {
      await scene.remove()
    }
  })

  it('is about one attempt: one that another plugin delayed leaves the next its retries', async () => {
    const scene = await openScene({
      script: `
        asked = 0
        function CheckFile(f, actions, s, c, r, to, hd, hl, retries)
          asked = asked + 1
          actions.ForceLastTry = asked == 1
          print("retries " .. retries)
          return actions
        end`,
      relay: { mail: '451 4.3.0 later' },
      ini: (host) => `[main]\nsession_idle=1m\n[sender.main]\nhost=${host}\n`,
      // Loaded before relayout, but run after it: hooks of one name run in order of priority.
      plugins: {
        delay: `
          let delayed = false
          exports.register = function () { this.register_hook('send_email', 'delay_once', 50) }
          exports.delay_once = (next) => { if (delayed) return next(); delayed = true; next(DELAY, '1') }`,
      },
    })
    try {
      await scene.submit(message())
      await until('one attempt is counted', () => scene.haraka.queued()[0]?.attempts === 1)
      const told = scene.haraka.events.flatMap((line) => /text="(retries \d+)"/.exec(line)?.[1] ?? [])
      assert.deepEqual(told, ['retries 0', 'retries 0'])
    } finally {
      await scene.remove()
    }
  })
})

describe('a sender that the settings lose', function () {
  this.timeout(60_000)

  it('while its messages wait and its script is asked: they go by the sender that is left', async () => {
    let release: (value: unknown) => void = () => undefined
    const held = new Promise((resolve) => (release = resolve))
    const both = (host: string): string =>
      `[main]\nscript_timeout=20s\n[sender.a]\nhost=${host}\nmax_connections=1\nhelo=a\n[sender.b]\nhost=${host}\nhelo=b\nscript=none.lua\n`
    const scene = await openScene({
      // Message n2 keeps the script of sender a busy until long after the settings were read again.
      script: `
        function CheckFile(f, actions, s, c, r, to, headerdata)
          if headerdata.Subject == "n2" then local t = os.time() while os.time() < t + 8 do end end
          return actions
        end`,
      ini: both,
      relay: { endOfData: ({ nth }) => (nth === 0 ? { reply: '250 2.0.0 ok', after: held } : undefined) },
    })
    try {
      await scene.submit(message(0), message(1), message(2))
      await until('the first is on its way', () => scene.relay.connections[0]?.commands.includes('.') ?? false)
      scene.haraka.write(
        'config/relayout.ini',
        `[sender.b]\nhost=127.0.0.1:${scene.relay.port}\nhelo=b\nscript=none.lua\n`,
      )
      await scene.haraka.waitForLog(/reload file=relayout.ini/)
      release(undefined)
      await scene.relay.waitFor(3)
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      assert.equal(scene.relay.messages.length, 3)
      assert.deepEqual(
        scene.relay.messages.map(({ connection }) => connection.commands[0]),
        ['EHLO a', 'EHLO b', 'EHLO b'],
      )
    } finally {
      await scene.remove()
    }
  })
})
