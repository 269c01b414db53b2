import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import { packageRoot } from '../../demo/package-root.js'
import { freePort, isFree } from '../../demo/ports.js'
import { until } from '../support/haraka-instance.js'
import { Command } from './command.js'

const run = promisify(execFile)

describe('npm start', () => {
  let parent: string
  let args: string[]
  let port: number
  let relayPort: number
  const started: Command[] = []

  beforeEach(async () => {
    parent = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-start-'))
    port = await freePort()
    relayPort = await freePort()
    args = ['--port', String(port), '--relay-port', String(relayPort), '--folder', path.join(parent, 'instance')]
  })

  afterEach(async () => {
    for (const command of started.splice(0)) {
      command.child.kill('SIGINT')
      await command.ended()
    }
    fs.rmSync(parent, { recursive: true, force: true, maxRetries: 5 })
  })

  const begin = (more: readonly string[] = [], nodeArgs: readonly string[] = []): Command => {
    const command = new Command('start.js', [...args, ...more], nodeArgs)
    started.push(command)
    return command
  }

  it('says where it listens, shows a message go through the script, and ends cleanly on Ctrl-C', async () => {
    const start = begin()
    await start.waitFor(/Ctrl-C ends it/)
    assert.match(
      start.output,
      new RegExp(`listens on 127\\.0\\.0\\.1:${port}; .*test relay on 127\\.0\\.0\\.1:${relayPort}`),
    )
    assert.match(start.output, /The script +\S*relayout\.lua/)

    const [, file = '', rest = ''] = await start.waitFor(/^ {2}node (\S+) (.*)$/m)
    await run(process.execPath, [path.resolve(packageRoot(), file), ...rest.split(' ')])
    await start.waitFor(/^\S+ send +sender=main priority=\d+ /m)
    await start.waitFor(/^\S+ test relay received <me@example\.com> → <you@example\.net>, \d+ bytes, "Hello/m)

    const log = path.join(parent, 'instance', 'haraka.log')
    await until('Haraka has delivered it', () => /\[outbound\].*delivered file=/.test(fs.readFileSync(log, 'utf8')))
    assert.doesNotMatch(start.output, /delivered file=/)

    start.child.kill('SIGINT')
    assert.equal(await start.ended(), 0, start.output)
    assert.doesNotMatch(start.output, /^ {4}at /m)
    assert.ok((await isFree(port)) && (await isFree(relayPort)))
  })

  it('names a curl command that works', async function () {
    const start = begin()
    const [, command = ''] = await start.waitFor(/^ {2}(printf .*)$/m)
    try {
      await run('curl', ['--version'])
    } catch {
      this.skip()
    }
    await run('sh', ['-c', command])
    await start.waitFor(/test relay received .*"Hello"/)
  })

  it('shows what the test relay refuses', async () => {
    const start = begin()
    await start.waitFor(/Ctrl-C ends it/)
    const send = new Command('send.js', ['--port', String(port), 'refuse@example.net'])
    assert.equal(await send.ended(), 0, send.output)
    await start.waitFor(/test relay answered 550 5\.7\.1 .* to RCPT TO:<refuse@example\.net>/)
  })

  it('leaves nothing behind when it is killed', async () => {
    const start = begin()
    await start.waitFor(/Ctrl-C ends it/)
    start.child.kill('SIGKILL')
    await start.ended()
    for (const each of [port, relayPort]) {
      let free = false
      void isFree(each).then((is) => (free = is))
      await until(`port ${each} is free`, () => {
        void isFree(each).then((is) => (free ||= is))
        return free
      })
    }
  })

  it('keeps a second one out of its folder', async () => {
    await begin().waitFor(/Ctrl-C ends it/)
    const second = begin(['--port', String(await freePort())])
    assert.equal(await second.ended(), 1)
    assert.match(second.output, /^\nAnother npm start \(process \d+\) runs in .*\n$/)
  })

  const failsWith = async (command: Command, sentence: RegExp): Promise<void> => {
    assert.equal(await command.ended(), 1)
    assert.match(command.output, sentence)
  }

  it('says in one sentence that a port is in use', async () => {
    for (const [busy, option] of [
      [port, 'port'],
      [relayPort, 'relay-port'],
    ] as const) {
      const server = net.createServer().listen(busy, '127.0.0.1')
      await failsWith(
        begin(),
        new RegExp(`^\\nPort ${busy} of 127\\.0\\.0\\.1 is in use by .* npm start -- --${option} \\d+\\.\\n$`),
      )
      server.close()
    }
  })

  it('says in one sentence that Node is too old', async () => {
    const preload = path.join(parent, 'old-node.js')
    fs.writeFileSync(preload, "Object.defineProperty(process, 'version', { value: 'v18.20.4' })")
    await failsWith(begin([], ['--require', preload]), /^\nNode\.js 20 or later is needed, this is v18\.20\.4: .*\n$/)
  })

  it('says what Haraka said when it does not start', async () => {
    const config = path.join(parent, 'instance', 'config')
    fs.mkdirSync(config, { recursive: true })
    fs.writeFileSync(path.join(config, 'relayout.ini'), '[sender.main]\nhost = 127.0.0.1:2526\ntls = perhaps\n')
    const start = begin()
    assert.equal(await start.ended(), 1, start.output)
    assert.match(
      start.output,
      /^\nHaraka ended by itself \(code 1\): relayout\.ini \[sender\.main\] tls = perhaps: .*\n.*haraka\.log\.\n$/,
    )
  })
})
