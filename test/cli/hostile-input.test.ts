/** Whatever is put to the command, it ends, says one sentence, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import fc from 'fast-check'

import { PACKAGE } from '../support/haraka-instance.js'
import { BIN, relayout, relayoutJson } from './support/relayout.js'

const LETTER = 'From: ann@example.com\nTo: bob@example.net\nSubject: hello\n\nHello.\n'
const QUEUE_NAME = '1700000000000_1700000000000_0_1_AbC_1_host'

const OFFER = {
  v: 1,
  t: '2026-11-23T07:00:00.000Z',
  event: 'offer',
  id: 'A.1',
  item: 'x',
  file: 'x',
  size: 10,
  queued: '2026-11-23T07:00:00.000Z',
  from: 'ann@example.com',
  to: ['bob@example.net'],
  retries: 0,
}
const REPLY = {
  v: 1,
  t: '2026-11-23T07:00:00.000Z',
  event: 'reply',
  sender: 'default',
  server: 'relay.example.net',
  connection: 1,
  stage: 'rcpt',
  command: 'RCPT TO:<bob@example.net>',
  reply: ['250 ok'],
}

describe('relayout and what is not as it should be', function () {
  this.timeout(60_000)
  let folder = ''
  let temporary = ''
  const write = (name: string, content: string): void => fs.writeFileSync(path.join(folder, name), content)
  const call = (args: readonly string[], stdin?: string, env: Record<string, string> = {}) =>
    relayout(args, { cwd: folder, env: { TMPDIR: temporary, ...env }, ...(stdin === undefined ? {} : { stdin }) })
  const says = async (args: readonly string[], said: string, stdin?: string, env?: Record<string, string>) => {
    const { code, out, err } = await call(args, stdin, env)
    assert.deepEqual([code, out], [2, ''], args.join(' '))
    assert.ok(err.startsWith(`relayout: ${said}`), `${args.join(' ')}: ${err}`)
    assert.equal(err.split('\n').length, 2, err)
  }

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-test-'))
    temporary = path.join(folder, 'temporary')
    for (const name of ['config', 'queue', 'temporary']) fs.mkdirSync(path.join(folder, name))
    write('config/relayout.ini', '')
    write('config/relayout.lua', 'function CheckFile(_, a) return a end')
    write('letter.eml', LETTER)
    execFileSync('mkfifo', [path.join(folder, 'pipe'), path.join(folder, 'queue', QUEUE_NAME)])
  })

  afterEach(() => assert.deepEqual(fs.readdirSync(temporary), []))
  after(() => fs.rmSync(folder, { recursive: true, force: true }))

  it('waits for no pipe, and reads no device to an end that it has not', async () => {
    await says(['try', 'pipe'], 'pipe is neither a queue file of Haraka nor a message: it is no ordinary file')
    await says(['try', '/dev/zero'], '/dev/zero is neither a queue file of Haraka nor a message: it is no ordinary')
    await says(['try', path.join('queue', QUEUE_NAME)], `queue/${QUEUE_NAME} is neither`)
    await says(['try', '--script', '/dev/zero', 'letter.eml'], '/dev/zero cannot be read: a script has 4194304 bytes')
    await says(['check', '/dev/zero'], '/dev/zero cannot be read: a script has 4194304 bytes')
    await says(['test', '/dev/zero'], '/dev/zero cannot be read: it has more than 10 MB')
    await says(['backtest', '--script', 'config/relayout.lua', '--journal', '/dev/zero'], '/dev/zero cannot be read')
    await says(['test', '-'], 'standard input cannot be read: it has more than 10 MB', '#'.repeat(10_000_001))
    const { code, out } = await call(['queue'])
    assert.equal(code, 1)
    assert.ok(out.includes(`Damaged, so that Haraka cannot deliver it: 1 file\n   ${QUEUE_NAME}\n`), out)
    assert.ok(out.includes('it is no ordinary file'), out)
  })

  it('takes a script from a pipe, as the shell makes one', async () => {
    const script = fs.promises.writeFile(
      path.join(folder, 'pipe'),
      'function CheckFile(_, a) a.Priority = 7 return a end',
    )
    const { code, out } = await call(['try', '--script', 'pipe', 'letter.eml'])
    await script
    assert.equal(code, 0)
    assert.match(out, /take +7\n/)
  })

  it('does not take for missing what it may not read', async function () {
    if (process.getuid?.() === 0 || process.platform === 'win32') this.skip() // root may read all
    for (const file of ['config/relayout.ini', 'config/relayout.lua', 'config']) {
      const { mode } = fs.statSync(path.join(folder, file))
      fs.chmodSync(path.join(folder, file), 0)
      try {
        const named = path.join(fs.realpathSync(folder), file)
        await says(['try', '--config', 'config', 'letter.eml'], `${named} cannot be read: it may not be read by you`)
      } finally {
        fs.chmodSync(path.join(folder, file), mode)
      }
    }
  })

  it('does not go by a config folder that is none', async () => {
    await says(['try', '--config', 'letter.eml', 'letter.eml'], 'letter.eml cannot be read: it is no folder')
    await says(['try', '--config', '', 'letter.eml'], '"" cannot be read: it is no folder')
    await says(['try', ''], '"" cannot be read: there is no such file')
  })

  it('takes no empty recipient, and no day that there is not', async () => {
    for (const to of ['', '<>', 'bob@example.net,']) {
      await says(['try', '--to', to, 'letter.eml'], `${to === '<>' ? '<>' : '""'} is no recipient`)
    }
    for (const at of ['2026-02-30', '2026-', '2025-02-29T10:00', '2026-04-31 10:00Z']) {
      await says(['try', '--at', at, 'letter.eml'], `${at} is no time`)
    }
    const { at } = await relayoutJson<{ at: string }>(['try', '--at', '2028-02-29', 'letter.eml'], { cwd: folder })
    assert.equal(at, '2028-02-29T00:00:00.000Z')
  })

  it('does not try a message for some of its recipients only', async () => {
    write('broken.eml', 'From: ann@example.com\nTo: bob@example.net, x <, carl\nCc: dora@example.net\n\nHello.\n')
    await says(['try', 'broken.eml'], 'broken.eml has a To that cannot be read. Say whom it is for with --to')
    write('lists.eml', 'From: ann@example.com\nTo: undisclosed-recipients:;\nCc:\nBcc: dora@example.net\n\nHello.\n')
    assert.equal((await call(['try', 'lists.eml'])).code, 0)
  })

  it('ends a regular expression that would take years', async () => {
    write('long.lua', 'function CheckFile(_, a) a.SkipSend, a.Reason = true, ("a"):rep(60) .. "b" return a end')
    write(
      'long.yaml',
      'tests:\n  - name: a\n    message: { from: a@example.com, to: b@example.net }\n    expect: { reason: /^(a+)+$/ }\n',
    )
    await says(
      ['test', '--script', 'long.lua', 'long.yaml'],
      'the regular expression /^(a+)+$/ takes longer than a second',
    )
  })

  it('reads a header with 100,000 recipients, in one field or in many', async () => {
    const all = Array.from({ length: 100_000 }, (_, i) => `r${i}@example.net`)
    for (const [name, to] of [
      ['one', `To: ${all.join(',\n ')}\n`],
      ['many', all.map((address) => `To: ${address}\n`).join('')],
    ] as const) {
      write(`${name}.eml`, `From: ann@example.com\n${to}\nHello.\n`)
      const report = await relayoutJson<{ messages: { to: string[] }[] }>(['try', `${name}.eml`], { cwd: folder })
      assert.deepEqual(
        report.messages.map((message) => message.to),
        [all],
      )
    }
  })

  it('shows thousands of messages', async () => {
    const { code, out } = await call(['try', '--repeat', '3000', 'letter.eml'])
    assert.equal(code, 0)
    assert.ok(out.includes('Sending order of 3,000 messages\n'))
    assert.match(out, /\n3000 +default +50 /)
  })

  it('repeats no control character of what was given', async () => {
    for (const args of [['\x1b[31m'], ['try', '--\x1b[31m\u202e'], ['try', '\x1b[31m\u202e']]) {
      const { code, err } = await call(args)
      assert.equal(code, 2)
      assert.ok(err.includes('\\x1b[31m'), err)
      assert.doesNotMatch(err, /[\x1b\u202e]/) // eslint-disable-line no-control-regex
    }
  })

  it('hides no character in JSON, and changes none', async () => {
    const reason = '\x1b[2J\u202e\u200b\x7f\x9b\u2028\u{e0041}é日'
    write(
      'hidden.lua',
      `function CheckFile(_, a) a.SkipSend, a.Reason = true, "${reason}" print("${reason}") return a end`,
    )
    const { out } = await call(['try', '--json', '--script', 'hidden.lua', 'letter.eml'])
    const { heard } = JSON.parse(out) as { heard: { text: string }[] }
    assert.deepEqual(
      heard.map(({ text }) => text),
      [reason],
    )
    assert.doesNotMatch(out, /[\p{Cf}\p{Zl}\x1b\x7f-\x9f]/u) // eslint-disable-line no-control-regex
    assert.ok(out.includes('é日'))
  })

  it('says where it cannot write', async () => {
    const missing = { TMPDIR: path.join(folder, 'none') }
    const said = `a temporary file cannot be written in ${missing.TMPDIR}: there is no such folder`
    write('offer.journal', `${JSON.stringify(OFFER)}\n`)
    await says(['try', '-'], said, LETTER, missing)
    await says(['queue'], said, undefined, missing)
    await says(['backtest', '--script', 'config/relayout.lua', '--journal', 'offer.journal'], said, undefined, missing)
  })

  it('ends with 2 when the output has no room, and not because nobody reads what it says beside it', async function () {
    if (!fs.existsSync('/dev/full')) this.skip()
    for (const [redirected, expected] of [
      [
        '>/dev/full',
        [2, 'relayout: the output cannot be written: there is no room left. What has been written is not all\n'],
      ],
      ['nothing.eml 2>/dev/full', [2, '']],
    ] as const) {
      const child = spawn('sh', ['-c', `exec "$0" "$1" try letter.eml ${redirected}`, process.execPath, BIN], {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let err = ''
      child.stderr.on('data', (piece: Buffer) => (err += piece.toString()))
      const [code] = (await once(child, 'close')) as [number]
      assert.deepEqual([code, err], expected)
    }
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`leaves no file behind after ${signal}`, async () => {
      const child = spawn(process.execPath, [BIN, 'try', '-'], {
        cwd: folder,
        env: { ...process.env, TMPDIR: temporary },
        stdio: ['pipe', 'ignore', 'inherit'],
      })
      const ended = once(child, 'close') as Promise<[number | null]>
      while (fs.readdirSync(temporary).length === 0) await setTimeout(10)
      child.kill(signal)
      assert.equal((await ended)[0], 128 + os.constants.signals[signal])
      assert.deepEqual(fs.readdirSync(temporary), [])
    })
  }

  it('leaves lines of a journal aside whose fields are of another kind', async () => {
    const values = [null, 5, 'x', [], {}, [5], '..', 'a\0b', 'x'.repeat(300), undefined]
    const spoiled = [OFFER, REPLY].flatMap((record) =>
      Object.keys(record)
        .filter((key) => !['v', 't', 'event'].includes(key))
        .flatMap((key) => values.map((value) => ({ ...record, [key]: value }))),
    )
    write('spoiled.journal', [...spoiled, OFFER, REPLY].map((record) => `${JSON.stringify(record)}\n`).join(''))
    const { code, out, err } = await call([
      'backtest',
      '--script',
      'config/relayout.lua',
      '--journal',
      'spoiled.journal',
    ])
    assert.deepEqual([code, err], [1, ''])
    assert.match(out, /spoiled\.journal:\d+ is left out: its id is no text\n/)
    assert.match(out, /\d+ more lines of the journal are left out\n/)
  })

  it('tells the story of a message from whatever records are of the right kinds', async () => {
    const records = fc.sample(anyRecord(), { numRuns: 3_000, seed: 6 })
    write('odd.journal', records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    for (const asked of ['A.1', 'A', '1700000000000_x_y', 'ann@example.com', '<>']) {
      for (const json of [[], ['--json']]) {
        const { code, out, err } = await call(['why', asked, '--journal', 'odd.journal', '--limit', '3', ...json])
        assert.doesNotMatch(err, /fault of relayout|left out/)
        assert.ok(code === 0 || code === 1, err)
        // eslint-disable-next-line no-control-regex -- that is what must not be there
        const bad = /[\x00-\x09\x0b-\x1f\x7f\u202e]/.exec(out)
        assert.equal(bad && JSON.stringify(out.slice(Math.max(0, bad.index - 60), bad.index + 20)), null, asked)
      }
    }
    const { err } = await call(['backtest', '--script', 'config/relayout.lua', '--journal', 'odd.journal'])
    assert.equal(err, '')
  })
})

interface FieldSchema {
  readonly type?: string
  readonly format?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: FieldSchema
}

/** Records as the schema of the journal has them, with the oddest values that it allows. */
function anyRecord(): fc.Arbitrary<object> {
  const file = path.join(PACKAGE, 'docs', 'schemas', 'journal.schema.json')
  const { $defs } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    $defs: Record<string, { properties: Record<string, FieldSchema>; required: string[] }>
  }
  const texts = fc.constantFrom(
    '',
    ' ',
    'x',
    '\x1b[2J',
    '\r\nforged',
    '\u202e',
    'é'.repeat(3_000),
    'ann@example.com',
    'main',
    '450 x',
  )
  const value = (name: string, { type, format, items, ...schema }: FieldSchema): fc.Arbitrary<unknown> => {
    if ('const' in schema) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    if (name === 'id') return fc.constantFrom('A.1', 'A.2', '', 'A')
    if (name === 'item') return fc.constantFrom('1700000000000_x_y', '')
    if (format)
      return fc.constantFrom('2026-11-23T07:00:00.000Z', '1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z')
    if (['retry', 'delay', 'waited'].includes(name)) return fc.constantFrom(0, 0.001, 1e9)
    if (type === 'integer' || type === 'number') return fc.constantFrom(0, 1, 5, 1e15, 1e308)
    if (type === 'boolean') return fc.boolean()
    if (type !== 'array') return texts
    return fc.array<unknown>(items?.type === 'string' ? texts : fc.record({ to: texts, said: texts }), { maxLength: 4 })
  }
  return fc.oneof(
    ...Object.values($defs).map(({ properties, required }) => {
      const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, value(name, schema)]))
      return fc.record(fields, { requiredKeys: required })
    }),
  )
}
