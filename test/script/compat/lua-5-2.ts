/** Lua 5.2: goto, bit32, _ENV, table.pack and unpack, load with an environment, __pairs and __len, yields in pcall. */
import type { Policy } from './policy.js'

export const LUA_5_2: readonly Policy[] = [
  {
    name: 'leaves out recipients of its own domain with goto continue',
    script: String.raw`
local OWN = { ["example.com"] = true, ["example.net"] = true }

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  local outside, seen = 0, {}
  for _, address in ipairs(recipients) do
    local domain = address:match("@([^@]*)$")
    if not domain then goto continue end
    domain = domain:lower()
    if OWN[domain] or seen[domain] then goto continue end
    seen[domain] = true
    outside = outside + 1
    ::continue::
  end
  actions.SkipSend = outside == 0
  actions.Reason = ("%d outside"):format(outside)
  return actions
end
`,
    messages: [
      { decides: { Reason: '1 outside' } },
      { facts: { recipients: ['a@EXAMPLE.com', 'postmaster'] }, decides: { SkipSend: true, Reason: '0 outside' } },
      { facts: { recipients: ['a@x', 'b@X', 'c@y', 'd@example.net'] }, decides: { Reason: '2 outside' } },
    ],
  },
  {
    name: 'keeps flags in the bits of a number',
    script: String.raw`
local LARGE, MANY, BULK, URGENT = 0x1, 0x2, 0x4, 0x80000000
local band, bor, btest = bit32.band, bit32.bor, bit32.btest

local function flags(size, recipients, h)
  local f = 0
  if size > 1e6 then f = bor(f, LARGE) end
  if #recipients > 1 then f = bor(f, MANY) end
  if (h.Precedence or ""):lower() == "bulk" then f = bor(f, BULK) end
  if h["X-Priority"] == "1" then f = bor(f, URGENT) end
  return f
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local f = flags(size, recipients, headerdata)
  if btest(f, URGENT) then
    actions.Priority = 100
  elseif band(f, bor(LARGE, BULK)) ~= 0 then
    actions.Priority = 50 - bit32.lshift(bit32.extract(f, 0, 3), 2)
  end
  actions.Reason = ("%08x %u %d"):format(f, bit32.bnot(f), bit32.arshift(f, 31))
  return actions
end
`,
    messages: [
      { decides: { Reason: '00000002 4294967293 0' } },
      { facts: { size: 2e6 }, decides: { Priority: 38, Reason: '00000003 4294967292 0' } },
      {
        facts: { recipients: ['a@b'] },
        header: ['Precedence: BULK'],
        decides: { Priority: 34, Reason: '00000004 4294967291 0' },
      },
      { header: ['X-Priority: 1'], decides: { Priority: 100, Reason: '80000002 2147483645 4294967295' } },
    ],
  },
  {
    name: 'runs rules that were loaded with an environment of their own',
    script: String.raw`
local rules = {
  "size > 2 * MB and hour(created) < 12",
  "lower(from) == 'robot@example.com'",
  "os ~= nil or print ~= nil",
  "#to > 3 and count(to, '@example%.org$') == #to",
}
local compiled = {}

local function count(list, pattern)
  local n = 0
  for _, s in ipairs(list) do if s:find(pattern) then n = n + 1 end end
  return n
end

local env = { MB = 1048576, lower = string.lower, count = count,
              hour = function(s) return tonumber(s:sub(9, 10)) end }

function Start()
  for i, text in ipairs(rules) do
    compiled[i] = assert(load("return " .. text, "=rule " .. i, "t", env))
  end
  local f, why = load("return size >", "=rule 5", "t", env)
  print(f, why)
end

function CheckFile(filename, actions, size, created, from, to)
  env.size, env.created, env.from, env.to = size, created, from, to
  for i, rule in ipairs(compiled) do
    if rule() then
      actions.SkipSend, actions.Reason = true, "rule " .. i
      break
    end
  end
  return actions
end
`,
    messages: [
      { facts: { size: 3e6 }, decides: { SkipSend: true, Reason: 'rule 1' } },
      { facts: { size: 3e6, creationTime: '20260102130000' }, decides: {} },
      { facts: { returnPath: 'Robot@example.com' }, decides: { SkipSend: true, Reason: 'rule 2' } },
      {
        facts: { recipients: ['a@example.org', 'b@example.org', 'c@example.org', 'd@example.org'] },
        decides: { SkipSend: true, Reason: 'rule 4' },
      },
      { facts: { recipients: ['a@example.org', 'b@example.org', 'c@example.org', 'd@b'] }, decides: {} },
    ],
    prints: ['nil\trule 5:1: unexpected symbol near <eof>'],
  },
  {
    name: 'counts in a table that has __len and __pairs of its own',
    script: String.raw`
local function Counter()
  local values, order = {}, {}
  return setmetatable({}, {
    __index = function(_, k) return values[k] or 0 end,
    __newindex = function(_, k, v)
      if values[k] == nil then order[#order + 1] = k end
      values[k] = v
    end,
    __len = function() return #order end,
    __pairs = function(self)
      local i = 0
      return function()
        i = i + 1
        if order[i] ~= nil then return order[i], values[order[i]] end
      end, self, nil
    end,
    __ipairs = function(self)
      return function(_, i)
        i = i + 1
        if order[i] then return i, order[i] end
      end, self, 0
    end,
  })
end

local senders = Counter()

function CheckFile(filename, actions, size, createtime, mailfrom)
  senders[mailfrom] = senders[mailfrom] + 1
  local parts, names = {}, {}
  for who, n in pairs(senders) do parts[#parts + 1] = who .. "*" .. n end
  for i, who in ipairs(senders) do names[i] = i .. who end
  actions.Reason = #senders .. ": " .. table.concat(parts, " ") .. " / " .. table.concat(names, " ")
  return actions
end
`,
    messages: [
      { facts: { returnPath: 'z' }, decides: { Reason: '1: z*1 / 1z' } },
      { facts: { returnPath: 'a' }, decides: { Reason: '2: z*1 a*1 / 1z 2a' } },
      { facts: { returnPath: 'z' }, decides: { Reason: '2: z*2 a*1 / 1z 2a' } },
    ],
  },
  {
    name: 'keeps what a call returns with table.pack, nil and all',
    script: String.raw`
local function try(f, ...)
  local r = table.pack(pcall(f, ...))
  if not r[1] then return nil, (tostring(r[2]):gsub("^.-:%d+: ", "")) end
  return table.unpack(r, 2, r.n)
end

local function lookup(h, ...)
  local names, found = table.pack(...), {}
  for i = 1, names.n do found[i] = h[names[i]] end
  return table.unpack(found, 1, names.n)
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, h)
  local n = select("#", try(lookup, h, "From", "Sender", "Reply-To"))
  local from, sender, replyto = try(lookup, h, "From", "Sender", "Reply-To")
  local nothing, why = try(lookup, nil, "From")
  actions.Reason = ("%d %s|%s|%s %s, %s"):format(n, from, sender, replyto, nothing, why:match("^attempt to %a+"))
  return actions
end
`,
    messages: [
      {
        header: ['From: a', 'Reply-To: c'],
        decides: { Reason: '3 a|nil|c nil, attempt to index' },
      },
      {
        header: ['Subject: x'],
        decides: { Reason: '3 nil|nil|nil nil, attempt to index' },
      },
    ],
  },
  {
    name: 'reads a rule file with a parser that yields inside pcall',
    script: String.raw`
local text = [[
# domain        priority
example.org     70
example.net     30

broken line here
slow.example    5
]]

local function rules()
  return coroutine.wrap(function()
    local number = 0
    for line in text:gmatch("([^\n]*)\n") do
      number = number + 1
      local ok, why = pcall(function()
        line = line:gsub("#.*", ""):match("^%s*(.-)%s*$")
        if line == "" then return end
        local domain, priority = line:match("^(%S+)%s+(%d+)$")
        if not domain then error({ line = number, text = line }) end
        coroutine.yield(domain, tonumber(priority))
      end)
      if not ok then coroutine.yield(nil, why) coroutine.yield(false, why) end
    end
  end)
end

local priorities, errors = {}, {}
local nextrule = rules()
while true do
  local domain, value = nextrule()
  if domain then priorities[domain] = value
  elseif domain == false then errors[#errors + 1] = "line " .. value.line .. ": " .. value.text
  elseif value == nil then break end
end
print(#errors, errors[1])

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  for _, address in ipairs(recipients) do
    local p = priorities[address:match("@(.*)")]
    if p then actions.Priority = math.max(actions.Priority, p) end
  end
  return actions
end
`,
    messages: [
      { decides: { Priority: 70 } },
      { facts: { recipients: ['a@slow.example'] }, decides: {} },
      { facts: { recipients: ['a@example.net'] }, decides: {} },
    ],
    prints: ['1\tline 5: broken line here'],
  },
  {
    name: 'has one table of settings as the environment of a function',
    script: String.raw`
local function configure()
  local _ENV = {}
  largest = 2 ^ 20
  quiet = { "noreply", "bounce" }
  best, worst = 99, 1
  return _ENV
end

local config = configure()

function CheckFile(filename, actions, size, createtime, mailfrom)
  local _ENV = setmetatable({ actions = actions }, { __index = function(_, k) return config[k] or _G[k] end })
  local user = string.match(mailfrom, "^[^@]*")
  for _, name in ipairs(quiet) do
    if name == user then actions.Priority = worst end
  end
  if size > largest then actions.Reason = string.format("%d over %d", size - largest, largest) end
  return actions
end
`,
    messages: [
      { facts: { returnPath: 'bounce@x', size: 1048577 }, decides: { Priority: 1, Reason: '1 over 1048576' } },
      { facts: { returnPath: 'bounces@x' }, decides: {} },
      { facts: { returnPath: '' }, decides: {} },
    ],
  },
  {
    name: 'decodes the words of a subject and quotes it in the reason',
    script: String.raw`
local function decodeword(charset, encoding, text)
  if encoding:upper() == "Q" then
    return (text:gsub("_", " "):gsub("=(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
  end
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local bits, n, out = 0, 0, {}
  for c in text:gmatch("[%w+/]") do
    bits = bits * 64 + (digits:find(c, 1, true) - 1)
    n = n + 6
    if n >= 8 then
      n = n - 8
      local byte = math.floor(bits / 2 ^ n)
      out[#out + 1] = string.char(byte)
      bits = bits - byte * 2 ^ n
    end
  end
  return table.concat(out)
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local subject = headerdata.Subject:gsub("(=%?.-%?=)%s+%f[=]", "%1"):gsub("=%?([^?]+)%?([BbQq])%?([^?]*)%?=", decodeword)
  actions.Reason = ("%q"):format(subject)
  if subject:find("%f[%a]offer%f[%A]") then actions.Priority = 20 end
  return actions
end
`,
    messages: [
      {
        header: ['Subject: =?iso-8859-1?Q?Gr=FC=DFe_aus?= =?UTF-8?B?S8O2bG4=?='],
        decides: { Reason: '"Gr\xfc\xdfe ausK\xc3\xb6ln"' },
      },
      { header: ['Subject: An offer "today"'], decides: { Reason: '"An offer \\"today\\""', Priority: 20 } },
      { header: ['Subject: We offered =?utf-8?q?=5C?='], decides: { Reason: '"We offered \\\\"' } },
    ],
  },
  {
    name: 'rewrites replies by a table of functions and patterns, with all their lines',
    script: String.raw`
local handlers = {
  { "^RCPT TO:", "^450[ -]", function(all) return (all:gsub("%f[^\n\0]450", "550")) end },
  { "^DATA",     "^354",     function() end },
  { "^%.$",      "^451",     function(all, last) return "451 later: " .. last:sub(5):rep(2, ", ") end },
  { "^MAIL ",    "^5%d%d",   function(all, last) return last:gsub("^5", "4") end },
}

function ReturnCodeHandler(command, all, last)
  for _, h in ipairs(handlers) do
    if command:find(h[1]) and last:find(h[2]) then return h[3](all, last) end
  end
end
`,
    replies: [
      { command: 'RCPT TO:<a@b>', reply: ['450-no 450', '450 such user'], becomes: '550-no 450\r\n550 such user' },
      { command: 'DATA', reply: ['354 go'], becomes: undefined },
      { command: '.', reply: ['451 busy'], becomes: '451 later: busy, busy' },
      { command: 'MAIL FROM:<x>', reply: ['550 5.1.8 no'], becomes: '450 5.1.8 no' },
      { command: 'QUIT', reply: ['221 bye'], becomes: undefined },
    ],
  },
  {
    name: 'averages sizes per sender with numbers that print as VPOP3 prints them',
    script: String.raw`
local stats = {}

function CheckFile(filename, actions, size, createtime, mailfrom)
  local s = stats[mailfrom] or { n = 0, sum = 0, squares = 0 }
  stats[mailfrom] = s
  s.n, s.sum, s.squares = s.n + 1, s.sum + size, s.squares + size ^ 2
  local mean = s.sum / s.n
  local spread = math.sqrt(s.squares / s.n - mean ^ 2)
  actions.Reason = s.n .. " " .. s.sum .. " " .. mean .. " " .. spread .. " " .. mean % 7 .. " " .. s.sum / 1024
  actions.Priority = math.floor(math.min(100, math.max("1", 10 * math.log(size, 10))))
  return actions
end
`,
    messages: [
      { facts: { size: 1000 }, decides: { Priority: 30, Reason: '1 1000 1000 0 6 0.9765625' } },
      { facts: { size: 2000 }, decides: { Priority: 33, Reason: '2 3000 1500 500 2 2.9296875' } },
      {
        facts: { size: 100 },
        decides: { Priority: 20, Reason: '3 3100 1033.3333333333 776.02978178819 4.3333333333333 3.02734375' },
      },
      {
        facts: { size: 5e9, returnPath: '' },
        decides: { Priority: 96, Reason: '1 5000000000 5000000000 0 2 4882812.5' },
      },
    ],
  },
  {
    name: 'hands arguments to xpcall and counts what fails, in a weak table',
    script: String.raw`
local failures = setmetatable({}, { __mode = "k" })

local function safely(f, ...)
  return xpcall(f, function(e)
    failures[f] = (failures[f] or 0) + 1
    return type(e) == "table" and e.code or e
  end, ...)
end

local function needs(h, name)
  return h[name] or error({ code = "no " .. name })
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, h)
  local ok, value = safely(needs, h, "Message-ID")
  if ok then
    actions.Reason = value:match("^<(.-)>$") or "odd " .. value
  else
    actions.SkipSend, actions.Reason = true, value .. " " .. failures[needs]
  end
  return actions
end
`,
    messages: [
      { header: ['Message-Id: <1@x>'], decides: { Reason: '1@x' } },
      { decides: { SkipSend: true, Reason: 'no Message-ID 1' } },
      { header: ['MESSAGE-ID: 7'], decides: { Reason: 'odd 7' } },
      { decides: { SkipSend: true, Reason: 'no Message-ID 2' } },
    ],
  },
]
