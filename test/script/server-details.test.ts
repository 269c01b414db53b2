import assert from 'node:assert/strict'
import type { ServerFacts, TlsWish } from '../../lib/script/port.js'
import { FACTS, failureOf, type Opened, useFiles, usePort } from './fixture.js'

const { filename, dataStart, size, returnPath } = FACTS

const SERVER: ServerFacts = {
  filename,
  dataStart,
  size,
  returnPath,
  authSender: 'joe',
  server: 'mail.example.net',
  domain: 'example.net',
  tls: { tryTls: true, forceTls: false },
}

const tls = (tryTls: boolean, forceTls: boolean): TlsWish => ({ tryTls, forceTls })

describe('ServerDetails', () => {
  const { open } = usePort()
  const messageFile = useFiles()

  const ask = async ({ session }: Opened, facts: Partial<ServerFacts> = {}): Promise<TlsWish> => {
    try {
      return await session.serverDetails({ ...SERVER, ...facts })
    } finally {
      session.close()
    }
  }

  it('is given the message, the header lines and the actions', async () => {
    const opened = open(
      `function ServerDetails(p, headers, actions)
        print(p.authsender, p.originator, p.server, p.domain, p.length, p.connection, p.connid, p.connnid)
        print(#headers, headers[1], actions.tryTLS, actions.forceTLS)
        return actions
      end`,
      { senderId: 3, senderName: 'bulk' },
    )
    const answer = await ask(opened, messageFile('Subject: hello\r\n\r\nbody'))
    assert.deepEqual(answer, tls(true, false))
    assert.deepEqual(opened.printed, [
      'joe\tsender@example.com\tmail.example.net\texample.net\t22\tbulk\t3\t3',
      '1\tSubject: hello\t1\t0',
    ])
  })

  it('runs the example of its reference page', async () => {
    const script = `
      function ServerDetails(params, headers, actions)
        if params["server"] == "mail.broken.com" then
          actions["tryTLS"] = 0
        end
        return actions
      end`
    assert.deepEqual(await ask(open(script), { server: 'mail.broken.com' }), tls(false, false))
    assert.deepEqual(await ask(open(script)), tls(true, false))
  })

  it('takes 1 and 0, true and false, and what a script may write for them', async () => {
    const cases: [string, TlsWish][] = [
      ['a.tryTLS = 0', tls(false, false)],
      ['a.tryTLS = false', tls(false, false)],
      [`a.tryTLS = '0'`, tls(false, false)],
      [`a.tryTLS = ''`, tls(false, false)],
      ['a.tryTLS = 1', tls(true, false)],
      ['a.tryTLS = nil', tls(true, false)],
      ['a.forceTLS = 1', tls(true, true)],
      ['a.forceTLS = true', tls(true, true)],
      [`a.forceTLS = 'yes'`, tls(true, true)],
      ['a.forceTLS = 0', tls(true, false)],
      ['a.forceTLS, a.tryTLS = 1, 0', tls(false, true)],
      ['a = {}', tls(true, false)],
      ['a = { forceTLS = 1 }', tls(true, true)],
      ['a = setmetatable({}, { __index = { tryTLS = 0 } })', tls(false, false)],
      ['a.timeout = 5', tls(true, false)],
    ]
    for (const [body, expected] of cases) {
      assert.deepEqual(await ask(open(`function ServerDetails(_, _, a) ${body} return a end`)), expected, body)
    }
  })

  it('takes the actions as it left them where it returns nothing', async () => {
    assert.deepEqual(await ask(open('function ServerDetails(_, _, a) a.tryTLS = 0 end')), tls(false, false))
  })

  it('leaves all as it is where it is absent', async () => {
    assert.deepEqual(await ask(open(''), { tls: tls(true, true) }), tls(true, true))
  })

  it('fails where it returns anything but a table, and where the table fails', async () => {
    const wrong = await failureOf(ask(open('function ServerDetails() return 0 end')))
    assert.deepEqual(
      [wrong.kind, wrong.function, wrong.message],
      ['type', 'ServerDetails', 'relayout.lua:1: ServerDetails must return the Actions table, not a number'],
    )
    const broken = await failureOf(
      ask(open(`function ServerDetails() return setmetatable({}, { __index = function() error('broken') end }) end`)),
    )
    assert.deepEqual([broken.kind, broken.function], ['runtime', 'ServerDetails'])
  })
})
