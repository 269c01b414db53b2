import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { until } from '../support/haraka-instance.js'
import { endThoseOf, idsOf } from './left-over.js'
import { type Ended, runProgram } from './program.js'

describe('a program', () => {
  let folder: string
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-program-'))))
  afterEach(() => {
    endThoseOf(folder)
    fs.rmSync(folder, { recursive: true })
  })

  const run = (source: string, limitMs = 30_000): Promise<Ended> =>
    runProgram(process.execPath, ['-e', source], {
      cwd: folder,
      env: process.env,
      log: path.join(folder, 'log'),
      limitMs,
    })

  it('has said what it printed, to both streams, there and in the log', async () => {
    const { ok, how, output } = await run('console.log("one"); console.error("two")')
    assert.ok(ok)
    assert.equal(how, 'exit code 0')
    assert.deepEqual(output.trim().split('\n').sort(), ['one', 'two'])
    assert.ok(fs.readFileSync(path.join(folder, 'log'), 'utf8').endsWith(output))
  })

  for (const [source, how] of [
    ['process.exit(3)', 'exit code 3'],
    ['process.kill(process.pid, "SIGTERM")', 'ended by SIGTERM'],
  ] as const) {
    it(`that fails has ended with ${how}`, async () => {
      const ended = await run(source)
      assert.deepEqual([ended.ok, ended.how], [false, how])
    })
  }

  it('that does not exist has failed', async () => {
    const where = { cwd: folder, env: process.env, log: path.join(folder, 'log'), limitMs: 1000 }
    const { ok, how } = await runProgram(path.join(folder, 'none'), [], where)
    assert.equal(ok, false)
    assert.match(how, /ENOENT/)
  })

  it('that runs over its limit is killed, with what it started', async () => {
    const forever = 'setInterval(() => {}, 1000)'
    const { ok, how } = await run(
      `require('node:child_process').spawn(process.execPath, ['-e', '${forever}'], { stdio: 'inherit' }); ${forever}`,
      1000,
    )
    assert.deepEqual([ok, how], [false, 'killed after 1 s'])
    await until('nothing is left of it', () => idsOf(folder).length === 0)
  })

  it('may leave processes of their own group, which are found by the folder that they work in', async () => {
    const { ok } = await run(`
      const { spawn } = require('node:child_process')
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true }).unref()`)
    assert.ok(ok)
    assert.equal(idsOf(folder).length, 1)
    assert.deepEqual(idsOf(path.dirname(folder)).includes(idsOf(folder)[0]!), true)
    assert.deepEqual(idsOf(folder.slice(0, -1)), [], 'the beginning of a name is another name')
    endThoseOf(folder)
    await until('it has ended', () => idsOf(folder).length === 0)
  })
})
