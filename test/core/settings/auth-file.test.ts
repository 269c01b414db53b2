import assert from 'node:assert/strict'
import { parseAuthFile } from '../../../lib/core/settings/auth-file.js'

describe('parseAuthFile', () => {
  it('takes two lines as they stand, or lines with keys', () => {
    const table: [string, string, string][] = [
      ['me\nsecret', 'me', 'secret'],
      ['me\r\nsecret\r\n', 'me', 'secret'],
      ['\ufeffme\nsecret\n\n', 'me', 'secret'],
      ['me\n #007= ;', 'me', ' #007= ;'],
      ['me\npass = x', 'me', 'pass = x'],
      ['user = me\npass = 007', 'me', '007'],
      ['# account\npass=a = b\n\nuser=me\n', 'me', 'a = b'],
      ['auth_user = me\nauth_pass = x', 'me', 'x'],
      ['Username = me\nPassword = x', 'me', 'x'],
    ]
    for (const [content, user, pass] of table) assert.deepEqual(parseAuthFile(content), { user, pass })
  })

  it('says what is wrong without quoting the file', () => {
    const table: [string, RegExp][] = [
      ['', /it is empty/],
      ['\n \n', /it is empty/],
      ['me', /no password/],
      ['me\nhush\nhush', /more than two lines/],
      ['user = me', /no password/],
      ['pass = hush', /no user/],
      ['user =\npass = hush', /no user/],
      ['user = me\npass = hush\npass = hush', /two lines for pass/],
      ['user = me\nhush', /neither user = nor pass =/],
      ['me\nhu\0sh', /NUL/],
    ]
    for (const [content, reason] of table) {
      const result = parseAuthFile(content)
      assert.ok('error' in result, content)
      assert.match(result.error, reason)
      assert.doesNotMatch(result.error, /hush/)
    }
  })
})
