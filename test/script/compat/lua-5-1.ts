/** Lua 5.1: `#`, `%`, string methods, string.gmatch and match, select('#', ...), loadstring, table.maxn. */
import type { Policy } from './policy.js'

const LATE = new Date(2026, 6, 15, 22, 45, 15)

export const LUA_5_1: readonly Policy[] = [
  {
    name: 'sends big messages at night only, with the hours in a table',
    at: LATE,
    script: String.raw`
local NIGHT = { from = 22, to = 6 }

local function isNight(hour)
  if NIGHT.from > NIGHT.to then return hour >= NIGHT.from or hour < NIGHT.to end
  return hour >= NIGHT.from and hour < NIGHT.to
end

function CheckFile(filename, actions, size)
  local hour = tonumber(os.date("%H"))
  local mb = size / 1048576
  if mb > 10 and not isNight(hour) then
    actions.SkipSend = true
    actions.Reason = ("%.1f MB at %d:%s"):format(mb, hour, os.date("%M"))
  elseif mb > 10 then
    actions.Priority = 1
    actions.Reason = ("%.1f MB at night, %s"):format(mb, os.date("%d.%m.%y"))
  end
  return actions
end
`,
    messages: [
      { facts: { size: 10 * 1048576 }, decides: {} },
      { facts: { size: 10.25 * 1048576 }, decides: { Priority: 1, Reason: '10.2 MB at night, 15.07.26' } },
    ],
  },
  {
    name: 'logs with a varargs helper that takes nil',
    script: String.raw`
local function log(fmt, ...)
  local n = select('#', ...)
  local args = { ... }
  for i = 1, n do args[i] = tostring(args[i]) end
  print(fmt:format(unpack(args, 1, n)))
end

local function join(...)
  local t = { ... }
  for i = 1, #t do t[i] = tostring(t[i]) end
  return table.concat(t, " ")
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  log("to %s, cc %s, reply-to %s", headerdata.To, headerdata.Cc, headerdata["Reply-To"])
  print(join("size", nil, size, nil, mailfrom))
  local present = { headerdata.To, headerdata.Cc, headerdata["Reply-To"] }
  print(#present)
  return actions
end
`,
    messages: [
      { header: ['To: x', 'Reply-To: z'], decides: {} },
      { header: ['From: a'], decides: {} },
    ],
    prints: [
      'to x, cc nil, reply-to z',
      'size nil 1000 nil sender@example.com',
      '3',
      'to nil, cc nil, reply-to nil',
      'size nil 1000 nil sender@example.com',
      '0',
    ],
  },
  {
    name: 'takes the first rule of a list that it goes through with pairs',
    script: String.raw`
local rules = {
  { match = "^no%-?reply@",  priority = 10, why = "no reply" },
  { match = "@example%.com$", priority = 60, why = "ours" },
  { match = "@.*%.com$",      priority = 40, why = "dot com" },
  default = { priority = 50, why = "default" },
  { match = "%.org$",         priority = 70, why = "dot org" },
}

function CheckFile(filename, actions, size, createtime, mailfrom)
  local found = rules.default
  for k, rule in pairs(rules) do
    if type(k) == "number" and mailfrom:lower():match(rule.match) then
      found = rule
      break
    end
  end
  actions.Priority, actions.Reason = found.priority, found.why
  return actions
end
`,
    messages: [
      { facts: { returnPath: 'noreply@example.com' }, decides: { Priority: 10, Reason: 'no reply' } },
      { facts: { returnPath: 'No-Reply@x.org' }, decides: { Priority: 10, Reason: 'no reply' } },
      { facts: { returnPath: 'me@example.com' }, decides: { Priority: 60, Reason: 'ours' } },
      { facts: { returnPath: 'me@other.com' }, decides: { Priority: 40, Reason: 'dot com' } },
      { facts: { returnPath: 'me@x.org' }, decides: { Priority: 70, Reason: 'dot org' } },
      { facts: { returnPath: '' }, decides: { Priority: 50, Reason: 'default' } },
    ],
  },
  {
    name: 'treats greylisting and full mailboxes apart, by the words and the enhanced code',
    script: String.raw`
local function parse(line)
  local code, sep, rest = line:match("^(%d%d%d)([ -]?)(.*)$")
  local class, subject, detail = (rest or ""):match("^(%d)%.(%d+)%.(%d+)")
  return tonumber(code), rest, class and { tonumber(class), tonumber(subject), tonumber(detail) }
end

function ReturnCodeHandler(lastCommand, fullResponse, lastLine)
  local code, text, status = parse(lastLine)
  if not code or code < 400 then return nil end
  local lower = text:lower()
  if code >= 500 and (lower:find("grey", 1, true) or lower:find("gray", 1, true)) then
    return "451 4.7.1 " .. text:gsub("^%d%.%d+%.%d+%s*", "")
  end
  if status and status[1] == 4 and status[2] == 2 and status[3] == 2 then
    return ("552 5.2.2 %s"):format(text:match("%S+%s+(.*)"))
  end
end
`,
    replies: [
      { command: 'RCPT', reply: ['550 5.7.1 Greylisted, come back'], becomes: '451 4.7.1 Greylisted, come back' },
      { command: 'RCPT', reply: ['554 You are graylisted'], becomes: '451 4.7.1 You are graylisted' },
      { command: 'RCPT', reply: ['452 4.2.2 Mailbox full'], becomes: '552 5.2.2 Mailbox full' },
      { command: 'RCPT', reply: ['452 4.3.1 Disk full'], becomes: undefined },
      { command: 'EHLO x', reply: ['250-x', '250 PIPELINING'], becomes: undefined },
      { command: '', reply: ['nonsense'], becomes: undefined },
    ],
  },
  {
    name: 'lets each domain have so many messages in ten minutes, by the creation time',
    script: String.raw`
local WINDOW, MOST = 600, 2
local sent = setmetatable({}, { __index = function(t, k) local v = {} t[k] = v return v end })

local function stamp(s)
  local y, mo, d, h, mi, sec = s:match("^(%d%d%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)$")
  return os.time { year = y, month = mo, day = d, hour = h, min = mi, sec = sec }
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  local now = stamp(createtime)
  for i = 1, #recipients do
    local list = sent[recipients[i]:match("@(.+)$")]
    while list[1] and now - list[1] >= WINDOW do table.remove(list, 1) end
    if #list >= MOST then
      actions.SkipSend = true
      actions.RetryAfter = WINDOW - (now - list[1])
      actions.Reason = os.date("next at %H:%M:%S", list[1] + WINDOW)
      return actions
    end
    list[#list + 1] = now
  end
  return actions
end
`,
    messages: [
      { facts: { creationTime: '20260228235500', recipients: ['a@x'] }, decides: {} },
      { facts: { creationTime: '20260228235900', recipients: ['b@x'] }, decides: {} },
      {
        facts: { creationTime: '20260301000005', recipients: ['c@x'] },
        decides: { SkipSend: true, RetryAfter: 295, Reason: 'next at 00:05:00' },
      },
      { facts: { creationTime: '20260301000005', recipients: ['c@y'] }, decides: {} },
      { facts: { creationTime: '20260301000500', recipients: ['c@x'] }, decides: {} },
      {
        facts: { creationTime: '20260301000700', recipients: ['d@x'] },
        decides: { SkipSend: true, RetryAfter: 120, Reason: 'next at 00:09:00' },
      },
    ],
  },
  {
    name: 'splits header fields with gmatch and gsub with a function and a table',
    script: String.raw`
local entities = { lt = "<", gt = ">", amp = "&" }

local function split(s, sep)
  local t = {}
  for piece in (s .. sep):gmatch("(.-)" .. sep:gsub("%p", "%%%0")) do t[#t + 1] = piece end
  return t
end

local function trim(s) return (s:gsub("^%s+", ""):gsub("%s+$", "")) end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local options = {}
  for i, piece in ipairs(split(headerdata["X-Options"] or "", "|")) do
    local key, value = piece:match("^%s*([%w_-]+)%s*=%s*(.-)%s*$")
    if key then options[key:lower()] = value:gsub("&(%a+);", entities) end
  end
  if options.priority then actions.Priority = tonumber(options.priority) end
  if options.note then
    actions.Reason = trim(options.note):gsub("(%w)(%w*)", function(a, b) return a:upper() .. b end)
  end
  return actions
end
`,
    messages: [
      {
        header: ['X-Options: Priority = 77 | note= handle &lt;with&gt; care &amp; love &foo; || x'],
        decides: { Priority: 77, Reason: 'Handle <With> Care & Love &Foo;' },
      },
      { header: ['X-Options: note=|priority=0x10'], decides: { Priority: 16, Reason: '' } },
      { header: ['X-Options: nothing'], decides: {} },
    ],
  },
  {
    name: 'sorts the domains of all messages by how often they come, names where equal',
    script: String.raw`
local count = {}

local function top(n)
  local list = {}
  for domain, times in pairs(count) do list[#list + 1] = { domain = domain, times = times } end
  table.sort(list, function(a, b)
    if a.times ~= b.times then return a.times > b.times end
    return a.domain < b.domain
  end)
  local names = {}
  for i = 1, math.min(n, #list) do names[i] = list[i].domain .. ":" .. list[i].times end
  return table.concat(names, " ")
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  for _, address in ipairs(recipients) do
    local domain = address:match("@(.*)$")
    count[domain] = (count[domain] or 0) + 1
  end
  actions.Reason = top(3)
  return actions
end
`,
    messages: [
      { facts: { recipients: ['a@d', 'a@b', 'a@c'] }, decides: { Reason: 'b:1 c:1 d:1' } },
      { facts: { recipients: ['a@c', 'a@a', 'a@d', 'a@c'] }, decides: { Reason: 'c:3 d:2 a:1' } },
      { facts: { recipients: ['a@a', 'a@a'] }, decides: { Reason: 'a:3 c:3 d:2' } },
    ],
  },
  {
    name: 'signs the return path with VPOP3.HMAC, key and day in front',
    script: String.raw`
local SECRET = "s3cret"

local function tag(address, day)
  local stamp = ("1%03d"):format(day % 1000)
  local mac = VPOP3.HexString(VPOP3.HMAC("SHA1", SECRET, stamp .. address:lower()))
  return stamp .. mac:sub(1, 6)
end

function CheckFile(filename, actions, size, createtime, mailfrom)
  if mailfrom ~= "" then
    local first = os.time { year = 2026, month = 1, day = 1 }
    local days = 20454 + math.floor(os.difftime(os.time { year = 2026, month = 1, day = 12 }, first) / 86400)
    actions.Reason = "prvs=" .. tag(mailfrom, days) .. "=" .. mailfrom
  end
  return actions
end
`,
    messages: [
      // Day 20465: HMAC-SHA1 of "1465sender@example.com" begins with these six digits.
      { decides: { Reason: 'prvs=146585895b=sender@example.com' } },
      { facts: { returnPath: '' }, decides: {} },
    ],
  },
  {
    name: 'builds its checks from closures',
    script: String.raw`
local function all(...)
  local checks = { ... }
  return function(m)
    for i = 1, #checks do if not checks[i](m) then return false end end
    return true
  end
end
local function any(...)
  local checks, n = { ... }, select("#", ...)
  return function(m)
    for i = 1, n do if checks[i](m) then return true end end
    return false
  end
end
local function no(check) return function(m) return not check(m) end end
local function field(name, pattern)
  return function(m) return (m.header[name] or ""):find(pattern) ~= nil end
end
local function over(kb) return function(m) return m.size > kb * 1024 end end

local hold = all(over(100), any(field("Subject", "[Pp]hotos?"), field("X-Mailer", "^Camera")), no(field("X-Now", ".")))

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, header)
  actions.SkipSend = hold { size = size, header = header }
  return actions
end
`,
    messages: [
      { facts: { size: 102401 }, header: ['Subject: My photo'], decides: { SkipSend: true } },
      { facts: { size: 102400 }, header: ['Subject: My photo'], decides: {} },
      { facts: { size: 102401 }, header: ['X-Mailer: Camera 3'], decides: { SkipSend: true } },
      { facts: { size: 102401 }, header: ['X-Mailer: Camera 3', 'X-Now: yes'], decides: {} },
      { facts: { size: 102401 }, header: ['X-Mailer: A Camera 3'], decides: {} },
    ],
  },
  {
    name: 'has a queue with inheritance and tostring, and a maximum index of its own',
    script: String.raw`
local Object = {}
Object.__index = Object
function Object.new(class, ...)
  local o = setmetatable({}, class)
  o:init(...)
  return o
end

local Ring = setmetatable({}, { __index = Object, __call = Object.new })
Ring.__index = Ring
Ring.__tostring = function(self) return "Ring(" .. table.concat(self.items, "|") .. ")" end
function Ring:init(size) self.size, self.items, self.next = size, {}, 1 end
function Ring:add(item)
  self.items[self.next] = item
  self.next = self.next % self.size + 1
end

local subjects = Ring(3)
local slots = {}

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  subjects:add(headerdata.Subject)
  slots[math.floor(size / 100)] = true
  actions.Reason = tostring(subjects) .. " " .. table.maxn(slots) .. " " .. math.fmod(size, 7)
  return actions
end
`,
    messages: [
      { header: ['Subject: a'], facts: { size: 1000 }, decides: { Reason: 'Ring(a) 10 6' } },
      { header: ['Subject: b'], facts: { size: 250 }, decides: { Reason: 'Ring(a|b) 10 5' } },
      { header: ['Subject: c'], facts: { size: 1234 }, decides: { Reason: 'Ring(a|b|c) 12 2' } },
      { header: ['Subject: d'], facts: { size: 7 }, decides: { Reason: 'Ring(d|b|c) 12 0' } },
      { header: ['Subject: e'], facts: { size: 20 }, decides: { Reason: 'Ring(d|e|c) 12 6' } },
    ],
  },
  {
    name: 'survives a broken rule with xpcall and debug.traceback',
    script: String.raw`
local rules = {
  function(m) return m.size > 5000 and 20 end,
  function(m) return m.header.Priority:match("%d+") + 0 end,
}
local broken = 0

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, header)
  local m = { size = size, header = header }
  for i, rule in ipairs(rules) do
    local ok, result = xpcall(function() return rule(m) end, debug.traceback)
    if not ok then
      broken = broken + 1
      actions.Reason = "rule " .. i .. " " .. broken .. " " .. result:match(":(%d+):") ..
        (result:find("stack traceback:", 1, true) and " traced" or "")
    elseif result then
      actions.Priority = result
      break
    end
  end
  return actions
end
`,
    messages: [
      { header: ['Priority: 5 (low)'], decides: { Priority: 5 } },
      { facts: { size: 5001 }, decides: { Priority: 20 } },
      { decides: { Reason: 'rule 2 1 4 traced' } },
      { decides: { Reason: 'rule 2 2 4 traced' } },
    ],
  },
  {
    name: 'keeps an escalating retry by the number of attempts, in an array with a hole at zero',
    script: String.raw`
local delays = { [0] = 0, 60, 300, 900, 3600 }

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata, headerlines, retries, lasttry)
  if lasttry == "" then return actions end
  local delay = delays[retries] or delays[#delays]
  local waited = tonumber(createtime:sub(-4, -3)) * 60 + tonumber(createtime:sub(-2)) -
    (tonumber(lasttry:sub(-4, -3)) * 60 + tonumber(lasttry:sub(-2)))
  if waited < delay then
    actions.SkipSend = true
    actions.RetryAfter = delay - waited
  end
  actions.ForceLastTry = retries > #delays
  return actions
end
`,
    messages: [
      { decides: {} },
      {
        facts: { retries: 1, creationTime: '20260101100030', lastTryTime: '20260101100000' },
        decides: { SkipSend: true, RetryAfter: 30, ForceLastTry: false },
      },
      {
        facts: { retries: 2, creationTime: '20260101100500', lastTryTime: '20260101100000' },
        decides: { ForceLastTry: false },
      },
      {
        facts: { retries: 9, creationTime: '20260101105908', lastTryTime: '20260101100009' },
        decides: { SkipSend: true, RetryAfter: 61, ForceLastTry: true },
      },
    ],
  },
]
