/**
 * The script that an administrator copies, in a bare Lua 5.3 without any of the plugin: what it decides, and that its
 * commented examples run too.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

interface Fengari {
  lua: { lua_tojsstring(L: object, index: number): string }
  lauxlib: { luaL_newstate(): object; luaL_dostring(L: object, chunk: Uint8Array): boolean | number }
  lualib: { luaL_openlibs(L: object): void }
  to_luastring: (text: string) => Uint8Array
}

const { lua, lauxlib, lualib, to_luastring } = createRequire(__filename)('fengari') as Fengari

const script = readFileSync('config/relayout.lua', 'utf8')

// Code in comments: it begins with a keyword, or is indented behind one that does.
const withExamples = script.replace(/^( *)-- (?=(?:function|local|if|else|end|for)\b(?! the\b)| {2})/gm, '$1')

/** Runs the script, then `code`, whose return value comes back as text. */
function run(source: string, code: string): string {
  const L = lauxlib.luaL_newstate()
  lualib.luaL_openlibs(L)
  const failed = lauxlib.luaL_dostring(
    L,
    to_luastring(`${source}\nlocal answer = (function() ${code} end)() return tostring(answer)`),
  )
  const answer = lua.lua_tojsstring(L, -1)
  if (failed) throw new Error(answer)
  return answer
}

const quote = (text: string): string => JSON.stringify(text)

function handled(command: string, reply: string): string {
  const last = reply.split('\r\n').at(-1) ?? ''
  return run(script, `return ReturnCodeHandler(${quote(command)}, ${quote(reply)}, ${quote(last)})`)
}

function checkFile(source: string, size: number, headers: string, field: string): string {
  const call = `CheckFile("Q1", { SkipSend = false, Reason = "", Priority = 50 }, ${size}, "", "", {}, ${headers}, {})`
  return run(source, `return ${call}.${field}`)
}

describe('config/relayout.lua', () => {
  it('sends bulk mail late and big messages last', () => {
    const table: [number, string, string][] = [
      [1000, '{}', '50'],
      [1000, '{ Precedence = "Bulk" }', '10'],
      [1000, '{ Precedence = "list" }', '10'],
      [1000, '{ Precedence = "first-class" }', '50'],
      [1000, '{ ["List-Unsubscribe"] = "<https://example.com/>" }', '10'],
      [5_000_000, '{}', '50'],
      [5_000_001, '{}', '1'],
      [5_000_001, '{ Precedence = "bulk" }', '1'],
    ]
    for (const [size, headers, priority] of table) {
      assert.equal(checkFile(script, size, headers, 'Priority'), priority)
      assert.equal(checkFile(script, size, headers, 'SkipSend'), 'false')
    }
  })

  it('turns a 450 for an unknown recipient into 550 with the same text', () => {
    const table: [string, string][] = [
      ['450 4.1.1 <a@b.example>: User unknown', '550 5.1.1 <a@b.example>: User unknown'],
      ['450-No such user here\r\n450 4.1.1 in 450 lists', '550-No such user here\r\n550 5.1.1 in 450 lists'],
      ['450 Mailbox does not exist', '550 Mailbox does not exist'],
    ]
    for (const [reply, rewritten] of table) assert.equal(handled('RCPT TO:<a@b.example>', reply), rewritten)
    assert.match(handled('rcpt to:<a@b.example> NOTIFY=NEVER', '450 user unknown'), /^550 /)
  })

  it('leaves every other reply alone', () => {
    const table: [string, string][] = [
      ['RCPT TO:<a@b.example>', '250 OK'],
      ['RCPT TO:<a@b.example>', '450 mailbox busy'],
      ['RCPT TO:<a@b.example>', '450 4.2.0 mailbox unavailable'],
      ['RCPT TO:<a@b.example>', '450 user unknown, greylisted for 300 seconds'],
      ['RCPT TO:<a@b.example>', '450 4.1.8 Sender address rejected: user unknown'],
      ['RCPT TO:<a@b.example>', '451 4.3.0 temporary lookup failure, user unknown'],
      ['MAIL FROM:<a@b.example>', '450 user unknown'],
      ['.', '450 user unknown'],
    ]
    for (const [command, reply] of table) assert.equal(handled(command, reply), 'nil', reply)
  })

  it('has commented examples that run', () => {
    assert.doesNotMatch(withExamples, /^ *-- *(?:SkipSend|Actions|Max|function|end\b)/m)
    assert.equal(run(withExamples, 'Start() return type(ServerConnected)'), 'function')
    assert.equal(run(withExamples, 'ConnectedServer = "small.example.net" ServerConnected() return MaxMessagesPerConnection'), '10') // prettier-ignore
    const named = (name: string): string => `sendername = "${name}"\n${withExamples}`
    assert.equal(checkFile(named('slow'), 60_000, '{}', 'SkipSend'), 'false')
    assert.equal(checkFile(named('fast'), 60_000, '{}', 'SkipSend'), 'true')
    assert.equal(checkFile(named('fast'), 1000, '{}', 'SkipSend'), 'false')
    const noon = `${named('slow')}\nos.date = function() return { hour = 12 } end`
    assert.equal(checkFile(noon, 10_000_001, '{}', 'Reason'), 'big message in office hours')
    assert.equal(checkFile(noon.replace('12', '7'), 10_000_001, '{}', 'Reason'), '')
  })
})
