import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { domainToASCII, domainToUnicode } from 'node:url'
import { inspect } from 'node:util'
import { BATV_KEYS, MAIN_KEYS, SENDER_KEYS } from '../../../lib/core/settings/key-table.js'
import type { KeySpec } from '../../../lib/core/settings/key-spec.js'
import { parseSettings } from '../../../lib/core/settings/parse-settings.js'
import type { Settings } from '../../../lib/core/settings/settings.js'
import { readIni } from '../../support/read-ini.js'

const TABLES: [string, KeySpec<unknown>[]][] = [
  ['main', Object.values(MAIN_KEYS)],
  ['batv', Object.values(BATV_KEYS)],
  ['sender.default', Object.values(SENDER_KEYS)],
]

const file = readFileSync('config/relayout.ini', 'utf8')
const page = readFileSync('docs/SETTINGS.md', 'utf8')

function parse(ini: string): Settings {
  const content = ini.includes('secret_file') ? 'hush' : 'me\nhush'
  const env = { readSecretFile: () => ({ content }), domainToUnicode, domainToASCII }
  const { settings, problems, fatal } = parseSettings(readIni(ini), env)
  assert.deepEqual([...fatal, ...problems], [])
  return settings
}

const shown = (settings: Settings): string => inspect(settings, { depth: 9 })

/** Each `;key = value` line of the file with its section and the comment above it, on one line. */
function commentedKeys(): { section: string; key: string; value: string; comment: string }[] {
  const found = []
  let section = ''
  let comment: string[] = []
  for (const line of file.split('\n')) {
    const [, header] = /^;?\[(.*)\]$/.exec(line) ?? []
    const [, key, value] = /^;([a-z_]+(?:\[\])?) = (.*)$/.exec(line) ?? []
    if (header !== undefined) section = header
    if (key !== undefined && value !== undefined) found.push({ section, key, value, comment: comment.join(' ') })
    comment = line.startsWith('; ') ? [...comment, line.slice(2)] : []
  }
  return found
}

describe('config/relayout.ini', () => {
  const keys = commentedKeys()

  it('changes nothing as it is', () => {
    assert.equal(shown(parse(file)), shown(parse('')))
  })

  it('has every key once, in the order of the table, with its meaning and range', () => {
    assert.deepEqual(
      keys.map(({ section, key }) => [section, key]),
      TABLES.flatMap(([section, specs]) => specs.map((spec) => [section, spec.key])),
    )
    const specs = TABLES.flatMap(([, list]) => list)
    for (const [i, { key, value, comment }] of keys.entries()) {
      const spec = specs[i]!
      assert.ok(comment.startsWith(`${spec.doc} Accepted: ${spec.accepted}.`), `${key}: ${comment}`)
      assert.equal(value, spec.example ?? spec.defaultText)
    }
  })

  it('stands at the defaults', () => {
    const defaults = keys.filter(({ comment }) => !/(?:No default; an example:|Default: [^.]*\.)$/.test(comment))
    assert.ok(defaults.length > 20)
    for (const { section, key, value } of defaults) {
      assert.equal(shown(parse(`[${section}]\n${key} = ${value}`)), shown(parse('')), key)
    }
    const all = defaults.map(({ section, key, value }) => [`[${section}]`, `${key} = ${value}`].join('\n')).join('\n')
    assert.equal(shown(parse(all)), shown(parse('')))
  })

  it('has examples that can be used', () => {
    for (const { section, key, value } of keys) {
      const other = { auth_user: 'auth_pass = x', auth_pass: 'auth_user = x' }[key] ?? ''
      parse(`[${section}]\n${key} = ${value}\n${other}`)
    }
    const example = [...file.matchAll(/^; {3}(\S.*)$/gm)].map((match) => match[1]).join('\n')
    const { senders } = parse(example)
    assert.deepEqual(
      senders.map(({ name, servers }) => [name, servers.length]),
      [
        ['bulk', 1],
        ['main', 1],
      ],
    )
  })
})

describe('docs/SETTINGS.md', () => {
  const unescaped = (cell: string): string => cell.trim().replace(/\\\|/g, '|').replace(/^`|`$/g, '')

  it('has one row for each key, with its default, range and meaning', () => {
    const rows = [
      ...page.matchAll(/^\|((?:[^|\\\n]|\\.)*)\|((?:[^|\\\n]|\\.)*)\|((?:[^|\\\n]|\\.)*)\|((?:[^|\\\n]|\\.)*)\|$/gm),
    ]
      .map((row) => row.slice(1).map(unescaped))
      .filter(([key, preset]) => preset !== 'default' && !/^[ -]+$/.test(key ?? ''))
    const order = ['main', 'sender.default', 'batv']
    const expected = order.flatMap((section) =>
      (TABLES.find(([name]) => name === section)?.[1] ?? []).map((spec) => [
        spec.key,
        spec.defaultText || 'none',
        spec.accepted,
        spec.doc,
      ]),
    )
    assert.deepEqual(rows, expected)
  })

  it('has examples that can be used', () => {
    const blocks = [...page.matchAll(/```ini\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
    assert.ok(blocks.length > 0)
    for (const block of blocks) parse(block)
  })
})
