/**
 * The journal of a real Haraka: what it has of each kind of message, that each record is as docs/schemas has it, and what
 * it never has.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { readJournal } from '../../lib/journal/journal-reader.js'
import type { JournalRecord } from '../../lib/journal/records.js'
import { journalFaults } from '../journal/journal-schema.js'
import { until } from '../support/haraka-instance.js'
import { openScene, type Scene, type SceneOptions } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

const JOURNAL = 'log/relayout.journal'
const BODY = 'the body that is nobody’s business'
const AUTH = { user: 'joe', pass: 'secret word' }
const SECRETS = /secret word|c2VjcmV0IHdvcmQ|AGpvZQBzZWNyZXQgd29yZA|a long secret for tags/

const message = (subject: string, to: readonly string[] = ['ann@example.net'], from = 'joe@example.com') => ({
  from,
  to,
  data: plainMessage(subject, [], BODY),
})

const ini =
  (main = '', sender = '', more = '') =>
  (host: string): string =>
    `[main]\njournal=${JOURNAL}\n${main}\n[sender.main]\nhost=${host}\nmax_connections=1\n${sender}\n${more}\n`

async function records(scene: Scene, file = JOURNAL): Promise<JournalRecord[]> {
  const found: JournalRecord[] = []
  for await (const entry of readJournal(path.join(scene.haraka.folder, file))) {
    if ('why' in entry) assert.fail(JSON.stringify(entry))
    else found.push(entry)
  }
  return found
}

/** As a line: `offer`, `reply mail 250`, `outcome delivered`. */
function inShort(record: JournalRecord): string {
  switch (record.event) {
    case 'decision':
      return `decision ${record.answer}`
    case 'reply':
      return `reply ${record.stage} ${record.reply.at(-1)?.slice(0, 3) ?? ''}`
    case 'outcome':
      return `outcome ${record.outcome}`
    case 'connection':
      return `connection ${record.reused ? 'reused' : 'new'}`
    case 'session':
      return `session ${record.phase}`
    default:
      return record.event
  }
}

const text = (scene: Scene): string => {
  const folder = path.join(scene.haraka.folder, 'log')
  return fs
    .readdirSync(folder)
    .filter((name) => !name.endsWith('.key'))
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
    .join('')
}

/** The journal's folder is there before Haraka starts. */
async function openWithFolder(options: SceneOptions): Promise<Scene> {
  const scene = await openScene({ ...options, stopped: true })
  fs.mkdirSync(path.join(scene.haraka.folder, 'log'), { recursive: true })
  await scene.haraka.start()
  return scene
}

/** `last`: the journal is complete when it has that. */
async function recorded(options: SceneOptions, last: RegExp, test: (scene: Scene) => Promise<void>) {
  const scene = await openWithFolder(options)
  try {
    await test(scene)
    await until(`the journal has ${String(last)}`, () => last.test(text(scene)))
    const all = await records(scene)
    for (const record of all) assert.deepEqual(journalFaults(record), [], JSON.stringify(record))
    const whole = text(scene)
    assert.doesNotMatch(whole, SECRETS)
    assert.ok(!whole.includes('nobody’s business'), 'the body is in the journal')
    return all
  } finally {
    await scene.remove()
  }
}

const about = (all: readonly JournalRecord[], item: string | undefined): JournalRecord[] =>
  all.filter((record) => record.item === item)

const OPENING = ['reply greeting 220', 'reply ehlo 250', 'reply mail 250', 'reply rcpt 250']
const TAKEN = ['offer', 'decision take', 'wait', 'send']
const DONE = ['reply data 354', 'reply end-of-data 250', 'outcome delivered']

describe('the journal', function () {
  this.timeout(60_000)

  it('has all that happened to messages that are delivered, the second over the same connection', async () => {
    const all = await recorded({ ini: ini('journal_headers=subject', 'idle_timeout=3s') }, /"close"/, async (scene) => {
      await scene.submit(message('one'))
      await scene.relay.waitFor(1)
      await until('it is done', () => scene.haraka.queue().length === 0)
      await scene.submit(message('two', ['bob@example.net', 'ann@example.net']))
      await scene.relay.waitFor(2)
    })
    const offers = all.filter((record) => record.event === 'offer')
    assert.equal(offers.length, 2)
    assert.deepEqual(
      offers.map(({ headers }) => headers),
      [['Subject: one'], ['Subject: two']],
    )
    const [first, second] = offers.map(({ item }) => about(all, item).map(inShort))
    assert.deepEqual(first, [...TAKEN, 'connection new', ...OPENING, ...DONE])
    const opening = ['reply mail 250', 'reply rcpt 250', 'reply rcpt 250']
    assert.deepEqual(second, [...TAKEN, 'connection reused', ...opening, ...DONE])
    assert.match(all.map(inShort).join(), /^begin,.*close/)
  })

  it('has what is skipped, deferred, bounced, and all of that for one message, with what was said of each recipient', async () => {
    const script = `
      function CheckFile(f, actions, s, c, from)
        if from == 'skip@example.com' then
          actions.SkipSend, actions.Reason, actions.RetryAfter, actions.Priority = true, 'not yet', 900, 'high'
        end
        return actions
      end
      function ReturnCodeHandler(command, full)
        if command:find('^RCPT TO:<rewritten@') then return (full:gsub('^450 4', '550 5')) end
        if command:find('^RCPT TO:<broken@') then return 'nonsense' end
      end`
    const rcpt = {
      byAddress: {
        'later@example.net': '450 4.2.1 later',
        'never@example.net': '550 5.1.1 <never@example.net> unknown',
        'rewritten@example.net': '450 4.1.1 unknown',
      },
    }
    const all = await recorded(
      { ini: ini('', 'filter[]=From: *@example.com'), script, relay: { rcpt } },
      /"deferred".*"deferred".*/s,
      async (scene) => {
        await scene.submit(
          message('skipped', ['ann@example.net'], 'skip@example.com'),
          message('deferred', ['later@example.net']),
          message('several', [
            'ann@example.net',
            'later@example.net',
            'never@example.net',
            'rewritten@example.net',
            'broken@example.net',
          ]),
        )
        await scene.relay.waitFor(1)
        await scene.haraka.waitForLog(/skip sender=main/)
        await until(
          'two wait after one attempt, one is skipped',
          () => scene.haraka.queued().filter(({ attempts }) => attempts === 1).length === 2,
        )
        await until('the bounce was tried', () => text(scene).includes('"pass"'))
      },
    )
    const offers = all.filter((record) => record.event === 'offer')
    const [skipped, deferred, several] = ['skip@example.com', 'joe@example.com', 'joe@example.com'].map(
      (from, i) => offers.filter((offer) => offer.from === from)[i === 2 ? 1 : 0],
    )
    assert.deepEqual(about(all, skipped?.item).map(inShort), ['offer', 'decision skip', 'skip'])
    const [, decision] = about(all, skipped?.item)
    assert.ok(decision?.event === 'decision' && decision.reason === 'not yet' && decision.retry === 900)
    assert.match(decision.warnings?.[0] ?? '', /Priority = "high" is not a number/)
    assert.deepEqual(
      [decision.sender, decision.senderId, decision.script, decision.version.length],
      ['main', 0, 'relayout.lua', 8],
    )

    const one = about(all, deferred?.item)
    assert.deepEqual(one.map(inShort).slice(-2), ['outcome deferred', 'reply rset 250'])
    const outcome = one.at(-2)
    assert.ok(outcome?.event === 'outcome')
    assert.deepEqual(outcome.told, [{ to: 'later@example.net', said: '450 4.2.1 later' }])
    assert.ok((outcome.delay ?? 0) > 0)

    const whole = all.filter(({ id }) => id !== undefined && id === several?.id)
    const replies = whole.filter((record) => record.event === 'reply')
    const rewritten = replies.find(({ command }) => command.includes('rewritten'))
    assert.deepEqual(
      [rewritten?.reply, rewritten?.presented, rewritten?.outcome],
      [['450 4.1.1 unknown'], ['550 5.1.1 unknown'], 'applied'],
    )
    const broken = replies.find(({ command }) => command.includes('broken'))
    assert.deepEqual([broken?.outcome, broken?.returned, broken?.presented], ['invalid', 'nonsense', undefined])
    assert.match(broken?.warnings?.[0] ?? '', /does not start with a code/)
    // All of them stay in the one item.
    assert.deepEqual(
      about(all, several?.item).flatMap((record) => (record.event === 'outcome' ? inShort(record) : [])),
      ['outcome delivered', 'outcome bounced', 'outcome deferred'],
    )
    const bounced = all.find((record) => record.event === 'outcome' && record.outcome === 'bounced')
    assert.ok(bounced?.event === 'outcome')
    assert.deepEqual(bounced.told, [
      { to: 'never@example.net', said: '550 5.1.1 <never@example.net> unknown' },
      { to: 'rewritten@example.net', said: '550 5.1.1 unknown' },
    ])
    // The bounce itself, for which no sender is.
    const bounce = offers.find(({ from }) => from === '')
    assert.deepEqual(about(all, bounce?.item).map(inShort).slice(0, 2), ['offer', 'pass'])
  })

  it('has each part of a message with many recipients, and failures of the script with their place', async () => {
    const script = `
      function CheckFile() error('no idea') end
      function ServerConnected() print('connected, ' .. ConnectedServer) error('neither here') end
      function ModifyReturnPath(computed, from) return 'other-' .. from end`
    const to = Array.from({ length: 25 }, (_, i) => `user${i}@example.net`)
    const all = await recorded(
      { ini: ini('', 'max_recipients_per_message=10'), script },
      /"delivered".*"delivered".*"delivered"/s,
      async (scene) => {
        await scene.submit(message('many', to))
        await scene.relay.waitFor(3)
      },
    )
    const outcomes = all.filter((record) => record.event === 'outcome')
    assert.deepEqual(
      outcomes.map(({ told }) => told.length),
      [10, 10, 5],
    )
    assert.deepEqual(
      all.filter((record) => record.event === 'part').map(({ left }) => left),
      [15, 5],
    )
    const decision = all.find((record) => record.event === 'decision')
    assert.match(decision?.failures?.[0] ?? '', /relayout\.lua:2: no idea/)
    assert.equal(decision?.answer, 'take')
    const failure = all.find((record) => record.event === 'failure')
    assert.deepEqual([failure?.function, failure?.kind, failure?.scriptLine], ['ServerConnected', 'runtime', 3])
    assert.equal(all.find((record) => record.event === 'print')?.text, 'connected, 127.0.0.1')
    const paths = all.filter((record) => record.event === 'returnpath')
    assert.deepEqual([paths.length, paths[0]?.from, paths[0]?.sent], [3, 'joe@example.com', 'other-joe@example.com'])
    const mail = all.filter((record) => record.event === 'reply').find(({ stage }) => stage === 'mail')
    assert.equal(mail?.command, 'MAIL FROM:<joe@example.com>')
  })

  it('has no secret and no tag: TLS, AUTH that the server repeats, and BATV', async () => {
    const all = await recorded(
      {
        ini: ini(
          'journal_headers=*',
          'tls=required\nverify_certificate=false\nauth_file=relayout.auth',
          '[batv]\nenabled=true\nsecret=a long secret for tags, 42',
        ),
        config: { 'relayout.auth': `${AUTH.user}\n${AUTH.pass}\n` },
        relay: {
          starttls: true,
          auth: { ...AUTH, mechanisms: ['PLAIN'] },
          authReply: '235 2.7.0 welcome, secret word',
          mail: ({ address }) => `250 2.1.0 ${address.toUpperCase()} is fine`,
        },
      },
      /"delivered"/,
      async (scene) => {
        await scene.submit(message('tagged'))
        await scene.relay.waitFor(1)
        assert.match(scene.relay.messages[0]!.mailFrom, /^prvs=/)
      },
    )
    const replies = all.filter((record) => record.event === 'reply')
    assert.deepEqual(
      replies.slice(0, 6).map(({ stage, command }) => `${stage} ${command.split(' ')[0] ?? ''}`),
      ['greeting ', 'ehlo EHLO', 'starttls STARTTLS', 'ehlo EHLO', 'auth AUTH', 'mail MAIL'],
    )
    const auth = replies.find(({ stage }) => stage === 'auth')
    assert.deepEqual([auth?.command, auth?.reply], ['AUTH PLAIN', ['235 2.7.0 welcome, ***']])
    const mail = replies.find(({ stage }) => stage === 'mail')
    assert.deepEqual(
      [mail?.command, mail?.reply],
      ['MAIL FROM:<joe@example.com>', ['250 2.1.0 joe@example.com is fine']],
    )
    assert.doesNotMatch(JSON.stringify(all), /prvs=/i)
    assert.equal(all.find((record) => record.event === 'decision')?.tag, true)
    const outcome = all.find((record) => record.event === 'outcome')
    assert.deepEqual([outcome?.tls, outcome?.auth, outcome?.server], [true, true, '127.0.0.1'])
  })

  it('has no plain address under hashed, in any record, and the same hash for the same address', async () => {
    const script = `
      function CheckFile(f, actions, s, c, from) print('from ' .. from) actions.Reason = 'for ' .. from return actions end
      function ReturnCodeHandler(command, full) if command:find('^RCPT') then error('what is ' .. command) end end`
    const all = await recorded(
      {
        ini: ini('journal_addresses=hashed\njournal_headers=*'),
        script,
        relay: { rcpt: ({ address }) => `450 4.1.1 <${address}>: ${address}, who is that?` },
      },
      /"deferred"/,
      async (scene) => {
        await scene.submit(
          message('hashed', ['Ann.Other@example.net', '"odd, one"@example.net'], 'joe.doe@example.com'),
        )
        await scene.haraka.waitForLog(/Temp failing/)
        assert.equal(fs.statSync(path.join(scene.haraka.folder, `${JOURNAL}.key`)).mode & 0o777, 0o600)
      },
    )
    const whole = JSON.stringify(all)
    assert.doesNotMatch(whole, /joe\.doe|ann\.other|odd, one|sender@|someone@/i)
    const offer = all.find((record) => record.event === 'offer')
    assert.match(offer?.from ?? '', /^~[\da-f]{16}@example\.com$/)
    const mail = all.filter((record) => record.event === 'reply').find(({ stage }) => stage === 'mail')
    assert.equal(mail?.command, `MAIL FROM:<${offer?.from ?? ''}>`)
    const rcpt = all.filter((record) => record.event === 'reply').filter(({ stage }) => stage === 'rcpt')
    assert.deepEqual(
      rcpt.map(({ command }) => /<(.*)>/.exec(command)?.[1]),
      offer?.to,
    )
    assert.equal(all.find((record) => record.event === 'print')?.text, `from ${offer?.from ?? ''}`)
    assert.ok(offer?.headers?.some((line) => /^From: ~[\da-f]{16}@example\.com$/.test(line)))
  })

  it('is turned on, and off, by an edit of the settings', async () => {
    const off = (host: string): string => `[sender.main]\nhost=${host}\n`
    await recorded({ ini: off }, /"delivered"/, async (scene) => {
      const { haraka, relay } = scene
      const host = `127.0.0.1:${relay.port}`
      await scene.submit(message('before'))
      await relay.waitFor(1)
      haraka.write('config/relayout.ini', ini()(host))
      await haraka.waitForLog(/reload file=relayout.ini/)
      await scene.submit(message('while'))
      await relay.waitFor(2)
      await until(
        'it is recorded',
        () => fs.existsSync(path.join(haraka.folder, JOURNAL)) && text(scene).includes('"delivered"'),
      )
      const from = haraka.output.length
      haraka.write('config/relayout.ini', off(host))
      await haraka.waitForLog(/reload file=relayout.ini/, from)
      await until('the end is recorded', () => /journal: log\/relayout.journal -> \(none\)/.test(text(scene)))
      await scene.submit(message('after'))
      await relay.waitFor(3)
      const all = await records(scene)
      assert.deepEqual(all.slice(0, 2).map(inShort), ['begin', 'reload'])
      assert.equal(all.filter(({ event }) => event === 'offer').length, 1)
    })
  })

  for (const file of ['nowhere/relayout.journal', '/dev/full']) {
    it(`leaves mail as it is when it cannot be written, and says so once: ${file}`, async () => {
      const scene = await openScene({ ini: (host) => `[main]\njournal=${file}\n[sender.main]\nhost=${host}\n` })
      try {
        await scene.submit(message('one'), message('two'))
        await scene.relay.waitFor(2)
        await until('the queue is empty', () => scene.haraka.queue().length === 0)
        await scene.haraka.waitForLog(/ERROR.*journal code=RELAYOUT_E_JOURNAL error="The journal .* cannot be written/)
        await scene.submit(message('three'))
        await scene.relay.waitFor(3)
        assert.equal(scene.haraka.output.match(/RELAYOUT_E_JOURNAL/g)?.length, 1)
      } finally {
        await scene.remove()
      }
    })
  }

  it('is there to the last record when Haraka ends', async () => {
    const scene = await openWithFolder({ ini: ini() })
    try {
      await scene.submit(message('one'))
      await scene.relay.waitFor(1)
      await scene.haraka.waitForLog(/delivered file=/)
      await scene.haraka.stop('SIGINT')
      assert.ok((await records(scene)).some((record) => record.event === 'outcome'))
    } finally {
      await scene.remove()
    }
  })
})
