import assert from 'node:assert/strict'
import fs from 'node:fs'

import { isFault, type JournalEntry, LONGEST_LINE_BYTES, readJournal } from '../../lib/journal/journal-reader.js'
import { useJournalFolder } from './journal-folder.js'

const record = (text: string): string =>
  JSON.stringify({ v: 1, t: '2026-01-05T10:00:00.000Z', event: 'print', pid: 1, sender: 'a', script: 'b', text })

async function read(entries: AsyncIterable<JournalEntry>): Promise<(string | { line: number; why: string })[]> {
  const found = []
  for await (const entry of entries) {
    if (isFault(entry)) found.push({ line: entry.line, why: entry.why })
    else found.push(entry.event === 'print' ? entry.text : entry.event)
  }
  return found
}

describe('readJournal', () => {
  const open = useJournalFolder()

  it('gives the records of the older files first, whichever are there', async () => {
    const { file } = open()
    for (const name of ['', '.1', '.3', '.10', '.key', '.lock', '.1x']) {
      fs.writeFileSync(`${file}${name}`, `${record(`${name} a`)}\n${record(`${name} b`)}\n`)
    }
    assert.deepEqual(await read(readJournal(file)), ['.10 a', '.10 b', '.3 a', '.3 b', '.1 a', '.1 b', ' a', ' b'])
    assert.deepEqual(await read(readJournal(`${file}.3`)), ['.3 a', '.3 b'])
  })

  it('misses and doubles nothing when the files are renamed while it reads', async () => {
    const { file } = open()
    for (const name of ['', '.1', '.2']) fs.writeFileSync(`${file}${name}`, `${record(name)}\n`)
    const entries = readJournal(file)
    const first = await entries.next()
    for (const [from, to] of [
      ['.2', '.3'],
      ['.1', '.2'],
      ['', '.1'],
    ]) {
      fs.renameSync(`${file}${from}`, `${file}${to}`)
    }
    fs.writeFileSync(file, `${record('new')}\n`)
    assert.deepEqual(
      [first.value && 'text' in first.value && first.value.text, ...(await read(entries))],
      ['.2', '.1', ''],
    )
  })

  it('tells each line that is no record, and goes on', async () => {
    const { file } = open()
    const lines = [
      record('one'),
      '',
      '{"v":1,"t":"2026-01',
      '[]',
      'null',
      record('two').replace('"v":1', '"v":2'),
      record('two').replace('print', 'dance'),
      record('two').replace('2026-01-05T10', 'once'),
      '\0\xff',
      record('three'),
      record('cut').slice(0, 20),
    ]
    fs.writeFileSync(file, lines.join('\n'), 'latin1')
    assert.deepEqual(await read(readJournal(file)), [
      'one',
      { line: 3, why: 'it is no JSON' },
      { line: 4, why: 'it is no JSON object' },
      { line: 5, why: 'it is no JSON object' },
      { line: 6, why: 'version 2 of the format is not known here, only 1' },
      { line: 7, why: 'event "dance" is not known' },
      { line: 8, why: 'it has no time' },
      { line: 9, why: 'it is no JSON' },
      'three',
      { line: 11, why: 'the line has no end: the process that wrote it was killed' },
    ])
  })

  it('takes a field of any name, other line ends and a byte order mark', async () => {
    const { file } = open()
    const lines = [`\ufeff${record('one')}`, '', record('two').replace('"pid"', '"why":"so","__proto__":{"v":2},"pid"')]
    fs.writeFileSync(file, lines.map((line) => `${line}\r\n`).join(''))
    assert.deepEqual(await read(readJournal(file)), ['one', 'two'])
  })

  it('goes on behind a line of brackets', async () => {
    const { file } = open()
    const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`
    fs.writeFileSync(file, `${record('one').replace('"v":1', `"v":${deep}`)}\n${record('two')}\n`)
    const why = 'version (no plain value) of the format is not known here, only 1'
    assert.deepEqual(await read(readJournal(file)), [{ line: 1, why }, 'two'])
  })

  it('keeps no line that is longer than any of ours, and reads those across its pieces', async () => {
    const { file } = open()
    const long = 'ä'.repeat(400_000)
    fs.writeFileSync(file, `${record(long)}\n${'x'.repeat(3 * LONGEST_LINE_BYTES)}\n${record('after')}\n`)
    const why = `it has more than ${LONGEST_LINE_BYTES} bytes`
    assert.deepEqual(await read(readJournal(file)), [long, { line: 2, why }, 'after'])
  })

  it('passes over lines that are not wanted, whatever is in them, and counts them', async () => {
    const { file } = open()
    fs.writeFileSync(file, [record('one'), 'no record', record('two'), 'nor this'].join('\n'))
    const seen: string[] = []
    const wanted = (line: Buffer): boolean => {
      seen.push(line.toString())
      return !line.includes('no record')
    }
    const why = 'the line has no end: the process that wrote it was killed'
    assert.deepEqual(await read(readJournal(file, wanted)), ['one', 'two', { line: 4, why }])
    assert.deepEqual(seen, [record('one'), 'no record', record('two'), 'nor this'])
  })

  it('finds the older files beside the one that a symbolic link leads to', async () => {
    const { file, folder } = open()
    for (const name of ['', '.1']) fs.writeFileSync(`${folder}/other${name}`, `${record(name)}\n`)
    fs.symlinkSync(`${folder}/other`, file)
    assert.deepEqual(await read(readJournal(file)), ['.1', ''])
  })

  it('tells a file that cannot be opened', async () => {
    const { file, folder } = open()
    for (const name of [file, `${folder}/nowhere/journal`]) {
      const [fault, ...others] = await read(readJournal(name))
      assert.ok(typeof fault === 'object' && fault.line === 0)
      assert.match(fault.why, /it cannot be opened: .*ENOENT/)
      assert.deepEqual(others, [])
    }
  })
})
