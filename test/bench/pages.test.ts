import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { figure } from '../../bench/figure.js'
import { formatted } from '../../bench/page-sections.js'
import {
  FIGURES,
  PERFORMANCE,
  performancePage,
  type PartReport,
  README,
  readmePage,
  readReport,
  type Report,
  writePages,
} from '../../bench/pages.js'
import { PART_NAMES } from '../../bench/parts.js'

const ROOT = process.cwd()

const place = (name: string): string => `<!-- bench ${name}: begin -->\n\nold ${name}\n\n<!-- bench ${name}: end -->\n`

function part(ratio: number): PartReport {
  const one = figure('ours / theirs', 'higher', [ratio], '1 a|b against 2')
  const row = { what: 'a thing', ours: '1', ratios: [{ to: 'theirs', figure: one.name }], brief: true }
  return { about: `About ${ratio}.`, figures: [one], summary: [row], notes: ['a note'] }
}

const MACHINE = { processors: 2 }

describe('the pages with the figures', () => {
  let folder: string
  const read = (name: string): string => fs.readFileSync(path.join(folder, name), 'utf8')

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-pages-'))
    for (const name of ['bench', 'docs']) fs.mkdirSync(path.join(folder, name))
    fs.writeFileSync(path.join(folder, FIGURES), '{ "parts": {} }\n')
    const page = `# By hand\n\n${['machine', 'summary', 'one', 'two'].map(place).join('\n')}\nThe end.\n`
    fs.writeFileSync(path.join(folder, PERFORMANCE), page)
    fs.writeFileSync(path.join(folder, README), `Before.\n\n${place('speed')}\nAfter.\n`)
  })
  afterEach(() => fs.rmSync(folder, { recursive: true }))

  const write = (parts: Report['parts']): Promise<void> =>
    writePages(folder, { machine: MACHINE, parts }, ['one', 'two'])

  it('are written between the comments alone', async () => {
    await write({ one: part(1.5) })
    const page = read(PERFORMANCE)
    assert.match(page, /^# By hand\n/)
    assert.match(page, /\nThe end\.\n$/)
    assert.match(
      page,
      /About 1\.5\.\n\n\| median .*\n.*\n\| +1\.50 \| one round .* \| 1 a\\\|b against 2 +\|\n\n- a note\n/,
    )
    assert.match(page, /processors 2/)
    assert.match(page, /\| a thing \| 1 +\| .*theirs: 1\.50 \(one round\)/)
    assert.doesNotMatch(page, /old (machine|summary|one)/)
    assert.match(page, /\nold two\n/)
    assert.match(read(README), /^Before\.\n[^]*\| a thing \| 1 [^]*\nAfter\.\n$/)
  })

  it('are the same when they are written again', async () => {
    await write({ one: part(1.5), two: part(2.5) })
    const before = [FIGURES, PERFORMANCE, README].map(read)
    await write({ two: part(2.5) })
    assert.deepEqual([FIGURES, PERFORMANCE, README].map(read), before)
  })

  it('keep the figures of parts that were not run, in the order of all parts', async () => {
    await write({ two: part(2.5) })
    await write({ one: part(1.5) })
    assert.deepEqual(Object.keys(readReport(folder).parts), ['one', 'two'])
    assert.match(read(README), /theirs: 1\.50[^]*theirs: 2\.50/)
  })

  it('stay as they are when one of them has no place for a part', async () => {
    fs.writeFileSync(path.join(folder, README), 'No comments.\n')
    const before = [FIGURES, PERFORMANCE].map(read)
    await assert.rejects(write({ one: part(1.5) }), /no place for speed/)
    assert.deepEqual([FIGURES, PERFORMANCE].map(read), before)
  })
})

describe('the figures in docs/PERFORMANCE.md and the README', () => {
  const text = (name: string): string => fs.readFileSync(path.join(ROOT, name), 'utf8')

  it('have a place for every part', () => {
    for (const name of ['machine', 'summary', ...PART_NAMES]) {
      assert.match(text(PERFORMANCE), new RegExp(`<!-- bench ${name}: begin -->[^]*<!-- bench ${name}: end -->`))
    }
    const places = [...text(PERFORMANCE).matchAll(/<!-- bench ([\w-]+): begin -->/g)].map(([, name]) => name)
    assert.deepEqual(places.toSorted(), ['machine', 'summary', ...PART_NAMES].toSorted())
    assert.match(text(README), /<!-- bench speed: begin -->[^]*<!-- bench speed: end -->/)
  })

  it('are those of bench/figures.json', async () => {
    const report = readReport(ROOT)
    assert.equal(await formatted(PERFORMANCE, performancePage(text(PERFORMANCE), report)), text(PERFORMANCE))
    assert.equal(await formatted(README, readmePage(text(README), report)), text(README))
  })
})
