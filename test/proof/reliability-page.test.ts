import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { faultsOf, copiesOf } from '../../proof/balance.js'
import { PARTS } from '../../proof/parts.js'
import { page, PAGE } from '../../proof/reliability-page.js'
import { Ledger } from '../accounting/ledger.js'
import { PACKAGE } from '../support/haraka-instance.js'

const MACHINE = { processors: 2, Node: 'v1' }

describe('the page of the proof', () => {
  const text = fs.readFileSync(path.join(PACKAGE, PAGE), 'utf8')
  const section = { part: 'soak', about: 'What was run.', rows: [{ what: 'account', figure: '1 | 2' }], faults: [] }

  it('has a place for the machine and for each part', () => {
    const sections = Object.entries(PARTS).map(([part, { about }]) => ({ part, about, rows: [], faults: [] }))
    const written = page(text, MACHINE, sections)
    for (const { about } of sections) assert.ok(written.includes(about))
    assert.ok(written.includes('Measured on: processors 2, Node v1.'))
  })

  it('keeps what was found by parts that were not run, and the text around them', () => {
    const once = page(text, MACHINE, [section, { ...section, part: 'cluster', about: 'Another one.' }])
    const again = page(once, MACHINE, [{ ...section, about: 'What was run later.' }])
    assert.ok(
      again.includes('Another one.') && again.includes('What was run later.') && !again.includes('What was run.\n'),
    )
    const handwritten = (of: string): string =>
      of.replaceAll(/(<!-- proof \w+: begin -->)[^]*?(<!-- proof \w+: end -->)/g, '$1$2')
    assert.equal(handwritten(again), handwritten(text))
  })

  it('shows rows and figures over time, and says that all was as promised', () => {
    const written = page(text, MACHINE, [{ ...section, table: { head: ['minute', 'MB'], lines: [['1', '200']] } }])
    assert.match(written, /\| account \| 1 \\\| 2 \|/)
    assert.match(written, /\| minute \| MB \|\n\| ---: \| ---: \|\n\| 1 \| 200 \|\n\nAll was as promised\./)
  })

  it('says what was not', () => {
    const written = page(text, MACHINE, [{ ...section, faults: ['lost: 1\n  a@x.test'] }])
    assert.match(written, /- \*\*Not as promised\*\*: lost: 1 {3}a@x\.test\n/)
  })

  it('has no place for a part that there is not', () => {
    assert.throws(() => page(text, MACHINE, [{ ...section, part: 'other' }]), /no place for other/)
  })
})

describe('the account in the proof', () => {
  it('is a fault when something is lost, and counts the reasons for what is there twice', () => {
    const ledger = new Ledger()
    ledger.handedOver('m', ['a@x.test', 'b@x.test', 'c@x.test'])
    for (const recipient of ['a@x.test', 'b@x.test'])
      for (const where of ['connection 1 to 25', 'connection 2 to 25'])
        ledger.sees({ recipient, message: 'm', fate: 'delivered', where, doubt: 'it was reset' })
    assert.match(faultsOf(ledger.account()).join(), /lost: 1/)
    assert.deepEqual(copiesOf(ledger.account()), [{ what: 'sent again: it was reset', figure: '2' }])
    ledger.sees({ recipient: 'c@x.test', message: 'm', fate: 'queued', where: 'queue' })
    assert.deepEqual(faultsOf(ledger.account()), [])
  })
})
