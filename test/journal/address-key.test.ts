import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

import { makeAddressKey, readAddressKey } from '../../lib/journal/address-key.js'
import { useJournalFolder } from './journal-folder.js'

describe('the key of hashed addresses', function () {
  this.timeout(60_000)
  const open = useJournalFolder()

  it('is made once, for its owner only', () => {
    const { file, names } = open()
    assert.throws(() => readAddressKey(file), /ENOENT/)
    const key = makeAddressKey(file)
    assert.equal(key.length, 32)
    assert.deepEqual([makeAddressKey(file), readAddressKey(file)], [key, key])
    assert.equal(fs.statSync(`${file}.key`).mode & 0o777, 0o600)
    assert.deepEqual(names(), ['journal.key'])
  })

  it('is one for several processes that make it at one time', async () => {
    const { file, names } = open()
    const module = JSON.stringify(path.resolve('dist/lib/journal/address-key.js'))
    const program = `console.log(require(${module}).makeAddressKey(${JSON.stringify(file)}).toString('hex'))`
    const run = promisify(execFile)
    const made = await Promise.all(Array.from({ length: 6 }, () => run(process.execPath, ['-e', program])))
    assert.equal(new Set(made.map(({ stdout }) => stdout)).size, 1)
    assert.deepEqual(names(), ['journal.key'])
  })

  it('is refused when the file holds something else', () => {
    const { file } = open()
    fs.writeFileSync(`${file}.key`, 'hush')
    assert.throws(() => makeAddressKey(file), /does not hold a key of 64 hexadecimal digits/)
  })
})
