import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import { type Message, plainMessage } from '../support/submit.js'

/** Tells in the reason of a skip, or in the log by print, what the script was given. */
const SCRIPT = `
local function hex(s) return (string.gsub(s, "[^%w%p ]", function(c) return string.format("<%02X>", string.byte(c)) end)) end

function CheckFile(filename, actions, size, created, from, recipients, headerdata, headerlines, retries, lasttry)
  local names = 0
  for name, value in pairs(headerdata) do names = names + 1 end
  local longest = 0
  for i, line in ipairs(headerlines) do longest = math.max(longest, #line) end
  print("seen subject=[" .. hex(tostring(headerdata.subject)) .. "] from=[" .. hex(from) .. "] to=[" .. hex(recipients[1]) ..
    "] recipients=" .. #recipients .. " size=" .. size .. " lines=" .. #headerlines .. " names=" .. names ..
    " longest=" .. longest .. " folded=[" .. hex(tostring(headerdata["x-folded"])) .. "] twice=[" ..
    tostring(headerdata["X-TWICE"]) .. "] last=[" .. hex(headerlines[#headerlines]) .. "] created=" .. #created)
  return actions
end
`

const from = 'joe@example.com'
const to = ['ann@example.net']

describe('messages of every shape reach the script and the relay server whole', function () {
  this.timeout(60_000)
  let scene: Scene

  before(async () => {
    scene = await openScene({
      script: SCRIPT,
      asSubmitted: true,
    })
  })

  after(() => scene.remove())

  /** Sends one message; what the script said of it, and what the relay server got. */
  async function send(message: Message) {
    const logged = scene.haraka.output.length
    const before = scene.relay.messages.length
    await scene.submit(message)
    await scene.relay.waitFor(before + 1)
    const [, seen = ''] = await scene.haraka.waitForLog(/\[relayout\] print .*text="(seen .*)"/, logged)
    const received = scene.relay.messages[before]
    assert.ok(received)
    return { seen, received }
  }

  it('a header of 200 kB', async () => {
    const long = `X-Long: ${'y'.repeat(900)}`
    const lines = Array.from({ length: 220 }, (_, i) => `${long}${i}`)
    const data = plainMessage('long header', lines)
    const { seen, received } = await send({ from, to, data })
    assert.match(seen, /subject=\[long header\] .* lines=225 names=6 longest=91/)
    assert.equal(received.data.toString('latin1'), data)
  })

  it('folded and repeated headers', async () => {
    const data = plainMessage('folded', ['X-Folded: one', '\ttwo', '  three ', 'X-Twice: first', 'X-Twice: second'])
    const { seen, received } = await send({ from, to, data })
    assert.match(seen, / lines=8 names=7 .* folded=\[one<09>two {2}three\] twice=\[first\]/)
    assert.equal(received.data.toString(), data)
  })

  it('no header but what Haraka adds, and no body', async () => {
    const { seen, received } = await send({ from, to, data: '' })
    assert.match(seen, /subject=\[nil\] .* lines=2 /)
    assert.match(received.data.toString(), /^Message-Id: /im)
  })

  it('several megabytes, with lines that begin with dots', async () => {
    const data = plainMessage('large', [], '.one\r\n..two\r\n.\r\nthree '.repeat(200_000))
    const { seen, received } = await send({ from, to, data })
    assert.match(seen, /subject=\[large\]/)
    assert.ok(received.data.equals(Buffer.from(data)))
  })

  it('1,000 recipients', async () => {
    const recipients = Array.from({ length: 1000 }, (_, i) => `user${i}@example.net`)
    const before = scene.relay.messages.length
    const { seen } = await send({ from, to: recipients, data: plainMessage('many') })
    assert.match(seen, /to=\[user0@example.net\] recipients=1000 /)
    await scene.relay.waitFor(before + 10)
    const parts = scene.relay.messages.slice(before)
    assert.deepEqual(
      parts.flatMap(({ rcptTo }) => rcptTo),
      recipients,
    )
  })

  it('the null sender', async () => {
    const { seen, received } = await send({ from: '', to, data: plainMessage('bounce') })
    assert.match(seen, /from=\[\] /)
    assert.equal(received.mailFrom, '')
  })

  it('a quoted local part', async () => {
    const quoted = '"joe \\"x\\" doe"@example.com'
    const { seen, received } = await send({ from: quoted, to: ['"a b"@example.net'], data: plainMessage('quoted') })
    assert.match(seen, /to=\[.*a b.*@example.net\]/)
    assert.equal(received.mailFrom, quoted)
    assert.deepEqual(received.rcptTo, ['"a b"@example.net'])
  })

  it('SMTPUTF8 addresses', async () => {
    const { seen, received } = await send({
      from: 'jörg@example.com',
      to: ['änne@example.net'],
      data: plainMessage('utf8'),
      mailParameters: 'SMTPUTF8',
    })
    assert.match(seen, /from=\[j<C3><B6>rg@example.com\] to=\[<C3><A4>nne@example.net\]/)
    assert.equal(Buffer.from(received.mailFrom, 'latin1').toString(), 'jörg@example.com')
    assert.match(received.mailParameters, /SMTPUTF8/)
  })

  it('leave nothing in the queue', async () => {
    await until('the queue is empty', () => scene.haraka.queue().length === 0)
  })
})

describe('8-bit bytes of a header that are no UTF-8', function () {
  this.timeout(60_000)

  it('reach the script and the relay server as they stand in the queue file', async () => {
    // Haraka itself makes U+FFFD of them on the way in, so they are put into the queue file.
    const scene = await openScene({ script: SCRIPT, config: { 'outbound.ini': 'disabled=true\n' } })
    try {
      await scene.submit({ from, to, data: plainMessage('[1] [2][3]') })
      await scene.haraka.stop()
      const [name = ''] = scene.haraka.queue()
      const file = path.join(scene.haraka.folder, 'queue', name)
      const bytes = fs
        .readFileSync(file)
        .toString('latin1')
        .replace('[1] [2][3]', '\xe4\xe4\xe4 \xc3\xa4\xff\x80\x00\xfe')
      fs.writeFileSync(file, Buffer.from(bytes, 'latin1'))
      scene.haraka.write('config/outbound.ini', 'disabled=false\n')
      await scene.haraka.start()
      await scene.relay.waitFor(1)
      await scene.haraka.waitForLog(/seen subject=\[<E4><E4><E4> <C3><A4><FF><80><00><FE>\]/)
      assert.ok(bytes.endsWith(scene.relay.messages[0]?.data.toString('latin1') ?? 'nothing'))
    } finally {
      await scene.remove()
    }
  })
})
