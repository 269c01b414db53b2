import assert from 'node:assert/strict'
import { startScriptedRelay, type ScriptedRelay } from '../support/scripted-relay.js'
import { drive, type DriveOptions, type Drive } from './hmail-driver.js'

describe('delivery socket under hmail', () => {
  let relay: ScriptedRelay
  const deliver = (options: Partial<DriveOptions> = {}): Promise<Drive> => drive({ port: relay.port, ...options })

  describe('with an ordinary relay server', () => {
    before(async () => {
      relay = await startScriptedRelay()
    })
    after(() => relay.close())

    it('delivers a message and ends with QUIT', async () => {
      const { outcomes, closed } = await deliver({ to: ['bob@example.com', 'carol@example.com'] })
      assert.deepEqual(outcomes, [{ kind: 'delivered', to: ['bob@example.com', 'carol@example.com'], why: 'queued' }])
      assert.deepEqual(closed, { why: 'QUIT', failed: false })
      assert.deepEqual(relay.connections[0]?.commands, [
        'EHLO client.test',
        'MAIL FROM:<alice@example.com>',
        'RCPT TO:<bob@example.com>',
        'RCPT TO:<carol@example.com>',
        'DATA',
        '.',
        'QUIT',
      ])
      assert.equal(relay.messages[0]?.data.toString(), 'Subject: test\r\n\r\nHello\r\n')
    })

    it('asks the script about every reply, in order, with the command it answers', async () => {
      const { asked } = await deliver({ script: () => undefined })
      assert.deepEqual(
        asked.map(([command, full]) => [command, full.split('\r\n').at(-1)]),
        [
          ['', '220 relay.test ESMTP ready'],
          ['EHLO client.test', '250 SMTPUTF8'],
          ['MAIL FROM:<alice@example.com>', '250 2.1.0 sender ok'],
          ['RCPT TO:<bob@example.com>', '250 2.1.5 recipient ok'],
          ['DATA', '354 end with <CRLF>.<CRLF>'],
          ['.', '250 2.0.0 queued'],
          ['QUIT', '221 2.0.0 bye'],
        ],
      )
      assert.match(asked[1]?.[1] ?? '', /^250-relay\.test greets you\r\n250-PIPELINING\r\n/)
    })

    it('is the same without a script', async () => {
      const { asked, outcomes } = await deliver()
      assert.deepEqual(asked, [])
      assert.equal(outcomes[0]?.kind, 'delivered')
    })
  })

  describe('with a large message', () => {
    const line = Buffer.from(`..${'x'.repeat(75)}\r\n`)
    const chunk = Buffer.concat(Array.from({ length: 829 }, () => line))
    const body = Array.from({ length: 256 }, () => chunk)

    it('does not read it faster than the relay server takes it, and loses no byte', async () => {
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => (release = resolve))
      relay = await startScriptedRelay({ readBodyAfter: held, starttls: true })
      let produced = 0
      const source = function* (): Generator<Buffer> {
        for (const part of body) {
          produced += part.length
          yield part
        }
      }
      let before = 0
      const total = chunk.length * body.length
      const { outcomes } = await deliver({
        body: source(),
        begun: ({ socket }) => {
          let last = -1
          const look = (): void => {
            // Held back, and nothing was read in this turn of the event loop.
            if (socket.writableNeedDrain && produced === last) {
              before = produced
              release()
            } else {
              last = produced
              setImmediate(look)
            }
          }
          look()
        },
      })
      assert.equal(outcomes[0]?.kind, 'delivered')
      assert.ok(before > 0 && before < total, `${before} of ${total} bytes`)
      assert.equal(relay.messages[0]?.data.length, total - 829 * 256)
      await relay.close()
    })
  })

  it('delivers many at once', async () => {
    relay = await startScriptedRelay({ packets: 'joined' })
    const all = await Promise.all(Array.from({ length: 20 }, () => deliver({ script: () => undefined })))
    assert.ok(all.every(({ outcomes }) => outcomes[0]?.kind === 'delivered'))
    assert.equal(relay.messages.length, 20)
    await relay.close()
  })
})
