import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { decide, type RawActions, type RawValue } from '../../lib/core/decision.js'

const plain: RawActions = {
  SkipSend: false,
  Reason: '',
  Priority: 50,
  RetryAfter: undefined,
  ForceLastTry: undefined,
}
const table: RawValue = { luaType: 'table' }
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

describe('decide', () => {
  it('sends at priority 50 when the script left the table alone', () => {
    assert.deepEqual(decide(plain), {
      skip: false,
      reason: '',
      priority: 50,
      retryAfterSeconds: undefined,
      forceLastTry: false,
      warnings: [],
    })
  })

  it('takes SkipSend and ForceLastTry as yes or no', () => {
    const no: RawValue[] = [undefined, false, 0, -0, '', '0', 'false', 'FALSE', 'no', 'No']
    const yes: RawValue[] = [true, 1, -1, 0.5, NaN, '1', 'true', 'yes', ' ', '00', 'off', table]
    for (const value of no) {
      assert.equal(decide({ ...plain, SkipSend: value }).skip, false, inspect(value))
      assert.equal(decide({ ...plain, ForceLastTry: value }).forceLastTry, false, inspect(value))
    }
    for (const value of yes) {
      assert.equal(decide({ ...plain, SkipSend: value }).skip, true, inspect(value))
      assert.equal(decide({ ...plain, ForceLastTry: value }).forceLastTry, true, inspect(value))
    }
  })

  it('clamps Priority to 1–100 and keeps fractions', () => {
    const rows: [RawValue, number][] = [
      [undefined, 50],
      [1, 1],
      [100, 100],
      [0, 1],
      [-5, 1],
      [101, 100],
      [Infinity, 100],
      [-Infinity, 1],
      [49.5, 49.5],
      ['70', 70],
      [' 70 ', 70],
      ['1e1', 10],
      ['0x10', 16],
      ['-0x10', 1],
      ['0x1p4', 16],
      ['\t7\v\f\r\n', 7],
      ['.5', 1],
      ['7.', 7],
    ]
    for (const [value, priority] of rows) {
      const decision = decide({ ...plain, Priority: value })
      assert.deepEqual([decision.priority, decision.warnings], [priority, []], inspect(value))
    }
  })

  it('warns about a Priority that is no number and takes 50', () => {
    for (const value of [NaN, '', 'high', '5 6', '0x', 'Infinity', '\xa07', '7\0', true, false, table]) {
      const { priority, warnings } = decide({ ...plain, Priority: value })
      assert.equal(priority, 50)
      assert.equal(warnings.length, 1)
      assert.match(warnings[0]!, /^Priority = .* is not a number from 1 to 100; 50 is used$/)
    }
    const { warnings } = decide({ ...plain, Priority: table })
    assert.equal(warnings[0], 'Priority = a table is not a number from 1 to 100; 50 is used')
  })

  it('clamps RetryAfter to 1 s–7 days, and warns about what is no number', () => {
    const rows: [RawValue, number | undefined, number][] = [
      [undefined, undefined, 0],
      [60, 60, 0],
      ['90', 90, 0],
      [0, 1, 0],
      [-1, 1, 0],
      [0.5, 1, 0],
      [604_801, 604_800, 0],
      [Infinity, 604_800, 0],
      [NaN, undefined, 1],
      ['soon', undefined, 1],
      [true, undefined, 1],
      [table, undefined, 1],
    ]
    for (const [value, seconds, warnings] of rows) {
      const decision = decide({ ...plain, RetryAfter: value })
      assert.deepEqual([decision.retryAfterSeconds, decision.warnings.length], [seconds, warnings], inspect(value))
    }
  })

  it('makes Reason one line', () => {
    const rows: [RawValue, string][] = [
      ['too big', 'too big'],
      ['a\r\nb', 'a b'],
      ['a\nb\tc\0d\x7fe', 'a b c d e'],
      ['  text\n', 'text'],
      [12, '12'],
      [1.5, '1.5'],
      [true, 'true'],
      [false, 'false'],
      [table, ''],
      [undefined, ''],
      [bytesOf('voilà'), bytesOf('voilà')],
    ]
    for (const [value, reason] of rows) assert.equal(decide({ ...plain, Reason: value }).reason, reason)
  })

  it('cuts Reason at 500 bytes without breaking a UTF-8 sequence', () => {
    assert.equal(decide({ ...plain, Reason: 'x'.repeat(501) }).reason.length, 500)
    assert.equal(decide({ ...plain, Reason: `${'x'.repeat(499)}${bytesOf('é')}` }).reason, 'x'.repeat(499))
    assert.equal(decide({ ...plain, Reason: bytesOf('é'.repeat(300)) }).reason, bytesOf('é'.repeat(250)))
  })

  it('puts nothing into a warning that could break the log', () => {
    const { warnings } = decide({ ...plain, Priority: `a\nb\x1b${'x'.repeat(1000)}` })
    assert.match(warnings[0]!, /^Priority = "a b\\x1bx+…" is/)
    assert.ok(warnings[0]!.length < 150)
  })
})
