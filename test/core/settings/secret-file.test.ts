import assert from 'node:assert/strict'
import { parseSecretFile } from '../../../lib/core/settings/secret-file.js'

describe('parseSecretFile', () => {
  it('takes one line as it stands', () => {
    const table: [string, string][] = [
      ['hush', 'hush'],
      ['007\r\n', '007'],
      ['\ufeffhush\n\n', 'hush'],
      ['\n # hush = ; \n', ' # hush = ; '],
      ['h\u00fcsh', 'h\u00fcsh'],
    ]
    for (const [content, secret] of table) assert.deepEqual(parseSecretFile(content), { secret })
  })

  it('says what is wrong without quoting the file', () => {
    const table: [string, RegExp][] = [
      ['', /it is empty/],
      ['\n \n', /it is empty/],
      ['hush\nhush', /more than one line/],
      ['hush\n\nhush\n', /more than one line/],
      ['hu\0sh', /NUL/],
    ]
    for (const [content, reason] of table) {
      const result = parseSecretFile(content)
      assert.ok('error' in result, content)
      assert.match(result.error, reason)
      assert.doesNotMatch(result.error, /hu/)
    }
  })
})
