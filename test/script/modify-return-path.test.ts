import assert from 'node:assert/strict'
import type { ReturnPathFacts } from '../../lib/script/port.js'
import { FACTS, failureOf, type Opened, useFiles, usePort } from './fixture.js'

const { filename, dataStart, size, creationTime } = FACTS

const PATH: ReturnPathFacts = {
  filename,
  dataStart,
  size,
  creationTime,
  computed: 'prvs=0123ABCDEF=joe@example.com',
  returnPath: 'joe@example.com',
  original: 'joe+list@example.com',
  authSender: 'joe',
  recipients: ['one@example.net'],
  senderIp: '192.0.2.7',
  allRecipients: ['one@example.net', 'two@example.net'],
}

describe('ModifyReturnPath', () => {
  const { open } = usePort()
  const messageFile = useFiles()

  const ask = async ({ session }: Opened, facts: Partial<ReturnPathFacts> = {}): Promise<string | undefined> => {
    try {
      return await session.modifyReturnPath({ ...PATH, ...facts })
    } finally {
      session.close()
    }
  }

  it('is given its eleven arguments by position', async () => {
    const script = `function ModifyReturnPath(...)
      local a = {...}
      for i, v in ipairs(a) do
        if type(v) == 'table' and i ~= 7 then a[i] = #v .. ':' .. table.concat(v, ',') elseif i == 7 then a[i] = 'headers' end
      end
      return select('#', ...) .. '|' .. table.concat(a, '|')
    end`
    const message = 'Subject: a folded\r\n  subject\r\nX-Mark: \xe9\r\n\r\nbody'
    const file = messageFile(message, 'head')
    assert.equal(
      await ask(open(script), file),
      '11|prvs=0123ABCDEF=joe@example.com|joe@example.com|joe+list@example.com|joe|1:one@example.net|20260102030405|' +
        `headers|${message.length}|192.0.2.7|a folded  subject|2:one@example.net,two@example.net`,
    )
  })

  it('is given the headers as lines and by name, in one table', async () => {
    const script = `function ModifyReturnPath(_, _, _, _, _, _, h)
      return #h .. '|' .. h[1] .. '|' .. h[2] .. '|' .. h.subject .. '|' .. h['X-MARK'] .. '|' .. tostring(h.None)
    end`
    const file = messageFile('Subject: hello\r\nX-Mark: \xe9\r\n\r\nbody')
    assert.equal(await ask(open(script), file), '2|Subject: hello|X-Mark: \xe9|hello|\xe9|nil')
  })

  it('says the address to use, the null sender, or nothing', async () => {
    const cases: [string, string | undefined][] = [
      [`return 'a@b.example'`, 'a@b.example'],
      [`return ''`, ''],
      ['return', undefined],
      ['return nil', undefined],
      ['', undefined],
      [`return 'a@b.example', 'ignored'`, 'a@b.example'],
      [`return 'j\xc3\xb6@b.example'`, 'j\xc3\xb6@b.example'],
    ]
    for (const [body, expected] of cases) {
      assert.equal(await ask(open(`function ModifyReturnPath() ${body} end`)), expected, body)
    }
  })

  it('computes nothing where it is absent', async () => {
    assert.equal(await ask(open('')), undefined)
  })

  it('fails where it returns anything but a string', async () => {
    for (const [value, type] of [
      ['false', 'boolean'],
      ['{}', 'table'],
      ['12', 'number'],
      ['print', 'function'],
    ]) {
      const failure = await failureOf(ask(open(`\nfunction ModifyReturnPath() return ${value} end`)))
      assert.deepEqual(
        [failure.kind, failure.function, failure.message],
        [
          'type',
          'ModifyReturnPath',
          `relayout.lua:2: ModifyReturnPath must return an address as a string, or nothing, not a ${type}`,
        ],
      )
    }
  })

  it('fails like any other function', async () => {
    const failure = await failureOf(ask(open(`function ModifyReturnPath(a) return a.x.y end`)))
    assert.deepEqual([failure.kind, failure.function, failure.line], ['runtime', 'ModifyReturnPath', 1])
    const slow = await failureOf(ask(open(`function ModifyReturnPath(a) while true do end end`)))
    assert.deepEqual([slow.kind, slow.function], ['timeout', 'ModifyReturnPath'])
  })

  it('reads the queue file only for a script that looks at the header or takes the subject', async () => {
    const gone = { filename: '/nowhere/at-all' }
    assert.equal(
      await ask(open(`function ModifyReturnPath(a, b, c, d, e, f, g, h, i) return b end`), gone),
      'joe@example.com',
    )
    const failure = await failureOf(
      ask(open(`function ModifyReturnPath(a, b, c, d, e, f, g, h, i, subject) return b end`), gone),
    )
    assert.equal(failure.kind, 'runtime')
    assert.match(failure.message, /cannot read the header of \/nowhere\/at-all: ENOENT/)
    const touched = await failureOf(ask(open(`function ModifyReturnPath(a, b, c, d, e, f, g) return g[1] end`), gone))
    assert.match(touched.message, /relayout\.lua:1: .*cannot read the header/)
  })

  it('bounds what crosses', async () => {
    const returned = await ask(open(`function ModifyReturnPath() return ('x'):rep(1000000) end`))
    assert.equal(returned?.length, 1000)
  })

  it('has the variables of its session, and VPOP3.HMAC', async () => {
    const script = `function Start() domain = 'fwd.example' end
      function ModifyReturnPath(_, from)
        return VPOP3.HexString(VPOP3.HMAC('sha1', 'key', from)):sub(1, 8) .. '@' .. domain
      end`
    assert.match((await ask(open(script))) ?? '', /^[\da-f]{8}@fwd\.example$/)
  })
})
