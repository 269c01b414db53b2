import assert from 'node:assert/strict'

import { once } from 'node:events'
import net from 'node:net'

import { DEFAULT_PORT } from '../../demo/options.js'
import { Command } from './command.js'

describe('npm run demo', () => {
  let output: string
  let code: number | null
  let other: net.Server
  before(async () => {
    // Another program has Haraka's port, such as npm start.
    other = net.createServer().listen(DEFAULT_PORT, '127.0.0.1')
    await Promise.race([once(other, 'listening'), once(other, 'error').catch(() => undefined)])
    const demo = new Command('demo.js', [])
    code = await demo.ended()
    output = demo.output
  })

  after(() => other.close())

  it('runs beside npm start', () => {
    assert.match(output, /^Starting Haraka with relayout on 127\.0\.0\.1:(?!2525)\d+, two test relays on \d+ and \d+/)
  })

  it('ends with code 0 and says that all is well', () => {
    assert.equal(code, 0, output)
    assert.match(output, /All is as the script has it/)
  })

  const ROWS: Readonly<Record<string, RegExp>> = {
    'bulk mail': /main +10 +– +250 .* delivered$/,
    'big, 40 KB': /main +5 +– +250 .* delivered$/,
    ordinary: /main +50 +– +250 .* delivered$/,
    urgent: /main +90 +– +250 .* delivered$/,
    'huge, 200 KB': /large +5 +– +250 .* delivered$/,
    'held 4 seconds': /main +50 +not before +250 .* delivered$/,
    'a draft': /– +– +– +a draft: .* waiting$/,
    'to unknown user': /– +main +50 +– +450 4\.1\.1 .* bounced,/,
    'refused for now': /– +main +50 +– +451 4\.3\.0 .* deferred$/,
    'one of 3 refused': /main +50 +– +550 5\.7\.1 .* delivered to/,
    'answered 251': /main +50 +– +251 2\.1\.5 .* delivered$/,
  }
  for (const [title, row] of Object.entries(ROWS)) {
    it(`shows what became of "${title}"`, () => {
      const line = output.split('\n').find((text) => text.startsWith(`${title} `))
      assert.match(line ?? output, row)
    })
  }

  it('shows the lines of the log behind it', () => {
    assert.match(output, /skip +sender=main reason="not before /)
    assert.match(output, /rewrite +sender=main .*450 4\.1\.1/s)
  })

  it('keeps within 100 columns', () => {
    for (const line of output.split('\n')) assert.ok(line.length <= 100, line)
  })
})
