import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { outdatedOf, requireNewest } from './outdated.js'

const TYPESCRIPT = { name: 'typescript', locked: '6.0.3', within: '6.0.4', newest: '7.0.2' }
const HARAKA = { name: 'haraka', locked: '3.3.4', within: '3.3.4', newest: '4.0.0' }

describe('what is newer than locked', () => {
  it('is what npm outdated tells', () => {
    const one = { current: '6.0.3', wanted: '6.0.4', latest: '7.0.2', dependent: 'package' }
    const other = { ...one, current: '5.0.0', dependent: 'another-package' }
    assert.deepEqual(outdatedOf(JSON.stringify({ typescript: one })), [TYPESCRIPT])
    assert.deepEqual(outdatedOf(JSON.stringify({ typescript: [one, other] })), [TYPESCRIPT], 'the own need of it')
    assert.deepEqual(outdatedOf('{}'), [])
  })

  it('is not known when npm failed', () => {
    assert.throws(() => outdatedOf('{"error": {"code": "E404", "summary": "Not Found"}}'), /Not Found/)
  })

  it('takes the place of a range wherever package.json has it, and nothing else changes', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-newest-'))
    const file = path.join(folder, 'package.json')
    const manifest = (typescript: string, haraka: string) => ({
      name: 'some',
      dependencies: { fengari: '0.1.5' },
      devDependencies: { haraka, typescript },
      peerDependencies: { haraka },
    })
    try {
      fs.writeFileSync(file, JSON.stringify(manifest('~6.0.0', '^3.3.0')))
      requireNewest(folder, [TYPESCRIPT, HARAKA, { ...HARAKA, name: 'not-needed' }])
      assert.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')), manifest('7.0.2', '4.0.0'))
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  })
})
