import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

import { lock } from '../../demo/lock.js'
import { startOptions } from '../../demo/options.js'
import { packageRoot } from '../../demo/package-root.js'
import { freePort, isFree, needPort } from '../../demo/ports.js'
import { preflight } from '../../demo/preflight.js'
import { Problem } from '../../demo/problem.js'

const ROOT = packageRoot()

function sentence(of: () => unknown): string {
  try {
    of()
  } catch (error) {
    assert.ok(error instanceof Problem, String(error))
    assert.doesNotMatch(error.message, /\n/)
    return error.message
  }
  return assert.fail('there was no problem')
}

describe('what npm start needs', () => {
  let folder: string
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-preflight-'))))
  after(() => fs.rmSync(folder, { recursive: true }))

  it('is there in a package that is installed and built', () => {
    assert.doesNotThrow(() => preflight(ROOT))
  })

  it('is Node 20', () => {
    for (const version of ['v18.20.4', 'v9.0.0', 'something']) {
      assert.equal(
        sentence(() => preflight(ROOT, version)),
        `Node.js 20 or later is needed, this is ${version}: install it from https://nodejs.org.`,
      )
    }
    assert.doesNotThrow(() => preflight(ROOT, 'v24.1.0'))
  })

  it('is the modules, then the build', () => {
    assert.equal(
      sentence(() => preflight(folder)),
      'The module haraka (the mail server itself) is not installed: run npm install first.',
    )
    for (const name of ['haraka', 'haraka-plugin-relay', 'smtp-server', 'fengari']) {
      fs.mkdirSync(path.join(folder, 'node_modules', name), { recursive: true })
      fs.writeFileSync(path.join(folder, 'node_modules', name, 'package.json'), '{}')
    }
    assert.equal(
      sentence(() => preflight(folder)),
      'dist/lib is missing: run npm run build first.',
    )
    fs.mkdirSync(path.join(folder, 'dist', 'lib'), { recursive: true })
    assert.equal(
      sentence(() => preflight(folder)),
      'dist/plugins/relayout.js is missing: run npm run build first.',
    )
  })

  it('is a folder inside the package', () => {
    assert.match(
      sentence(() => packageRoot(folder)),
      /is not inside the folder of haraka-plugin-relayout/,
    )
  })
})

describe('a port', () => {
  let server: net.Server
  let port: number
  before(async () => {
    server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as net.AddressInfo).port
  })
  after(() => server.close())

  it('that is in use is said to be, with the option that chooses another', async () => {
    await assert.rejects(needPort(port, '--relay-port'), (error: unknown) => {
      assert.ok(error instanceof Problem)
      assert.match(
        error.message,
        new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is in use .*npm start -- --relay-port \\d+\\.$`),
      )
      return true
    })
    assert.equal(await isFree(port), false)
  })

  it('that is preferred is taken when it is free, else another one', async () => {
    const free = await freePort()
    assert.equal(await freePort(free), free)
    assert.notEqual(await freePort(port), port)
  })
})

describe('the options of npm start', () => {
  const of = (args: string[], env: NodeJS.ProcessEnv = {}) => startOptions(args, env, '/package')

  it('have defaults', () => {
    assert.deepEqual(of([]), { port: 2525, relayPort: undefined, folder: path.resolve('/package/instance') })
  })

  it('come from the command line before the environment', () => {
    const env = { PORT: '3000', RELAY_PORT: '3001', INSTANCE: '/elsewhere' }
    assert.deepEqual(of([], env), { port: 3000, relayPort: 3001, folder: path.resolve('/elsewhere') })
    assert.deepEqual(of(['--port', '4000', '--relay-port=4001', '--folder', 'x'], env), {
      port: 4000,
      relayPort: 4001,
      folder: path.resolve('x'),
    })
  })

  it('that make no sense are one sentence', () => {
    for (const wrong of [['--port', 'x'], ['--port', '0'], ['--port', '65536'], ['--prot', '1'], ['--port'], ['1']]) {
      assert.match(
        sentence(() => of(wrong)),
        /npm start -- /,
        wrong.join(' '),
      )
    }
    assert.match(
      sentence(() => of(['--port', '3000', '--relay-port', '3000'])),
      /two different ones/,
    )
  })
})

describe('the lock of an instance', () => {
  let folder: string
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-lock-'))))
  afterEach(() => fs.rmSync(folder, { recursive: true }))

  it('keeps a second npm start out while the first one lives', () => {
    fs.writeFileSync(path.join(folder, 'npm-start.pid'), `${process.ppid}\n`)
    assert.match(
      sentence(() => lock(folder)),
      new RegExp(`^Another npm start \\(process ${process.ppid}\\) runs in `),
    )
  })

  it('is of no account when its process is gone', () => {
    fs.writeFileSync(path.join(folder, 'npm-start.pid'), '999999999\n')
    lock(folder)
    assert.equal(fs.readFileSync(path.join(folder, 'npm-start.pid'), 'utf8'), `${process.pid}\n`)
  })
})
