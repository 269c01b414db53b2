import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

import { HarakaInstance, PACKAGE, until } from '../support/haraka-instance.js'
import { startScriptedRelay } from '../support/scripted-relay.js'
import { plainMessage, submit } from '../support/submit.js'

const npm = (folder: string, ...args: string[]): string =>
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
  })

describe('the package, installed into a folder made by haraka -i', function () {
  this.timeout(300_000)

  it('works with its tarball, npm install and one line in config/plugins', async () => {
    const relay = await startScriptedRelay()
    const haraka = await HarakaInstance.create({ ini: `[sender.main]\nhost=127.0.0.1:${relay.port}\n` })
    try {
      fs.rmSync(path.join(haraka.folder, 'node_modules'), { recursive: true })
      npm(PACKAGE, 'pack', '--ignore-scripts', '--pack-destination', haraka.folder)
      const tarball = fs.readdirSync(haraka.folder).find((name) => name.endsWith('.tgz'))
      assert.ok(tarball)
      npm(haraka.folder, 'install', `./${tarball}`)
      const installed = path.join(haraka.folder, 'node_modules', 'haraka-plugin-relayout')
      assert.ok(!fs.lstatSync(installed).isSymbolicLink())
      assert.deepEqual(
        fs.readdirSync(path.join(installed, 'dist')).sort(),
        ['lib', 'plugins'],
        'only what the plugin needs is in the package',
      )
      // The script that the package ships, as the README says to begin with.
      fs.copyFileSync(
        path.join(installed, 'config', 'relayout.lua'),
        path.join(haraka.folder, 'config', 'relayout.lua'),
      )
      await haraka.start()
      await submit(haraka.port, [
        { from: 'joe@example.com', to: ['ann@example.net'], data: plainMessage('bulk', ['Precedence: bulk']) },
      ])
      await relay.waitFor(1)
      await haraka.waitForLog(/\[relayout\] send sender=main priority=10 /)
      await until('the queue is empty', () => haraka.queue().length === 0)
    } finally {
      await haraka.remove()
      await relay.close()
    }
  })
})

describe('Haraka does not start', function () {
  this.timeout(60_000)

  for (const [what, ini, sentence] of [
    [
      'with a host that is none',
      '[sender.main]\nhost=relay.example.com:0\n',
      /\[sender\.main\] host = relay\.example\.com:0/,
    ],
    ['with an unknown tls', '[sender.main]\ntls=sometimes\n', /\[sender\.main\] tls = sometimes/],
    ['with a secret it cannot read', '[sender.main]\nauth_file=none.txt\n', /\[sender\.main\] auth_file/],
    ['with tagged return paths but no secret', '[batv]\nenabled=true\n', /\[batv\] enabled = true: there is no secret/],
    ['with a filter rule that is none', '[sender.main]\nfilter[]=Size>2k\n', /filter/],
  ] as const) {
    for (const nodes of [0, 1]) {
      it(`${what}${nodes ? ', under a master process' : ''}: it says what to mend`, async () => {
        const haraka = await HarakaInstance.create({ ini, nodes })
        try {
          await assert.rejects(haraka.start(), sentence)
        } finally {
          await haraka.remove()
        }
      })
    }
  }

  for (const name of ['relayout.ini', 'relayout.lua']) {
    it(`with a ${name} that is there but cannot be read: all mail would go without its rules`, async () => {
      const haraka = await HarakaInstance.create({ ini: '[sender.main]\nhost=relay.example.com\n', script: '-- rules' })
      try {
        const file = path.join(haraka.folder, 'config', name)
        // Not even root can read a link that leads to itself.
        fs.rmSync(file)
        fs.symlinkSync(name, file)
        await assert.rejects(
          haraka.start(),
          new RegExp(`${name} is in Haraka's config folder but cannot be read \\(ELOOP`),
        )
      } finally {
        await haraka.remove()
      }
    })
  }

  it('when its own parts are not as the plugin knows them', async () => {
    const haraka = await HarakaInstance.create({
      ini: '',
      // Loaded before relayout: takes away what the plugin relies on, as another version of Haraka might.
      plugins: {
        other: 'exports.register = function () { delete this.haraka_require("outbound/client_pool").get_client }',
      },
    })
    try {
      await assert.rejects(haraka.start(), /Haraka 3\.\d+\.\d+ is not built as this plugin expects.*get_client/)
    } finally {
      await haraka.remove()
    }
  })
})

describe('relayout.ini', function () {
  this.timeout(60_000)

  it('with a mistake that does no harm is named in the log, and the default is used', async () => {
    const haraka = await HarakaInstance.start({
      ini: '[sender.main]\nmax_connections=many\nmax_conections=3\n[mian]\nx=1\n',
    })
    try {
      await haraka.waitForLog(/\[WARN\] \[-\] \[relayout\] settings .*max_connections = many: .* 5 is used;/)
      await haraka.waitForLog(/\[relayout\] settings .*max_conections: .*did you mean max_connections/)
      await haraka.waitForLog(/\[relayout\] settings .*\[mian\]/)
    } finally {
      await haraka.remove()
    }
  })

  it('is read again when it changes; a bad edit keeps the last good settings', async () => {
    const relays = [await startScriptedRelay(), await startScriptedRelay()] as const
    const ini = (relay: { port: number }): string => `[sender.main]\nhost=127.0.0.1:${relay.port}\n`
    const haraka = await HarakaInstance.start({ ini: ini(relays[0]) })
    const message = { from: 'joe@example.com', to: ['ann@example.net'], data: plainMessage('one') }
    try {
      haraka.write('config/relayout.ini', '[sender.main]\nhost=:::\n')
      await haraka.waitForLog(/\[ERROR\] \[-\] \[relayout\] settings .*host = :::/)
      await submit(haraka.port, [message])
      await relays[0].waitFor(1)
      haraka.write('config/relayout.ini', ini(relays[1]))
      await haraka.waitForLog(/\[NOTICE\] \[-\] \[relayout\] reload file=relayout.ini changed=".*host/)
      await submit(haraka.port, [message])
      await relays[1].waitFor(1)
      assert.equal(relays[0].messages.length, 1)
    } finally {
      await haraka.remove()
      for (const relay of relays) await relay.close()
    }
  })
})
