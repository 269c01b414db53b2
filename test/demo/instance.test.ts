import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { makeInstance, withListen, withRelayPort } from '../../demo/instance.js'
import { packageRoot } from '../../demo/package-root.js'

describe('the instance folder', () => {
  const root = packageRoot()
  let folder: string
  beforeEach(() => (folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-instance-')), 'instance')))
  afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true }))

  const read = (name: string): string => fs.readFileSync(path.join(folder, 'config', name), 'utf8')
  const make = (port: number, relayPort?: number) => makeInstance({ root, folder, port, relayPort })

  it('is made as by haraka -i, with the plugin, the script of the package and the test relay', () => {
    const instance = make(2525)
    assert.deepEqual(instance, { folder, relayPort: 2526, hosts: ['127.0.0.1:2526'] })
    assert.match(read('smtp.ini'), /^listen=127\.0\.0\.1:2525$/m)
    assert.match(read('smtp.ini'), /^nodes=0$/m)
    assert.match(read('plugins'), /^relay\n(#.*\n)*relayout$/m)
    assert.match(read('relayout.ini'), /^\[sender\.main\]\n(;.*\n)+host = 127\.0\.0\.1:2526$/m)
    assert.equal(read('relayout.lua'), fs.readFileSync(path.join(root, 'config', 'relayout.lua'), 'utf8'))
    assert.match(read('outbound.bounce_message'), /^Subject: /m)
    assert.ok(fs.existsSync(path.join(folder, 'config', 'internalcmd_key')))
    assert.equal(fs.realpathSync(path.join(folder, 'node_modules', 'haraka-plugin-relayout')), fs.realpathSync(root))
  })

  it('keeps what the user wrote', () => {
    make(2525)
    for (const name of ['relayout.lua', 'plugins', 'outbound.ini'])
      fs.writeFileSync(path.join(folder, 'config', name), 'mine')
    fs.appendFileSync(path.join(folder, 'config', 'smtp.ini'), 'inactivity_timeout=7\n')
    fs.appendFileSync(path.join(folder, 'config', 'relayout.ini'), '[main]\nskip_retry = 7s\n')
    make(2525)
    for (const name of ['relayout.lua', 'plugins', 'outbound.ini']) assert.equal(read(name), 'mine')
    assert.match(read('smtp.ini'), /inactivity_timeout=7/)
    assert.match(read('relayout.ini'), /skip_retry = 7s/)
  })

  it('makes again what was removed', () => {
    make(2525)
    fs.rmSync(path.join(folder, 'config', 'relayout.lua'))
    make(2525)
    assert.notEqual(read('relayout.lua'), '')
  })

  it('follows the ports that are asked for, and remembers that of the test relay', () => {
    make(2525)
    assert.equal(make(3000, 3001).relayPort, 3001)
    assert.match(read('smtp.ini'), /^listen=127\.0\.0\.1:3000$/m)
    assert.match(read('relayout.ini'), /^host = 127\.0\.0\.1:3001$/m)
    assert.equal(make(3000).relayPort, 3001)
  })

  it('has no test relay once the user has a relay server of his own', () => {
    make(2525)
    const own = read('relayout.ini').replace('127.0.0.1:2526', 'smtp.example.com:587')
    fs.writeFileSync(path.join(folder, 'config', 'relayout.ini'), own)
    assert.deepEqual(make(2525, 2600), { folder, relayPort: undefined, hosts: ['smtp.example.com:587'] })
    assert.equal(read('relayout.ini'), own)
  })
})

describe('the ports in the settings', () => {
  it('listen: its line is replaced, or added where there is none', () => {
    assert.equal(withListen('a=1\nlisten=[::0]:25\nb=2\n', 7), 'a=1\nlisten=127.0.0.1:7\nb=2\n')
    assert.equal(withListen(';listen=[::0]:25\n', 7), 'listen=127.0.0.1:7\n;listen=[::0]:25\n')
  })

  it('host: only the test relay moves, comments and other relay servers stay', () => {
    const ini = '; host = 127.0.0.1:2526\n[sender.a]\nhost = 127.0.0.1:2526\n[sender.b]\nhost=smtp.example.com\n'
    assert.deepEqual(withRelayPort(ini, 2526, 9), {
      ini: ini.replace('\nhost = 127.0.0.1:2526', '\nhost = 127.0.0.1:9'),
      hosts: ['127.0.0.1:9', 'smtp.example.com'],
      usesTestRelay: true,
    })
  })
})
