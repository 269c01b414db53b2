/** The schemas of what `--json` prints (docs/schemas/). */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'

import { PACKAGE } from '../../support/haraka-instance.js'

/** `name`: the schema's, without `.schema.json`. */
export function assertSchema(name: string, document: unknown): void {
  const file = path.join(PACKAGE, 'docs', 'schemas', `${name}.schema.json`)
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
    JSON.parse(fs.readFileSync(file, 'utf8')) as object,
  )
  assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 2))
}
