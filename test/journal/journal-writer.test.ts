import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'

import { MOST_BUFFERED } from '../../lib/journal/journal-writer.js'
import { until } from '../support/haraka-instance.js'
import { useJournalFolder } from './journal-folder.js'

const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `line ${from + i} ${'x'.repeat(100)}`)

describe('JournalWriter', function () {
  this.timeout(60_000)
  const open = useJournalFolder()

  it('writes in the background what is added, in order, into a file that others cannot read', async () => {
    const { writer, file, lines } = open()
    const journal = writer()
    for (const line of numbered(1000)) journal.add(line)
    assert.ok(!fs.existsSync(file), 'nothing is written while it is added')
    await until('it is written', () => fs.existsSync(file) && lines().length === 1000)
    assert.deepEqual(lines(), numbered(1000))
    assert.equal(fs.statSync(file).mode & 0o007, 0)
    assert.equal(journal.buffered, 0)
    await journal.close()
  })

  it('goes on in a new file at its size, and keeps as many older ones as it is to', async () => {
    const { writer, names, lines, file } = open()
    for (let round = 0; round < 10; round++) {
      const journal = writer({ limits: () => ({ sizeBytes: 5_000, files: 3 }) })
      for (const line of numbered(40, round * 40)) journal.add(line)
      await journal.close()
    }
    assert.deepEqual(names(), ['journal', 'journal.1', 'journal.2', 'journal.3'])
    assert.deepEqual(lines(), numbered(160, 240))
    const fewer = writer({ limits: () => ({ sizeBytes: 5_000, files: 1 }) })
    for (const line of numbered(40, 400)) fewer.add(line)
    await fewer.close()
    assert.deepEqual(names(), ['journal', 'journal.1'])
    const none = writer({ limits: () => ({ sizeBytes: 100, files: 0 }) })
    none.add('the only one')
    await none.close()
    assert.deepEqual(names(), ['journal'])
    assert.equal(fs.readFileSync(file, 'utf8'), 'the only one\n')
  })

  it('goes on in the new file when another process has renamed the one it has open', async () => {
    const { writer, file } = open()
    const journal = writer()
    journal.add('one')
    await until('it is written', () => fs.existsSync(file) && fs.readFileSync(file, 'utf8') === 'one\n')
    fs.renameSync(file, `${file}.1`)
    journal.add('two')
    await journal.close()
    assert.deepEqual(
      [file, `${file}.1`].map((name) => fs.readFileSync(name, 'utf8')),
      ['two\n', 'one\n'],
    )
  })

  it('loses and tears no line when three processes write and rotate at once', async () => {
    const { file, lines, names } = open()
    const script = path.join(__dirname, 'writing-process.js')
    const processes = ['a', 'b', 'c'].map((name) =>
      spawn(process.execPath, [script, file, name, '5000', '20000', '1000'], {
        stdio: ['ignore', 'inherit', 'inherit'],
      }),
    )
    const codes = await Promise.all(processes.map((child) => once(child, 'exit')))
    assert.deepEqual(
      codes.map(([code]) => code as unknown),
      [0, 0, 0],
    )
    // An empty one ends what looked like half a line while another process was writing it; readers pass over it.
    const all = lines().filter((line) => line !== '')
    assert.equal(all.length, 15_000)
    assert.equal(new Set(all).size, 15_000)
    for (const name of ['a', 'b', 'c']) {
      const own = all.filter((line) => line.startsWith(name))
      assert.ok(own.every((line) => / x* end$/.test(line)))
      assert.equal(own.length, 5000)
    }
    assert.ok(names().length > 20, 'it was rotated often')
    assert.ok(!names().includes('journal.lock'))
  })

  it('stays where a symbolic link leads to, with its older files', async () => {
    const { writer, file, folder, names } = open()
    fs.symlinkSync(path.join(folder, 'other'), file)
    for (const line of numbered(3)) {
      const journal = writer({ limits: () => ({ sizeBytes: 50, files: 1 }) })
      journal.add(line)
      await journal.close()
    }
    assert.deepEqual(names(), ['journal', 'other', 'other.1'])
    assert.ok(fs.lstatSync(file).isSymbolicLink())
  })

  it('grows, and says so, where a folder is in its way; it renames and removes none', async () => {
    const { writer, file, names, failures } = open()
    fs.writeFileSync(file, 'zero\n')
    for (const number of [2, 7]) fs.mkdirSync(`${file}.${number}`)
    const write = async (line: string, files: number): Promise<void> => {
      const journal = writer({ limits: () => ({ sizeBytes: 5, files }) })
      journal.add(line)
      await journal.close()
    }
    await write('one', 2)
    assert.deepEqual(failures, [])
    await write('two', 2)
    assert.match(failures.join(), /^Error: .*journal\.2 is a folder$/)
    assert.deepEqual(names(), ['journal', 'journal.1', 'journal.2', 'journal.7'])
    assert.equal(fs.readFileSync(file, 'utf8'), 'one\ntwo\n')
    fs.rmdirSync(`${file}.2`)
    await write('three', 2)
    assert.equal(failures.length, 1)
    assert.equal(fs.readFileSync(file, 'utf8'), 'three\n')
  })

  it('removes a lock from the future: the clock was set back', async () => {
    const { writer, file, names } = open()
    fs.writeFileSync(`${file}.lock`, '')
    fs.utimesSync(`${file}.lock`, Date.now() / 1000 + 86_400, Date.now() / 1000 + 86_400)
    for (const line of numbered(2)) {
      const journal = writer({ limits: () => ({ sizeBytes: 50, files: 2 }) })
      journal.add(line)
      await journal.close()
    }
    assert.deepEqual(names(), ['journal', 'journal.1'])
  })

  it('ends the half line that another process has left while it had the file open', async () => {
    const { writer, file } = open()
    const journal = writer()
    journal.add('one')
    await until('it is written', () => fs.existsSync(file) && fs.readFileSync(file, 'utf8') === 'one\n')
    fs.appendFileSync(file, 'hal')
    journal.add('two')
    await journal.close()
    assert.equal(fs.readFileSync(file, 'utf8'), 'one\nhal\ntwo\n')
  })

  it('goes on at the beginning of a file that was cut to nothing', async () => {
    const { writer, file } = open()
    const journal = writer()
    journal.add('one')
    await until('it is written', () => fs.existsSync(file) && fs.readFileSync(file, 'utf8') === 'one\n')
    fs.truncateSync(file)
    journal.add('two')
    await journal.close()
    assert.equal(fs.readFileSync(file, 'utf8'), 'two\n')
  })

  it('keeps no better versions beyond its room: lines stay as they were', async () => {
    const { writer, file, lines } = open()
    fs.symlinkSync('/dev/full', file)
    const journal = writer()
    const held = Array.from({ length: 1_000 }, () => journal.hold('as it was'))
    for (const better of held) better('x'.repeat(50_000))
    assert.ok(journal.buffered <= MOST_BUFFERED)
    fs.rmSync(file)
    await journal.close()
    assert.equal(lines().length, 1_000)
    assert.ok(lines().includes('as it was'))
  })

  it('removes the lock of a process that is no more, and goes on', async () => {
    const { writer, file, names } = open()
    fs.writeFileSync(`${file}.lock`, '')
    fs.utimesSync(`${file}.lock`, 1, 1)
    for (const line of numbered(2)) {
      const journal = writer({ limits: () => ({ sizeBytes: 50, files: 2 }) })
      journal.add(line)
      await journal.close()
    }
    assert.deepEqual(names(), ['journal', 'journal.1'])
  })

  it('begins with a new line behind the half one of a process that was killed', async () => {
    const { writer, file } = open()
    fs.writeFileSync(file, 'whole\nhal')
    const journal = writer()
    journal.add('next')
    await journal.close()
    assert.equal(fs.readFileSync(file, 'utf8'), 'whole\nhal\nnext\n')
  })

  it('writes a line anew of which only a part got onto the disk', async () => {
    const { file, lines, writer } = open()
    // The size that a file may have is that of the shell; the signal for it would end the process.
    const program = `const { JournalWriter } = require(${JSON.stringify(path.resolve('dist/lib/journal/journal-writer.js'))})
      const { execFileSync } = require('node:child_process')
      let failed = 0
      const writer = new JournalWriter({ file: ${JSON.stringify(file)}, limits: () => ({ sizeBytes: 1e9, files: 9 }),
        failed: () => failed++, notRotated: () => 0, lost: () => 'lost' })
      for (let i = 0; i < 100; i++) writer.add('line ' + i + ' ' + 'x'.repeat(100))
      writer.close().then(() => console.log(failed))`
    const out = execFileSync('bash', ['-c', `trap '' XFSZ; ulimit -f 4; exec ${process.execPath} -e "$PROGRAM"`], {
      env: { ...process.env, PROGRAM: program },
    })
    assert.equal(out.toString().trim(), '1')
    const more = writer()
    more.add('after it')
    await more.close()
    const all = lines()
    assert.deepEqual(all.slice(0, 37), numbered(37))
    assert.equal(all.at(-1), 'after it')
    assert.ok(fs.statSync(file).size < 5000)
  })

  for (const [what, prepare, code] of [
    ['a disk that is full', (file: string) => fs.symlinkSync('/dev/full', file), 'ENOSPC'],
    [
      'a pipe that nobody reads',
      (file: string) => execFileSync('mkfifo', [file]),
      'Error: it is neither a file nor a device',
    ],
    ['a folder that is gone', (file: string) => fs.rmSync(path.dirname(file), { recursive: true }), 'ENOENT'],
  ] as const) {
    it(`keeps what there is room for, and tells how many lines it lost: ${what}`, async () => {
      const { writer, file, folder, failures, lines } = open()
      prepare(file)
      const journal = writer()
      const line = 'x'.repeat(1024)
      for (let i = 0; i < 20_000; i++) journal.add(line)
      await until('it has failed', () => failures.length > 0)
      assert.equal(failures[0], code)
      for (let i = 0; i < 20_000; i++) journal.add(line)
      assert.ok(journal.buffered <= MOST_BUFFERED)
      fs.rmSync(file, { force: true, recursive: true })
      fs.mkdirSync(folder, { recursive: true })
      await journal.close()
      const all = lines().filter((text) => text !== line)
      assert.equal(lines().length - all.length + Number(all[0]?.split(' ')[1]), 40_000, all.join())
      assert.equal(all.length, 1)
    })
  }

  it('waits for a line whose better version is on its way, but not for ever', async () => {
    const { writer, file, lines } = open()
    const journal = writer()
    const better = journal.hold('as it was')
    const never = journal.hold('as it is')
    journal.add('behind them')
    better('better')
    await until('they are written', () => fs.existsSync(file) && lines().length === 3)
    assert.deepEqual(lines(), ['better', 'as it is', 'behind them'])
    never('too late')
    await journal.close()
    assert.deepEqual(lines(), ['better', 'as it is', 'behind them'])
  })

  it('writes what is left when the process ends', () => {
    const { file, lines } = open()
    const program = `const { JournalWriter } = require(${JSON.stringify(path.resolve('dist/lib/journal/journal-writer.js'))})
      const writer = new JournalWriter({ file: ${JSON.stringify(file)}, limits: () => ({ sizeBytes: 1e9, files: 9 }),
        failed: console.error, notRotated: console.error, lost: () => 'lost' })
      for (let i = 0; i < 100; i++) writer.add('line ' + i)
      writer.hold('held')
      process.exit()`
    execFileSync(process.execPath, ['-e', program])
    assert.deepEqual(lines().length, 101)
    assert.deepEqual(lines().slice(-2), ['line 99', 'held'])
  })
})
