import assert from 'node:assert/strict'
import fs from 'node:fs'

import { HeaderReader } from '../../lib/journal/message-header.js'
import { useJournalFolder } from './journal-folder.js'

/** As Haraka has it: the length of the todo, the todo, the message. */
function queueFile(todo: string, message: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(todo.length)
  return Buffer.concat([length, Buffer.from(`${todo}${message}`, 'latin1')])
}

describe('HeaderReader', () => {
  const open = useJournalFolder()

  it('reads the header of the file as it is when its turn comes, whatever stands before it', async () => {
    const { file } = open()
    const reader = new HeaderReader(['*'])
    for (const todo of ['{"rcpt_to":["ann@example.net","bob@example.net"]}', '{}']) {
      fs.writeFileSync(file, queueFile(todo, 'Subject: one\r\nTo: a,\r\n b\r\n\r\nSecret: body\r\n'))
      assert.deepEqual(await reader.read(file), { lines: ['Subject: one', 'To: a,\r\n b'], cut: false })
    }
  })

  it('takes nothing behind a line that is none of a header', async () => {
    const { file } = open()
    fs.writeFileSync(file, queueFile('{}', 'From joe Mon\r\nSubject: one\r\nthis is the body\r\nPassword: secret\r\n'))
    assert.deepEqual(await new HeaderReader(['*']).read(file), { lines: ['Subject: one'], cut: false })
  })

  it('has nothing of a file that is gone or cut off', async () => {
    const { file } = open()
    assert.equal(await new HeaderReader(['*']).read(file), undefined)
    fs.writeFileSync(file, 'ab')
    assert.equal(await new HeaderReader(['*']).read(file), undefined)
  })
})
