/** docs/schemas/journal.schema.json, to check records against. */
import { readFileSync } from 'node:fs'

import { Ajv2020 } from 'ajv/dist/2020.js'

export interface JournalSchema {
  readonly $defs: Readonly<Record<string, { readonly properties: Readonly<Record<string, unknown>> }>>
  readonly oneOf: readonly { readonly $ref: string }[]
}

export const SCHEMA_FILE = 'docs/schemas/journal.schema.json'

const source = readFileSync(SCHEMA_FILE, 'utf8')

export const journalSchema = JSON.parse(source) as JournalSchema

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false })
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
ajv.addSchema(JSON.parse(source) as object, 'journal')
const whole = ajv.compile({ $ref: 'journal' })
const isRecord = (record: object): boolean => whole(record)

/** What is wrong with a record; with the sentences of its own event only. */
export function journalFaults(record: { readonly event: string }): string[] {
  if (isRecord(record)) return []
  const own = ajv.getSchema(`journal#/$defs/${record.event}`)
  if (!own) return [`there is no event ${record.event}`]
  void own(record)
  return (own.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
}
