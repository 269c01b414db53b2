import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { RecordFile } from '../../lib/cli/commands/queue/record-file.js'
import { shares } from '../../lib/cli/commands/queue/shares.js'
import { NameList } from '../../lib/cli/queue-folder/name-list.js'

describe('NameList', () => {
  it('gives many names back by their keys, and within a key by name', () => {
    const list = new NameList()
    const names = Array.from({ length: 20_000 }, (_, i) => ({ name: `näme${(i * 7_919) % 20_000}`, key: i % 10 }))
    for (const { name, key } of names) list.add(name, key)
    const plainest = names
      .sort((a, b) => a.key - b.key || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
      .map(({ name }) => name)
    assert.equal(list.length, names.length)
    assert.deepEqual([...list.sorted()], plainest)
  })
})

describe('RecordFile', () => {
  const before = process.env['TMPDIR']
  let folder: string

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-'))
    process.env['TMPDIR'] = folder
  })

  afterEach(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    fs.rmSync(folder, { recursive: true })
  })

  it('gives texts back in any order, however long they are', () => {
    const records = new RecordFile()
    const texts = Array.from({ length: 3_000 }, (_, i) => `${i} ${'ä€𝄞'.repeat(i % 400)}`)
    texts[7] = 'long '.repeat(200_000)
    const stored = texts.map((text) => records.append(text))
    for (let i = 0; i < texts.length; i++) {
      const at = (i * 7_919) % texts.length
      assert.equal(records.read(stored[at]!), texts[at])
    }
    assert.equal(records.read(records.append('one more')), 'one more')
    records.close()
  })

  it('leaves no file behind, whatever ends the process', () => {
    const records = new RecordFile()
    records.append('secret')
    assert.deepEqual(fs.readdirSync(folder), [])
    records.close()
  })
})

describe('the share of each list', () => {
  for (const [lengths, most, given] of [
    [[10, 10], 6, [3, 3]],
    [[1, 10, 10], 9, [1, 4, 4]],
    [[2, 3], Infinity, [2, 3]],
    [[5, 5, 5], 2, [1, 1, 0]],
    [[5], 0, [0]],
    [[], 9, []],
  ] as const) {
    it(`is ${given.join(', ') || 'nothing'} where ${most} of ${lengths.join(', ') || 'none'} are shown`, () => {
      assert.deepEqual(shares(lengths, most), given)
    })
  }
})
