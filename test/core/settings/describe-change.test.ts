import assert from 'node:assert/strict'
import { domainToASCII, domainToUnicode } from 'node:url'
import { describeChange } from '../../../lib/core/settings/describe-change.js'
import { parseSettings } from '../../../lib/core/settings/parse-settings.js'
import type { Settings } from '../../../lib/core/settings/settings.js'
import { readIni } from '../../support/read-ini.js'

function settings(ini: string, content = 'hush'): Settings {
  const env = { readSecretFile: () => ({ content }), domainToUnicode, domainToASCII }
  return parseSettings(readIni(ini), env).settings
}

describe('describeChange', () => {
  it('names each changed key with its old and new value', () => {
    const table: [string, string, string[]][] = [
      ['', '', []],
      ['skip_retry = 60', 'skip_retry = 1m', []],
      ['', 'skip_retry = 90', ['[main] skip_retry: 1m -> 90s']],
      ['', 'script_memory = 1G', ['[main] script_memory: 64MB -> 1024MB']],
      ['', '[batv]\nfallback = yes', ['[batv] fallback: false -> true']],
      ['[sender.a]\nhost=x', '[sender.a]\nhost=x,[::1]:26', ['[sender.a] host: x:25 -> x:25, [::1]:26']],
      ['[sender.a]', '[sender.a]\nbind=::1', ['[sender.a] bind: (none) -> ::1']],
      ['[sender.a]\nfilter[]=x', '[sender.a]\nfilter[]=x\nfilter[]=!y', ['[sender.a] filter: x -> x | !y']],
      ['[sender.a]\ntls=none', '[sender.a]\ntls=required', [
        '[sender.a] tls: none -> required',
        '[sender.a] verify_certificate: false -> true',
      ]], // prettier-ignore
    ]
    for (const [before, after, changes] of table) {
      assert.deepEqual(describeChange(settings(before), settings(after)), changes)
    }
  })

  it('names senders that came, went or changed their id', () => {
    const before = settings('[sender.a]\n[sender.b]\n[sender.c]')
    const after = settings('[sender.c]\n[sender.b]\n[sender.d]')
    assert.deepEqual(describeChange(before, after), [
      '[sender.c] senderid: 2 -> 0',
      '[sender.d] added',
      '[sender.a] removed',
    ])
  })

  it('says of a secret only that it changed', () => {
    const before = settings('[batv]\nsecret = one\naccept[] = 1:one\n[sender.a]\nauth_user = me\nauth_pass = one')
    const after = settings('[batv]\nsecret = two\naccept[] = 1:two\n[sender.a]\nauth_user = me\nauth_pass = two')
    assert.deepEqual(describeChange(before, after), [
      '[batv] secret changed',
      '[batv] accept changed',
      '[sender.a] auth changed',
    ])
    assert.deepEqual(describeChange(before, before), [])
  })

  it('tells what a change of the keys that tags are made with comes to', () => {
    const table: [string, string, string[]][] = [
      ['secret = one', 'secret = one\nkey = 3', ['[batv] key: 0 -> 3']],
      ['secret = one', 'secret = two\nkey = 3', ['[batv] secret changed', '[batv] key: 0 -> 3']],
      ['', 'secret = one\nkey = 3', ['[batv] secret added']],
      ['secret = one', '', ['[batv] secret removed']],
      ['key = 1', 'key = 2', []],
      ['secret = hush', 'secret_file = x', []],
      ['secret = one', 'secret = two\naccept[] = 0:one', ['[batv] secret changed', '[batv] accept changed']],
      ['accept[] = 0:one', 'secret = one', ['[batv] secret added', '[batv] accept changed']],
    ]
    for (const [before, after, changes] of table) {
      assert.deepEqual(describeChange(settings(`[batv]\n${before}`), settings(`[batv]\n${after}`)), changes, after)
    }
  })

  it('sees another content of the secret_file', () => {
    const ini = '[batv]\nsecret_file = x'
    assert.deepEqual(describeChange(settings(ini, 'one'), settings(ini, 'one\n')), [])
    assert.deepEqual(describeChange(settings(ini, 'one'), settings(ini, 'two')), ['[batv] secret changed'])
  })
})
