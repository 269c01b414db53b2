import assert from 'node:assert/strict'
import { checkOnce, useFiles, usePort } from '../fixture.js'

const HEADER = ['From: a@b', 'To: c@d', 'Subject: S', 'X-Mailer: m', 'X-A: 1', 'X-B: 2', 'Cc: z']
const RECIPIENTS = ['one@example.net', 'two@example.org', 'three@example.org', 'four@example.com']

/** What a script may do with a table `T`; `out` notes values, `dump` all entries in order, and the length. */
const OPERATIONS = [
  'dump()',
  'for k in pairs(T) do T[k] = nil end dump() out(next(T))',
  'local k = next(T) while k do local n = next(T, k) T[k] = nil k = n end dump()',
  'local k = next(T) while k do T[k] = nil k = next(T, k) end dump()',
  'local c = 0 for k in pairs(T) do for j in pairs(T) do c = c + 1 end end out(c)',
  "for k in pairs(T) do T[k] = 'x' end dump()",
  'T[1] = nil dump()',
  'T[#T] = nil dump()',
  "T[#T + 1] = 'new' dump()",
  "T[3] = nil T[2] = nil T[2] = 'b' T[3] = 'c' dump()",
  "T[1.0] = 'float' T['1'] = 'string' dump()",
  'T.n = 5 dump() out(table.getn(T), table.maxn(T))',
  "table.insert(T, 'i') table.insert(T, 1, 'j') dump()",
  'out(table.remove(T)) out(table.remove(T, 1)) dump()',
  'while #T > 0 do table.remove(T) end dump()',
  'for i = #T, 1, -1 do if i % 2 == 0 then table.remove(T, i) end end dump()',
  'table.sort(T) dump()',
  'table.sort(T, function(a, b) return a > b end) dump()',
  "out(table.concat(T, ',')) out(table.concat(T, ',', 2, 3))",
  'out(unpack(T)) out(table.unpack(T, 2)) out(select("#", unpack(T)))',
  'table.move(T, 1, #T, 2) dump()',
  'out(unpack(table.move(T, 1, #T, 1, {})))',
  'out(#T, rawlen(T), type(T), T == T, rawequal(T, T))',
  "rawset(T, 'zz', 1) out(rawget(T, 'zz'), rawget(T, 1)) rawset(T, 1, nil) dump()",
  'for i, v in ipairs(T) do T[i] = v:upper() end dump()',
  'for i, v in ipairs(T) do if i == 1 then T[i + 1] = nil end out(v) end dump()',
  "setmetatable(T, {__index = function(_, k) return 'none' end}) out(T.nope, T[99]) dump()",
  "setmetatable(T, {__newindex = function(t, k, v) rawset(t, k, v .. '!') end}) T.q = 'a' T[99] = 'b' dump()",
  'table.setn(T, 1) dump()',
  'table.foreach(T, out) table.foreachi(T, out)',
  "out(pcall(next, T, 'no key of it'))",
  'local u = {} for k, v in pairs(T) do u[k] = v end T[1] = nil for k, v in pairs(u) do out(k, v) end',
]

const COMPARE = `
local plain = {
  HeaderData = {From = 'a@b', To = 'c@d', Subject = 'S', ['X-Mailer'] = 'm', ['X-A'] = '1', ['X-B'] = '2', Cc = 'z'},
  HeaderLines = {'${HEADER.join("', '")}'},
  Recipients = {'${RECIPIENTS.join("', '")}'},
}
local function run(name, T)
  local lines = {}
  local function out(...)
    local r = table.pack(...)
    for i = 1, r.n do r[i] = tostring(r[i]) end
    lines[#lines + 1] = table.concat(r, ',')
  end
  -- The names of a plain table are in no order.
  local function dump()
    local r, rest = {}, {}
    for k, v in pairs(T) do
      local to = type(k) == 'number' and r or rest
      to[#to + 1] = k .. '=' .. tostring(v)
    end
    table.sort(rest)
    out(#T, table.concat(r, ' '), table.concat(rest, ' '))
  end
  local ok, why = pcall(load(operation, 'operation', 't', setmetatable({T = T, out = out, dump = dump}, {__index = _G})))
  if not ok then out(why) end
  if name == 'HeaderData' then table.sort(lines) end
  return table.concat(lines, '; ')
end
function CheckFile(_, actions, _, _, _, recipients, headerdata, headerlines)
  for name, T in pairs{Recipients = recipients, HeaderData = headerdata, HeaderLines = headerlines} do
    print(run(name, T)) print(run(name, plain[name]))
  end
end`

describe('Recipients, HeaderData and HeaderLines are like tables of the script', () => {
  const { open } = usePort()
  const file = useFiles()

  for (const operation of OPERATIONS) {
    it(operation, async () => {
      const message = file([...HEADER, '', 'body'].join('\r\n'))
      const facts = { ...message, recipients: RECIPIENTS }
      const { printed } = await checkOnce(open, `operation = [==[${operation}]==]${COMPARE}`, facts)
      assert.equal(printed.length, 6)
      for (const at of [0, 2, 4]) assert.equal(printed[at], printed[at + 1])
    })
  }
})

describe('HeaderData, in any case', () => {
  const { open } = usePort()
  const file = useFiles()

  for (const [what, script, lines] of [
    [
      'a removed header is gone by every spelling',
      `hd.SUBJECT = nil print(hd.subject, rawget(hd, 'Subject'))`,
      ['nil\tnil'],
    ],
    [
      'an assignment keeps the name as written',
      `hd.SUBJECT = 'x' for k, v in pairs(hd) do print(k, v) end`,
      ['From\ta', 'Subject\tx', 'X-Y\t1'],
    ],
    [
      'a new header has the name of the assignment',
      `hd['x-new'] = 'n' hd['X-NEW'] = 'm' print(hd['X-New']) for k in pairs(hd) do print(k) end`,
      ['m', 'From', 'Subject', 'X-Y', 'x-new'],
    ],
    [
      'a removed header that comes again is the last',
      `hd.from = nil hd.FROM = 'b' for k, v in pairs(hd) do print(k, v) end`,
      ['Subject\ts', 'X-Y\t1', 'FROM\tb'],
    ],
    [
      'a traversal may remove what it is at, by another spelling',
      `for k in pairs(hd) do hd[k:upper()] = nil print(k) end print(next(hd))`,
      ['From', 'Subject', 'X-Y', 'nil'],
    ],
    [
      'a traversal may change what it is at, by another spelling',
      `for k, v in pairs(hd) do hd[k:lower()] = v .. '!' end print(hd.From, hd.Subject, hd['X-Y'])`,
      ['a!\ts!\t1!'],
    ],
  ] as const) {
    it(what, async () => {
      const message = file('From: a\r\nSubject: s\r\nX-Y: 1\r\n\r\n')
      const { printed } = await checkOnce(
        open,
        `function CheckFile(_, a, _, _, _, _, hd) ${script} return a end`,
        message,
      )
      assert.deepEqual(printed, lines)
    })
  }
})
