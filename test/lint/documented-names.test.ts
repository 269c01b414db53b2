/** The lists of names that lint goes by, held against the README and a session. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ACTIONS, PARAMETER_FIELDS, PARAMETERS, TABLES } from '../../lib/lint/callback-signatures.js'
import { PROVIDED } from '../../lib/script/provided-names.js'
import { REMOVED_FUNCTIONS } from '../../lib/script/removed-functions.js'
import { usePort } from '../script/fixture.js'

const README = readFileSync('README.md', 'utf8')

/** The names in the first column of the table with that heading, in the chapter of the callback. */
function fields(chapter: string, heading: string): string[] {
  const [, text = ''] = README.split(`### ${chapter}\n`)
  const [, rows = ''] = text.split(new RegExp(`^\\| ${heading} .*\n\\|.*\n`, 'm'))
  const [table = ''] = rows.split(/^(?!\|)/m)
  return table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
}

describe('the arguments of callbacks', () => {
  it('are those of the README', () => {
    const documented = new Map(
      [...README.matchAll(/^`(\w+)\(([\w, ]+)\)`/gm)].map(([, name = '', list = '']) => [name, list.split(', ')]),
    )
    assert.deepEqual(documented, new Map(Object.entries(PARAMETERS).filter(([, list]) => list.length > 0)))
  })

  it('that are tables are named', () => {
    const all = new Set(Object.values(PARAMETERS).flat())
    assert.deepEqual(
      [...TABLES].filter((name) => !all.has(name)),
      [],
    )
  })

  it('have the fields of the README', () => {
    assert.deepEqual(fields('CheckFile', 'field of `Actions`'), ACTIONS.CheckFile)
    assert.deepEqual(fields('ServerDetails', 'field of `Actions`'), ACTIONS.ServerDetails)
    // The other spelling of connid stands in the second column.
    const ofParameters = [...fields('ServerDetails', 'field of `Parameters`'), 'connnid']
    assert.deepEqual(ofParameters.toSorted(), PARAMETER_FIELDS.toSorted())
  })
})

describe('the names that a script is provided with', () => {
  const { prints } = usePort()

  it('are those of a session', async () => {
    const lines = await prints(`
      local names = {}
      for name, value in pairs(_G) do
        names[#names + 1] = name
        if type(value) == 'table' and name ~= '_G' then
          for field in pairs(value) do names[#names + 1] = name .. '.' .. field end
        end
      end
      table.sort(names)
      local half = #names // 2
      print(table.concat(names, ' ', 1, half))
      print(table.concat(names, ' ', half + 1))`)
    const removed = Object.entries(REMOVED_FUNCTIONS).map(([library, of]) => [library, Object.keys(of)] as const)
    const expected = [...PROVIDED, ...removed].flatMap(([library, of]) =>
      [...of].map((name) => (library === '' ? name : `${library}.${name}`)),
    )
    assert.deepEqual(lines.join(' ').split(' '), expected.toSorted())
  })
})
