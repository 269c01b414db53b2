/** What the docs show of expectations, run as it stands there, and the schema of the file. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { parse } from 'yaml'

import { MESSAGE_KEYS, REPLY_KEYS } from '../../lib/cli/commands/test/expectation-keys.js'
import { FILE_FIELDS, ORDER_FIELDS, TEST_FIELDS } from '../../lib/cli/commands/test/read-expectations.js'
import { MESSAGE_FIELDS, REPLY_FIELDS, STEP_FIELDS } from '../../lib/cli/commands/test/read-steps.js'
import { PACKAGE } from '../support/haraka-instance.js'
import { relayout } from './support/relayout.js'
import { assertSchema } from './support/schema.js'

const read = (...name: string[]): string => fs.readFileSync(path.join(PACKAGE, ...name), 'utf8')
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(/```(\w+)\n(.*?)```/gs)].flatMap(([, of, block]) => (of === language && block ? [block] : []))

const PAGE = read('docs', 'EXPECTATIONS.md')
const EXAMPLE = read('examples', 'expectations.yaml')
const SENDERS = '[sender.letters]\n[sender.parcels]\n'

interface Schema {
  readonly properties: object
  readonly $defs: Readonly<Record<string, { readonly properties: object }>>
}

describe('expectations in the docs', function () {
  this.timeout(60_000)
  let folder = ''

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-test-'))
  })

  after(() => fs.rmSync(folder, { recursive: true }))

  const document = (text: string): unknown => parse(text, { merge: true })

  for (const block of blocks(PAGE, 'yaml').filter((text) => text.includes('tests:'))) {
    const rule = /^# rule: (.*)$/m.exec(block)?.[1] ?? ''
    it(`pass with the rule of the README: ${rule}`, async () => {
      const lua = blocks(read('README.md'), 'lua').find((text) => text.startsWith(`-- example: ${rule}\n`))
      assert.ok(lua, `the README has the rule "${rule}"`)
      fs.writeFileSync(path.join(folder, 'relayout.lua'), lua)
      fs.writeFileSync(path.join(folder, 'relayout.ini'), block.includes('parcels') ? SENDERS : '')
      const { code, out, err } = await relayout(['test', '-'], { cwd: folder, stdin: block })
      assert.deepEqual([code, err], [0, ''], out)
      assertSchema('expectations', document(block))
    })
  }

  it('pass with the script of the package, in the folder of Haraka, as the example says', async () => {
    fs.mkdirSync(path.join(folder, 'haraka'))
    fs.cpSync(path.join(PACKAGE, 'config'), path.join(folder, 'haraka', 'config'), { recursive: true })
    fs.writeFileSync(path.join(folder, 'haraka', 'expectations.yaml'), EXAMPLE)
    const { code, out, err } = await relayout(['test', 'expectations.yaml'], { cwd: path.join(folder, 'haraka') })
    assert.deepEqual([code, out, err], [0, '6 passed\n', ''])
    assertSchema('expectations', document(EXAMPLE))
  })

  it('pass when the commented parts of the example are taken in', async () => {
    const rule = read('config', 'relayout.lua').replace(
      /(-- Very big messages.*\n)((?: {2}--.*\n)+)/,
      (_, head: string, lines: string) => head + lines.replace(/^ {2}-- /gm, '  '),
    )
    fs.writeFileSync(path.join(folder, 'relayout.lua'), rule)
    const [tests = ''] = /(?: {2}#.*\n?)+$/.exec(EXAMPLE) ?? []
    const commented = tests
      .split('\n')
      .slice(2)
      .join('\n')
      .replace(/^ {2}# /gm, '  ')
    const stdin = `script: relayout.lua\ntests:\n${commented}`
    const { code, out, err } = await relayout(['test', '-'], { cwd: folder, stdin })
    assert.deepEqual([code, out, err], [0, '1 passed\n', ''])
  })

  it('have every key on the page', () => {
    const keys = [...FILE_FIELDS, ...TEST_FIELDS, ...MESSAGE_FIELDS, ...REPLY_FIELDS, ...ORDER_FIELDS]
    for (const key of [...keys, ...Object.keys(MESSAGE_KEYS), ...Object.keys(REPLY_KEYS)]) {
      assert.ok(PAGE.includes(`\`${key}\``), key)
    }
  })

  it('have every key in the schema', () => {
    const { properties, $defs } = JSON.parse(read('docs', 'schemas', 'expectations.schema.json')) as Schema
    const names = (of: string): string[] => Object.keys($defs[of]?.properties ?? {}).sort()
    assert.deepEqual(Object.keys(properties).sort(), [...FILE_FIELDS].sort())
    for (const [of, keys] of [
      ['test', TEST_FIELDS],
      ['message', MESSAGE_FIELDS],
      ['messageStep', [...STEP_FIELDS, ...MESSAGE_FIELDS]],
      ['reply', REPLY_FIELDS],
      ['replyStep', [...STEP_FIELDS, ...REPLY_FIELDS]],
      ['messageExpectations', Object.keys(MESSAGE_KEYS)],
      ['replyExpectations', Object.keys(REPLY_KEYS)],
      ['order', ORDER_FIELDS],
    ] as const) {
      assert.deepEqual(names(of), [...keys].sort(), of)
    }
  })

  it('are refused by the schema where the command refuses them', () => {
    for (const text of [
      'tests: []',
      "tests: [{name: a, message: {from: ''}, expect: {skip: yes}}]",
      "tests: [{name: a, message: {from: '', to: a@b.example}}]",
      "tests: [{name: a, message: {from: '', to: a@b.example}, expect: {}}]",
      "tests: [{name: a, message: {from: '', to: a@b.example}, expect: {outcome: applied}}]",
      'tests: [{name: a, reply: {command: ., reply: 250 x}, expect: {skip: yes}}]',
      'tests: [{name: a, reply: {command: .}, expect: {reply: 250}}]',
    ]) {
      assert.throws(() => assertSchema('expectations', document(text)), text)
    }
  })
})
