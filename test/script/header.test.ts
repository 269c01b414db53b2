import assert from 'node:assert/strict'
import { HeaderUnreadable, readHeader } from '../../lib/script/lua/header.js'
import { checkOnce, useFiles, usePort } from './fixture.js'

describe('the header of a queue file', () => {
  const file = useFiles()

  const read = (message: string, before = ''): ReturnType<typeof readHeader> => {
    const { filename, dataStart } = file(message, before)
    return readHeader(filename, dataStart)
  }

  const cases: Record<string, { message: string; lines: string[]; fields: [string, string][] }> = {
    'plain lines': {
      message: 'From: a@b\r\nSubject:  Hello  there \r\n\r\nTo: body\r\n',
      lines: ['From: a@b', 'Subject:  Hello  there '],
      fields: [
        ['From', 'a@b'],
        ['Subject', 'Hello  there'],
      ],
    },
    'folded fields, unfolded in the value and as they stand in the line': {
      message: 'Received: one\r\n\ttwo\r\n  three\r\nTo: x\r\n\r\n',
      lines: ['Received: one\r\n\ttwo\r\n  three', 'To: x'],
      fields: [
        ['Received', 'one\ttwo  three'],
        ['To', 'x'],
      ],
    },
    'LF alone': {
      message: 'A: 1\nB: 2\n 3\n\nbody: no\n',
      lines: ['A: 1', 'B: 2\n 3'],
      fields: [
        ['A', '1'],
        ['B', '2 3'],
      ],
    },
    'mixed line ends': {
      message: 'A: 1\nB: 2\r\n\nbody: no\r\n',
      lines: ['A: 1', 'B: 2'],
      fields: [
        ['A', '1'],
        ['B', '2'],
      ],
    },
    'no body and no empty line': {
      message: 'A: 1\r\nB: 2',
      lines: ['A: 1', 'B: 2'],
      fields: [
        ['A', '1'],
        ['B', '2'],
      ],
    },
    'no header': { message: '\r\nA: body\r\n', lines: [], fields: [] },
    'no header, LF alone': { message: '\nA: body\n', lines: [], fields: [] },
    nothing: { message: '', lines: [], fields: [] },
    'a folded field without text in its first line': {
      message: 'Subject:\r\n Hello\r\n\r\n',
      lines: ['Subject:\r\n Hello'],
      fields: [['Subject', 'Hello']],
    },
    'an empty value': { message: 'X-Empty:\r\n\r\n', lines: ['X-Empty:'], fields: [['X-Empty', '']] },
    'a blank before the colon': { message: 'X-Old : v\r\n\r\n', lines: ['X-Old : v'], fields: [['X-Old', 'v']] },
    'lines without a field name': {
      message: 'From sender Mon Jan  1 00:00:00 2026\r\nno colon here\r\nA: 1\r\n: none\r\n\r\n',
      lines: ['From sender Mon Jan  1 00:00:00 2026', 'no colon here', 'A: 1', ': none'],
      fields: [['A', '1']],
    },
    'repeated fields': {
      message: 'R: 1\r\nr: 2\r\n\r\n',
      lines: ['R: 1', 'r: 2'],
      fields: [
        ['R', '1'],
        ['r', '2'],
      ],
    },
    '8-bit bytes and zeros': {
      message: 'Subject: \xe9\xff\0\x80 \xa0\r\n\r\n',
      lines: ['Subject: \xe9\xff\0\x80 \xa0'],
      fields: [['Subject', '\xe9\xff\0\x80 \xa0']],
    },
    'doubled dots of the wire': {
      message: '..hidden: x\r\nA: 1\r\n ..folded\r\n\r\n',
      lines: ['.hidden: x', 'A: 1\r\n ..folded'],
      fields: [
        ['.hidden', 'x'],
        ['A', '1 ..folded'],
      ],
    },
    'a header that the end of data ends': { message: 'A: 1\r\n.\r\n', lines: ['A: 1'], fields: [['A', '1']] },
    'a first line that looks folded': { message: ' x\r\nA: 1\r\n\r\n', lines: [' x', 'A: 1'], fields: [['A', '1']] },
    'a bare CR inside a line': { message: 'A: 1\r2\r\n\r\n', lines: ['A: 1\r2'], fields: [['A', '1\r2']] },
  }
  for (const [what, { message, lines, fields }] of Object.entries(cases)) {
    it(`reads ${what}`, () => {
      assert.deepEqual(read(message), { lines, fields })
    })
  }

  it('begins where the message begins', () => {
    assert.deepEqual(read('A: 1\r\n\r\n', '\0\0\0\x10{"todo": "\r\n\r\n"}').lines, ['A: 1'])
  })

  it('reads a header of 200 kB whole', () => {
    const long = `X-Long: ${'y'.repeat(100_000)}`
    const many = Array.from({ length: 5000 }, (_, at) => `X-${at}: ${'z'.repeat(10)}`)
    assert.deepEqual(read([long, ...many, '', 'body'].join('\r\n')).lines, [long, ...many])
  })

  it('finds the empty line wherever a piece of the file ends', () => {
    for (let length = 16_370; length < 16_390; length++) {
      const line = `A: ${'x'.repeat(length - 3)}`
      assert.deepEqual(read(`${line}\r\n\r\nB: body\r\n`).lines, [line], String(length))
      assert.deepEqual(read(`${line}\n\nB: body\r\n`).lines, [line], String(length))
    }
  })

  it('stops at 1 MB where no empty line comes', () => {
    const { lines } = read('x'.repeat(80).concat('\r\n').repeat(40_000))
    assert.equal(lines.length < 13_500, true)
  })

  it('names the file and the reason when it cannot be read', () => {
    assert.throws(
      () => readHeader('/nowhere/file', 0),
      (error: unknown) => {
        assert.ok(error instanceof HeaderUnreadable)
        assert.match(error.message, /^cannot read the header of \/nowhere\/file: ENOENT/)
        return true
      },
    )
  })
})

describe('HeaderData and HeaderLines', () => {
  const { open } = usePort()
  const file = useFiles()

  it('finds a header in any case; the first of a name wins; pairs gives names as written', async () => {
    const { printed } = await checkOnce(
      open,
      `function CheckFile(_, _, _, _, _, _, HeaderData)
         print(HeaderData.subject, HeaderData['SUBJECT'], HeaderData['Subject'], HeaderData.nothing)
         print(HeaderData['x-spam-score'], rawget(HeaderData, 'X-SPAM-Score'))
         for name, value in pairs(HeaderData) do print(name .. '=' .. value) end
       end`,
      file('SubJect: First\r\nX-Spam-Score: 5\r\nSUBJECT: second\r\n\r\n'),
    )
    assert.deepEqual(printed, ['First\tFirst\tFirst\tnil', '5\t5', 'SubJect=First', 'X-Spam-Score=5'])
  })

  it('gives each line as it stands', async () => {
    const { printed } = await checkOnce(
      open,
      `function CheckFile(_, _, _, _, _, _, _, lines) for i, line in ipairs(lines) do print(i, #line, line) end end`,
      file('A: 1\r\n\t2\r\nB: \xe9\r\n\r\n'),
    )
    assert.deepEqual(printed, ['1\t8\tA: 1\r\n\t2', '2\t4\tB: \xe9'])
  })

  it('is writable, and the next message sees nothing of it', async () => {
    const { session, printed } = open(`function CheckFile(_, a, _, _, _, _, hd, hl)
      print(hd.Subject, #hl) hd.Subject = 'changed' hd.New = 'x' hl[#hl + 1] = 'more'
      local n = 0 for _ in pairs(hd) do n = n + 1 end print(hd.SUBJECT, hd.new, #hl, n)
      return a
    end`)
    const facts = file('Subject: s\r\n\r\n')
    const { FACTS } = await import('./fixture.js')
    await session.checkFile({ ...FACTS, ...facts })
    await session.checkFile({ ...FACTS, ...facts })
    session.close()
    assert.deepEqual(printed, ['s\t1', 'changed\tx\t2\t2', 's\t1', 'changed\tx\t2\t2'])
  })
})
