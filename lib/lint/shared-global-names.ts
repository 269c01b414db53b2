/** Assignments to the globals that the script and the mail server share: to read-only ones, and by another spelling. */
import { nearMiss } from '../core/near-miss.js'
import { READ_ONLY, WRITABLE } from '../script/shared-globals.js'
import { warning } from './finding.js'
import type { Remark } from './finding.js'
import type { Survey } from './survey.js'

export function* sharedGlobalNames(survey: Survey): Generator<Remark> {
  for (const name of READ_ONLY) {
    for (const { offset } of survey.globals.get(name)?.writes ?? []) {
      yield warning(
        'read-only',
        offset,
        `${name} is read only, and this is ignored: write it to a variable of your own`,
      )
    }
  }
  if (survey.isOpen) return
  for (const { name, reads, writes } of survey.globals.values()) {
    const [write] = writes
    if (write === undefined || reads > 0 || isShared(name) || write.value?.type === 'FunctionDeclaration') continue
    const meant = nearMiss(name, WRITABLE)
    if (meant === undefined) continue
    yield warning('misspelt-global', write.offset, `nothing reads ${name}: write ${meant}`)
  }
}

function isShared(name: string): boolean {
  return ([...READ_ONLY, ...WRITABLE] as readonly string[]).includes(name)
}
