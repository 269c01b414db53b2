import assert from 'node:assert/strict'
import { domainToASCII, domainToUnicode } from 'node:url'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { parseSettings } from '../../../lib/core/settings/parse-settings.js'
import type { SenderSettings, SettingsEnv, SettingsResult } from '../../../lib/core/settings/settings.js'
import { readIni } from '../../support/read-ini.js'

const env: SettingsEnv = {
  readSecretFile: (name) => {
    const content = { good: 'me\n007', one: '007', '/etc/one': ' a b ', empty: '\n', many: 'hush\nhush' }[name]
    return content === undefined ? { error: 'no such file' } : { content }
  },
  domainToUnicode,
  domainToASCII,
}

const parse = (ini: string): SettingsResult => parseSettings(readIni(ini), env)
const sentences = (problems: SettingsResult['fatal']): string[] => problems.map((problem) => problem.sentence)

function clean(ini: string): SettingsResult['settings'] {
  const { settings, problems, fatal } = parse(ini)
  assert.deepEqual(sentences([...fatal, ...problems]), [])
  return settings
}

function sender(lines: string): SenderSettings {
  return clean(`[sender.bulk]\n${lines}`).senders[0]!
}

/** The one fatal problem of a sender with these lines. */
function fatalOf(lines: string): string {
  const { fatal } = parse(`[sender.bulk]\n${lines}`)
  assert.equal(fatal.length, 1, `${lines}: ${inspect(sentences(fatal))}`)
  return fatal[0]!.sentence
}

function problemOf(ini: string): string {
  const { problems, fatal } = parse(ini)
  assert.deepEqual(sentences(fatal), [])
  assert.equal(problems.length, 1, `${ini}: ${inspect(sentences(problems))}`)
  return problems[0]!.sentence
}

describe('parseSettings, defaults', () => {
  it('is one sender without a host when the file is empty', () => {
    const { main, batv, senders } = clean('')
    assert.deepEqual(main, {
      skipRetrySeconds: 60,
      onScriptError: 'send',
      scriptBreaker: 'warn',
      scriptBreakerMessages: 50,
      scriptBreakerRise: 30,
      journal: undefined,
      journalSizeBytes: 104_857_600,
      journalFiles: 9,
      journalAddresses: 'full',
      journalHeaders: [],
      scriptTimeoutMs: 1000,
      scriptMemoryMb: 64,
      sessionIdleMs: 5000,
      sessionMaxAgeMs: 600_000,
      collectMs: 250,
      allowLosingRewrites: true,
    })
    assert.deepEqual(batv, {
      enabled: false,
      signing: undefined,
      keys: [],
      lifetimeDays: 7,
      require: false,
      domains: [],
      fallback: false,
    })
    assert.equal(senders.length, 1)
    const { filter, ...rest } = senders[0]!
    assert.equal(filter.matches({ from: '', recipients: ['a@b.example'], size: 1 }), true)
    assert.deepEqual(rest, {
      id: 0,
      name: 'default',
      servers: [],
      tls: 'available',
      verifyCertificate: false,
      auth: undefined,
      authPlaintext: false,
      pipelining: true,
      bind: undefined,
      helo: undefined,
      maxConnections: 5,
      maxMessagesPerConnection: 100,
      maxRecipientsPerConnection: 0,
      maxRecipientsPerMessage: 100,
      idleTimeoutMs: 5000,
      replyTimeoutMs: 300_000,
      filterRules: [],
      order: 'arrival',
      script: 'relayout.lua',
    })
  })

  it('checks certificates by the kind of TLS unless told otherwise', () => {
    const table: [string, boolean][] = [
      ['tls = none', false],
      ['tls = available', false],
      ['tls = required', true],
      ['tls = Implicit', true],
      ['tls = required\nverify_certificate = no', false],
      ['tls = available\nverify_certificate = 1', true],
    ]
    for (const [lines, expected] of table) assert.equal(sender(lines).verifyCertificate, expected, lines)
  })
})

describe('parseSettings, senders', () => {
  it('numbers them in the order of the file', () => {
    const { senders } = clean('[sender.zeta]\nhost=z\n[main]\nskip_retry=5\n[sender.alpha]\n[sender.7]\n')
    assert.deepEqual(
      senders.map(({ id, name }) => [id, name]),
      [
        [0, 'zeta'],
        [1, 'alpha'],
        [2, '7'],
      ],
    )
  })

  it('wants a name, and only once', () => {
    for (const ini of ['[sender.]', '[sender]', '[sender. ]']) {
      assert.match(parse(ini).fatal[0]!.sentence, /the sender has no name/)
    }
    const { fatal } = parse('[sender.bulk]\n[sender.Bulk]')
    assert.equal(fatal[0]!.code, 'RELAYOUT_E_SENDER_NAME')
    assert.match(fatal[0]!.sentence, /\[sender\.Bulk\]: there is already a sender of this name, \[sender\.bulk\]/)
    assert.match(parse(`[sender.${'x'.repeat(65)}]`).fatal[0]!.sentence, /more than 64/)
  })

  it('does not start with a section that was meant to be a sender', () => {
    for (const section of ['Sender.bulk', 'senders.bulk', 'sender:bulk', 'sneder.bulk', 'sender bulk']) {
      const { fatal } = parse(`[${section}]\nhost=a`)
      assert.equal(fatal[0]?.code, 'RELAYOUT_E_UNUSABLE_SECTION', section)
      assert.match(fatal[0].sentence, /did you mean \[sender\.NAME\]\?/)
    }
  })
})

describe('parseSettings, host', () => {
  it('reads relay servers in order, with their ports', () => {
    const table: [string, [string, number][]][] = [
      ['relay.example', [['relay.example', 25]]],
      ['relay.example:587', [['relay.example', 587]]],
      ['a, b:26 ,c', [['a', 25], ['b', 26], ['c', 25]]], // prettier-ignore
      ['192.0.2.1:2525', [['192.0.2.1', 2525]]],
      ['[2001:db8::1]:587', [['2001:db8::1', 587]]],
      ['[2001:db8::1]', [['2001:db8::1', 25]]],
      ['2001:db8::1', [['2001:db8::1', 25]]],
      ['::1', [['::1', 25]]],
      ['fe80::1%eth0', [['fe80::1%eth0', 25]]],
      ['::ffff:192.0.2.1', [['::ffff:192.0.2.1', 25]]],
      ['1:2:3:4:5:6:7:8', [['1:2:3:4:5:6:7:8', 25]]],
      ['Relay_1.Example.', [['Relay_1.Example.', 25]]],
    ]
    for (const [host, servers] of table) {
      assert.deepEqual(
        sender(`host = ${host}`).servers.map((server) => [server.host, server.port]),
        servers,
        host,
      )
    }
    assert.equal(sender('host = relay.example\ntls = implicit').servers[0]!.port, 465)
    assert.equal(sender('host = relay.example:25\ntls = implicit').servers[0]!.port, 25)
  })

  it('does not start with a host that cannot be used', () => {
    const table: [string, RegExp][] = [
      ['host =', /nothing is given/],
      ['host', /nothing is given/],
      ['host = a,,b', /element 2 of the list is empty/],
      ['host = a,', /element 2 of the list is empty/],
      ['host = ,', /element 1 of the list is empty/],
      ['host = a:0', /"0" is no port/],
      ['host = a:65536', /"65536" is no port/],
      ['host = a:', /"" is no port/],
      ['host = a:smtp', /"smtp" is no port/],
      ['host = :25', /no host/],
      ['host = a b', /"a b" is no host name/],
      ['host = a..b', /is no host name/],
      ['host = -a', /is no host name/],
      ['host = a/b', /is no host name/],
      ['host = smtp://a', /is no/],
      ['host = bücher.example', /write its xn-- form/],
      ['host = 1.2.3', /is no IPv4 address/],
      ['host = 1.2.3.256', /is no IPv4 address/],
      ['host = 01.2.3.4', /is no IPv4 address/],
      ['host = 25', /this is no host name/],
      ['host = 1.5', /this is no host name/],
      ['host = [2001:db8::1', /is no IPv6 address/],
      ['host = [relay.example]:25', /is no IPv6 address/],
      ['host = 2001:db8::1::2', /is no IPv6 address/],
      ['host = 1:2:3:4:5:6:7:8:9', /is no IPv6 address/],
      ['host = 1:2:3:4:5:6:7', /is no IPv6 address/],
      ['host = 12345::', /is no IPv6 address/],
      ['host = :::', /is no IPv6 address/],
      ['host = ::1.2.3', /is no IPv6 address/],
      ['host[] = a\nhost[] = b', /there is no host\[\]/],
    ]
    for (const [line, reason] of table) {
      const text = fatalOf(line)
      assert.match(text, /^relayout\.ini \[sender\.bulk\] host = /)
      assert.match(text, reason, line)
    }
  })
})

describe('parseSettings, values', () => {
  it('reads times with and without units', () => {
    const table: [string, number][] = [
      ['5', 5000],
      ['5s', 5000],
      ['0.5', 500],
      ['1.5 S', 1500],
      ['250ms', 250],
      ['1m', 60_000],
      ['1h', 3_600_000],
      ['0', 0],
    ]
    for (const [text, ms] of table) assert.equal(sender(`idle_timeout = ${text}`).idleTimeoutMs, ms, text)
    assert.equal(clean('skip_retry = 2d').main.skipRetrySeconds, 172_800)
    assert.equal(clean('skip_retry = 1500ms').main.skipRetrySeconds, 2)
    assert.equal(clean('[batv]\nlifetime = 36h').batv.lifetimeDays, 2)
  })

  it('reads memory as MB', () => {
    for (const text of ['128', '128M', '128 MB', '128mb']) {
      assert.equal(clean(`script_memory = ${text}`).main.scriptMemoryMb, 128, text)
    }
    assert.equal(clean('script_memory = 1G').main.scriptMemoryMb, 1024)
  })

  it('reads booleans by the words of Haraka', () => {
    for (const word of ['true', 'YES', 'ok', 'enabled', 'on', '1']) {
      assert.equal(sender(`auth_plaintext = ${word}`).authPlaintext, true, word)
    }
    for (const word of ['false', 'No', 'off', 'disabled', '0']) {
      assert.equal(sender(`pipelining = ${word}`).pipelining, false, word)
    }
    const declared = parseSettings({ main: {}, 'sender.a': { pipelining: false } }, env)
    assert.deepEqual([declared.problems, declared.settings.senders[0]!.pipelining], [[], false])
  })

  it('uses the default of a value that is wrong, and says so in one sentence', () => {
    assert.equal(
      problemOf('[sender.bulk]\nmax_connections = many'),
      'relayout.ini [sender.bulk] max_connections = many: a whole number from 1 to 1000 is accepted. At start-up 5 is used; after an edit the last good settings stay in use',
    )
    assert.equal(
      problemOf('collect = 5 ; seconds'),
      'relayout.ini [main] collect = 5 ; seconds: a time from 0ms to 2s is accepted, a comment needs a line of its own. At start-up 250ms is used; after an edit the last good settings stay in use',
    )
    assert.equal(
      problemOf('[sender.bulk]\nauth_type = NTLM'),
      'relayout.ini [sender.bulk] auth_type = NTLM: PLAIN, LOGIN or CRAM-MD5 is accepted. At start-up no value is used; after an edit the last good settings stay in use',
    )
    const table = [
      ['max_connections = 0', 'max_connections = 1001', 'max_connections = 1.5', 'max_connections = -1'],
      ['max_connections', 'max_connections =', 'max_connections[] = 3', 'max_connections = 0x10'],
      ['max_recipients_per_message = 1000001', 'idle_timeout = 2h', 'idle_timeout = 5 weeks', 'idle_timeout = -1'],
      ['pipelining = maybe', 'pipelining =', 'pipelining = 2', 'verify_certificate = sometimes', 'order = biggest'],
      ['helo = no name', 'helo = 12', 'reply_timeout = 10ms', 'auth_plaintext[] = true'],
    ]
    const defaults = inspect({ ...sender(''), filter: undefined })
    for (const line of table.flat()) {
      const { settings, problems, fatal } = parse(`[sender.bulk]\n${line}`)
      assert.deepEqual([problems.length, fatal.length], [1, 0], line)
      assert.equal(problems[0]!.code, 'RELAYOUT_E_BAD_VALUE')
      assert.equal(inspect({ ...settings.senders[0], filter: undefined }), defaults, line)
    }
    for (const line of ['on_script_error = retry', 'script_timeout = 2m', 'script_memory = 1TB', 'skip_retry = 0']) {
      assert.match(problemOf(line), /^relayout\.ini \[main\] .* is accepted. At start-up \S+ is used; /)
    }
  })

  it('does not start where mail would go the wrong way', () => {
    const table: [string, RegExp][] = [
      [
        'tls = starttls',
        /tls = starttls: none, available, required or implicit is accepted, and mail could go the wrong/,
      ],
      ['tls =', /tls = \(nothing\)/],
      ['tls = yes', /tls = yes/],
      ['bind = eth0', /bind = eth0: an IPv4 or IPv6 address is accepted/],
      ['bind = 10.1', /bind = 10\.1/],
      ['bind =', /bind = \(nothing\)/],
      ['script = ../x.lua', /script = \.\.\/x\.lua: .* is accepted, "\.\." is not/],
      ['script = a/../../x.lua', /"\.\." is not/],
      ['script = /etc/x.lua', /an absolute path is not/],
      ['script = C:\\x.lua', /an absolute path is not/],
      ['script =', /script = \(nothing\)/],
      ['filter = From: *', /not filter =/],
      ['filter[] = To: x@y.example', /filter\[\], rule 1, "To: x@y\.example": there is no rule "To:"/],
      ['filter[]', /rule 1, "": the pattern is missing/],
      ['hots = relay.example', /hots: there is no such key here \(did you mean host\?\), and without it mail/],
      ['filters[] = *', /did you mean filter\?/],
    ]
    for (const [line, reason] of table) assert.match(fatalOf(line), reason, line)
    assert.equal(sender('bind = 2001:db8::1').bind, '2001:db8::1')
    assert.equal(sender('script = lua/bulk.lua').script, 'lua/bulk.lua')
    assert.match(parse('host = relay.example').fatal[0]!.sentence, /\[main\] host: .*belongs into a \[sender\.NAME\]/)
  })

  it('names unknown keys and sections, with what may have been meant', () => {
    const table: [string, RegExp][] = [
      [
        '[sender.bulk]\nmax_conections = 3',
        /max_conections: there is no such key \(did you mean max_connections\?\)\. At start-up/,
      ],
      ['[sender.bulk]\nmaxconnections = 3', /did you mean max_connections\?/],
      ['[sender.bulk]\ncolour = red', /colour: there is no such key\. At start-up it is ignored; /],
      ['skip-retry = 3', /\[main\] skip-retry: .* \(did you mean skip_retry\?\)/],
      ['pipelining = no', /belongs into a \[sender\.NAME\] section/],
      ['[batv]\nlifetme = 3', /did you mean lifetime\?/],
      ['[man]\nkey = 3', /\[man\]: there is no such section \(did you mean \[main\]\?\)/],
      ['[whatever]\nkey = 3', /\[whatever\]: there is no such section\. At start-up it is ignored; /],
    ]
    for (const [ini, reason] of table) assert.match(problemOf(ini), reason, ini)
  })
})

describe('parseSettings, secrets', () => {
  it('takes user and password from the file or from auth_file', () => {
    const { auth } = sender('auth_user = me\nauth_pass = p =w#d\nauth_type = login')
    assert.deepEqual([auth?.user.reveal(), auth?.pass.reveal(), auth?.type], ['me', 'p =w#d', 'LOGIN'])
    const fromFile = sender('auth_file = good').auth
    assert.deepEqual([fromFile?.user.reveal(), fromFile?.pass.reveal()], ['me', '007'])
  })

  it('does not start without both halves, or with a value that was changed in reading', () => {
    const table: [string, RegExp][] = [
      ['auth_user = me', /auth_user: there is no auth_pass/],
      ['auth_pass = hush', /auth_pass: there is no auth_user/],
      ['auth_user = me\nauth_pass = 0071', /auth_pass: it reads as a number, .* put it into auth_file/],
      ['auth_user = me\nauth_pass = 1.50', /auth_pass: it reads as a number/],
      ['auth_user = 12\nauth_pass = hush', /auth_user: it reads as a number/],
      ['auth_user = me\nauth_pass =', /auth_pass: it is empty/],
      ['auth_user = me\nauth_pass', /auth_pass: it is empty/],
      ['auth_user = me\nauth_pass[] = hush', /auth_pass: it is given as a list/],
      ['auth_file = missing', /auth_file: missing cannot be used: no such file/],
      ['auth_file =', /auth_file = \(nothing\): a file name is accepted/],
      ['auth_file = good\nauth_user = me', /auth_file: auth_user or auth_pass is given too/],
    ]
    for (const [lines, reason] of table) {
      const text = fatalOf(lines)
      assert.match(text, reason, lines)
      assert.doesNotMatch(text, /hush|71|1\.5/)
    }
    const { fatal } = parseSettings({ 'sender.a': { auth_user: 'me', auth_pass: true } }, env)
    assert.match(fatal[0]!.sentence, /auth_pass: it reads as true or false/)
    assert.match(parse('[batv]\nsecret = 12').fatal[0]!.sentence, /\[batv\] secret: .* put it into secret_file/)
  })

  it('prints no secret, whichever way the settings are printed', () => {
    const ini = '[batv]\nsecret = hush1\naccept[] = 3:hush2\n[sender.a]\nauth_user = hush3\nauth_pass = hush4'
    const settings = clean(ini)
    assert.equal(settings.batv.keys[1]?.secret.reveal(), 'hush2')
    const printed = inspect(settings, { depth: 9, showHidden: true }) + JSON.stringify(settings)
    assert.doesNotMatch(`${printed}${String(settings.senders[0]!.auth?.pass)}`, /hush/)
  })
})

describe('parseSettings, tagged return paths', () => {
  const batv = (lines: string) => clean(`[batv]\n${lines}`).batv
  const keysOf = (lines: string) => batv(lines).keys.map(({ key, secret }) => [key, secret.reveal()])

  /** The sentences of all that is fatal. */
  const fatals = (lines: string): string[] => sentences(parse(`[batv]\n${lines}`).fatal)

  it('signs with the first of the keys and takes all of them', () => {
    const { signing, keys } = batv('enabled = yes\nsecret = one\nkey = 3\naccept[] = 2:two\naccept[] = 3:three')
    assert.equal(keys[0], signing)
    assert.deepEqual([signing?.key, signing?.secret.reveal()], [3, 'one'])
    const table: [string, [number, string][]][] = [
      ['', []],
      ['secret = one', [[0, 'one']]],
      // The secret changes, the digit does not.
      ['secret = one\nkey = 3\naccept[] = 3:two', [[3, 'one'], [3, 'two']]],
      ['secret = one\naccept[] = 0:one\naccept[] = 0:one', [[0, 'one'], [0, 'one'], [0, 'one']]],
      // It only verifies: the mail leaves elsewhere.
      ['accept[] = 2:two', [[2, 'two']]],
    ] // prettier-ignore
    for (const [lines, keys] of table) assert.deepEqual(keysOf(lines), keys, lines)
  })

  it('reads the secret from a file, in one line as it stands', () => {
    assert.deepEqual(keysOf('secret_file = one\nkey = 9'), [[9, '007']])
    assert.deepEqual(keysOf('secret_file = /etc/one'), [[0, ' a b ']])
  })

  it('does not start with a secret that it cannot read', () => {
    const table: [string, RegExp][] = [
      ['secret_file = missing', /secret_file: missing cannot be used: no such file/],
      ['secret_file = empty', /secret_file: empty cannot be used: it is empty/],
      ['secret_file = many', /secret_file: many cannot be used: it has more than one line/],
      ['secret_file = one\nsecret = hush', /secret_file: secret is given too; use one way/],
      ['secret_file =', /secret_file = \(nothing\): a file name is accepted/],
      ['secret =', /secret: it is empty/],
      ['secret = 007', /secret: it reads as a number/],
      ['accept[] = hush', /accept: element 1 is not KEY:SECRET/],
    ]
    for (const [lines, reason] of table) {
      for (const more of ['', '\nenabled = yes', '\nrequire = yes\ndomains = example.com']) {
        const all = fatals(lines + more)
        assert.match(all[0] ?? '', reason, lines)
        assert.doesNotMatch(all.join(), /hush|007/)
        assert.equal(all.length, 1, all.join('\n'))
      }
    }
  })

  it('does not start where mail would leave untagged, or every bounce be refused, for want of a secret', () => {
    const secretless = (key: string, harm: string): string =>
      `relayout.ini [batv] ${key} = true: there is no secret to go with it, and ${harm}. Give one as secret or in a ` +
      'secret_file. Haraka does not start with it; after an edit the last good settings stay in use'
    assert.deepEqual(fatals('enabled = true'), [secretless('enabled', 'return paths would stay untagged')])
    assert.deepEqual(fatals('enabled = on\naccept[] = 1:x'), fatals('enabled = true'))
    assert.deepEqual(fatals('require = true\ndomains = example.com'), [
      secretless('require', 'every bounce would be refused'),
    ])
    batv('require = true\ndomains = example.com\naccept[] = 1:x')
    batv('fallback = true\ndomains = example.com\nlifetime = 3d')
  })

  it('does not start when it is to refuse untagged bounces and is not told of which domains', () => {
    const [only, ...others] = fatals('require = true\nsecret = x')
    assert.match(
      only ?? '',
      /require = true: .* Give the domains .* as in domains = example\.com, example\.net\. Haraka/,
    )
    assert.deepEqual(others, [])
    const { problems, fatal } = parse('[batv]\nrequire = true\nsecret = x\ndomains = *.example.com')
    assert.deepEqual([...problems, ...fatal].map(({ code }) => code), ['RELAYOUT_E_UNUSABLE_VALUE']) // prettier-ignore
  })

  it('does not start where it is not plain whether mail is to be tagged, or bounces are to be refused', () => {
    assert.match(fatals('enabled = maybe')[0] ?? '', /enabled = maybe: true or false is accepted, and mail could go/)
    assert.match(
      fatals('require = perhaps')[0] ?? '',
      /require = perhaps: true or false is accepted, and mail could go/,
    )
    const [problem] = parse('[bavt]\nkey = 3').fatal
    assert.match(problem?.sentence ?? '', /\[bavt\]: this is no section \(did you mean \[batv\]\?\)/)
  })

  it('remarks on what is no mistake, but hardly meant', () => {
    const remarks = (lines: string): string[] => {
      const { problems, fatal, remarks } = parse(`[batv]\n${lines}`)
      assert.deepEqual([...problems, ...fatal], [], lines)
      return remarks.map(({ sentence }) => sentence)
    }
    const secret = 'sixteen letters!'
    assert.deepEqual(remarks(`secret = ${secret}\nenabled = yes\nrequire = yes\ndomains = example.com`), [])
    assert.match(remarks(`secret = ${secret}\nrequire = yes\ndomains = example.com`)[0] ?? '', /but enabled is not/)
    const [short] = remarks('secret = fifteen letters')
    assert.match(short ?? '', /\[batv\] secret: a secret of fewer than 16 characters can be guessed/)
    assert.doesNotMatch(short ?? '', /fifteen/)
    assert.match(remarks('secret_file = one')[0] ?? '', /\[batv\] secret_file: a secret of fewer/)
  })

  it('has domains in lower case and in their ASCII form', () => {
    assert.deepEqual(batv('domains = Example.COM, b\u00dccher.example,xn--bcher-kva.example').domains, [
      'example.com',
      'xn--bcher-kva.example',
      'xn--bcher-kva.example',
    ])
    assert.deepEqual(batv('domains[] = example.com\ndomains[] = 1.2.3').domains, ['example.com', '1.2.3'])
    for (const bad of [
      'a,,b',
      'joe@example.com',
      '*.example.com',
      'example.com.',
      'xn--\u00fc.example',
      '[192.0.2.1]',
    ]) {
      assert.match(
        fatals(`domains = ${bad}`)[0] ?? '',
        /domains = .*but element \d is no domain, and mail could go/,
        bad,
      )
    }
  })
})

describe('parseSettings, anything at all', () => {
  it('never throws', () => {
    const keys = ['main', 'batv', 'sender.a', 'sender.', 'sender', '__proto__', 'constructor', 'toString', 'host']
    const names = ['host', 'tls', 'filter', 'auth_pass', 'script', 'collect', 'key', '__proto__', 'hasOwnProperty']
    const value = fc.oneof(fc.anything(), fc.constantFrom('', 0, NaN, null, undefined, [], [undefined], {}))
    const section = fc.oneof(value, fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value))
    const raw = fc.oneof(value, fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), section))
    fc.assert(
      fc.property(raw, (input) => {
        const { settings, problems, fatal } = parseSettings(input, env)
        assert.ok(settings.senders.length > 0)
        // eslint-disable-next-line no-control-regex -- a sentence is one printable line
        for (const text of sentences([...problems, ...fatal])) assert.doesNotMatch(text, /[\x00-\x1f]/)
      }),
      { numRuns: 2000 },
    )
  })
})
