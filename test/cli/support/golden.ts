/**
 * Golden files: what a command prints, as it stands in test/cli/golden/. `UPDATE_GOLDEN=1 npm test` writes them anew, to be
 * looked at before they are committed.
 */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'

import { PACKAGE } from '../../support/haraka-instance.js'

const FOLDER = path.join(PACKAGE, 'test', 'cli', 'golden')

/** `changing`: what differs from run to run, and what stands for it. No line may be longer than 80 characters. */
export function assertGolden(
  name: string,
  printed: string,
  changing: readonly (readonly [RegExp, string])[] = [],
): void {
  const settled = changing.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), printed)
  for (const line of printed.split('\n')) assert.ok(line.length <= 80, `longer than 80 characters: ${line}`)
  const file = path.join(FOLDER, `${name}.txt`)
  if (process.env['UPDATE_GOLDEN']) fs.writeFileSync(file, settled)
  assert.equal(settled, fs.readFileSync(file, 'utf8'))
}
