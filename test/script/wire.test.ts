import assert from 'node:assert/strict'
import { FieldReader, FieldWriter } from '../../lib/script/wire.js'

describe('a message of fields', () => {
  it('gives back what was written, whatever the bytes are', () => {
    const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
    const fields = ['', all, '1,2;3', ';', ',', '\n', 'x'.repeat(100_000)]
    const writer = new FieldWriter()
    for (const field of fields) writer.text(field)
    writer.number(5e12).flag(true).flag(false)
    const reader = new FieldReader(writer.take())
    assert.deepEqual(
      fields.map(() => reader.text()),
      fields,
    )
    assert.deepEqual([reader.number(), reader.flag(), reader.flag(), reader.done], [5e12, true, false, true])
  })

  it('is empty at first and after it has been taken', () => {
    const writer = new FieldWriter()
    assert.equal(writer.empty, true)
    assert.equal(new FieldReader(writer.text('').take()).done, false)
    assert.equal(writer.empty, true)
    assert.equal(new FieldReader(writer.take()).done, true)
  })
})
