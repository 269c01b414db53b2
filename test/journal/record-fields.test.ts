import assert from 'node:assert/strict'
import fs from 'node:fs'

import { wrongField } from '../../lib/journal/record-fields.js'
import { JOURNAL_EVENTS, type JournalEvent } from '../../lib/journal/records.js'

interface FieldSchema {
  readonly type?: string
  readonly format?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: { readonly type?: string }
}

interface EventSchema {
  readonly properties: Readonly<Record<string, FieldSchema>>
  readonly required: readonly string[]
}

const { $defs } = JSON.parse(fs.readFileSync('docs/schemas/journal.schema.json', 'utf8')) as {
  $defs: Record<JournalEvent, EventSchema>
}

const COMMON = ['v', 't', 'event']

function sample({ type, format, items, ...schema }: FieldSchema): unknown {
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  if (format === 'date-time') return '2026-01-05T10:00:00.000Z'
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return true
  if (type === 'array') return [items?.type === 'string' ? 'x' : { to: 'x' }]
  return 'x'
}

describe('wrongField', () => {
  for (const event of Object.keys(JOURNAL_EVENTS) as JournalEvent[]) {
    it(`takes ${event} as the schema has it, and misses what is missing or of another kind`, () => {
      const { properties, required } = $defs[event]
      const names = Object.keys(properties).filter((name) => !COMMON.includes(name))
      const whole = Object.fromEntries(names.map((name) => [name, sample(properties[name] ?? {})]))
      assert.equal(wrongField(event, whole), undefined)
      for (const name of names) {
        if (properties[name]?.type === 'boolean') continue // every value is true or false
        for (const value of [{}, [[]], null, [null]]) {
          assert.match(wrongField(event, { ...whole, [name]: value }) ?? '', new RegExp(`^its ${name} is no `), name)
        }
      }
      for (const name of required) {
        if (COMMON.includes(name) || name === 'pid' || sample(properties[name] ?? {}) === true) continue
        const rest = Object.fromEntries(Object.entries(whole).filter(([other]) => other !== name))
        assert.equal(wrongField(event, rest), `it has no ${name}`)
      }
    })
  }
})
