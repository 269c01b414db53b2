/**
 * A folder that is gone with this process at the latest.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { onExit } from './on-exit.js'

export function temporaryFolder(name: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `relayout-bench-${name}-`))
  onExit(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}
