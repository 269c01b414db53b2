/** docs/JOURNAL.md against docs/schemas/journal.schema.json and the reader. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { JOURNAL_EVENTS } from '../../lib/journal/records.js'
import { journalFaults, journalSchema } from '../journal/journal-schema.js'

const page = readFileSync('docs/JOURNAL.md', 'utf8')
const COMMON = ['v', 't', 'event', 'pid', 'id', 'item']

/** The first cells of the tables of a chapter. */
const fieldsIn = (chapter: string): string[] => [...chapter.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name = '']) => name)

describe('docs/JOURNAL.md', () => {
  it('lists the events of the schema and of the reader, each once', () => {
    const events = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, name = '']) => name)
    assert.deepEqual(events, Object.keys(journalSchema.$defs))
    assert.deepEqual(events, Object.keys(JOURNAL_EVENTS))
    assert.deepEqual(
      journalSchema.oneOf.map(({ $ref }) => $ref),
      events.map((name) => `#/$defs/${name}`),
    )
  })

  it('lists the fields of each event', () => {
    const [, ...chapters] = page.split(/^### /m)
    for (const chapter of chapters) {
      const [, name = ''] = /^`(\w+)`/.exec(chapter) ?? []
      const properties = Object.keys(journalSchema.$defs[name]?.properties ?? {})
      assert.deepEqual(
        fieldsIn(chapter.split('\n## ')[0] ?? ''),
        properties.filter((field) => !COMMON.includes(field)),
        name,
      )
    }
    assert.deepEqual(fieldsIn(/## Common fields.*?## Events/s.exec(page)?.[0] ?? ''), COMMON)
  })

  it('shows records as they are', () => {
    const shown = [page, readFileSync('README.md', 'utf8')].flatMap((text) => [...text.matchAll(/^\{"v":1.*$/gm)])
    assert.ok(shown.length > 3)
    for (const [line] of shown) assert.deepEqual(journalFaults(JSON.parse(line) as { event: string }), [], line)
  })
})
