/** Lua 5.3: `//` and the bit operators, utf8, string.pack, table.move, integers in formats and loops. */
import type { Policy } from './policy.js'

export const LUA_5_3: readonly Policy[] = [
  {
    name: 'gives a priority that falls with every doubling of the size',
    script: String.raw`
local function log2(n)
  local bits = 0
  n = n // 1024
  while n > 0 do n = n >> 1; bits = bits + 1 end
  return bits
end

function CheckFile(filename, actions, size)
  actions.Priority = math.max(1, 60 - 3 * log2(size))
  actions.Reason = string.format("%d KB + %d", size // 1024, size % 1024)
  return actions
end
`,
    messages: [
      { facts: { size: 1023 }, decides: { Priority: 60, Reason: '0 KB + 1023' } },
      { facts: { size: 1024 }, decides: { Priority: 57, Reason: '1 KB + 0' } },
      { facts: { size: 1048577 }, decides: { Priority: 27, Reason: '1024 KB + 1' } },
      { facts: { size: 6442450945 }, decides: { Priority: 1, Reason: '6291456 KB + 1' } },
    ],
  },
  {
    name: 'spreads retries by a checksum of the return path',
    script: String.raw`
local function checksum(s)
  local a, b = 1, 0
  for i = 1, #s do
    a = (a + s:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return b << 16 | a
end

local function crc32(s)
  local crc = 0xFFFFFFFF
  for i = 1, #s do
    crc = crc ~ s:byte(i)
    for _ = 1, 8 do
      local low = crc & 1
      crc = (crc >> 1) ~ (0xEDB88320 & -low)
    end
  end
  return ~crc & 0xFFFFFFFF
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, hd, hl, retries)
  local sum = checksum(mailfrom)
  actions.Reason = ("%08x %08X"):format(sum, crc32(mailfrom))
  if retries > 0 then
    actions.SkipSend = true
    actions.RetryAfter = 60 * retries + sum % 60
  end
  return actions
end
`,
    messages: [
      { facts: { returnPath: 'Wikipedia' }, decides: { Reason: '11e60398 ADAAC02E' } },
      { facts: { returnPath: '123456789' }, decides: { Reason: '091e01de CBF43926' } },
      { facts: { returnPath: '' }, decides: { Reason: '00000001 00000000' } },
      {
        facts: { returnPath: 'Wikipedia', retries: 3 },
        decides: { Reason: '11e60398 ADAAC02E', SkipSend: true, RetryAfter: 180 + (300286872 % 60) },
      },
    ],
  },
  {
    name: 'counts the characters of a subject in UTF-8 and refuses what is none',
    script: String.raw`
local function shorten(s, most)
  local n, bad = utf8.len(s)
  if not n then return nil, ("byte %d is 0x%02X"):format(bad, s:byte(bad)) end
  if n <= most then return s end
  return s:sub(1, utf8.offset(s, most + 1) - 1) .. utf8.char(0x2026)
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local text, why = shorten(headerdata.Subject, 5)
  actions.Reason = text or why
  if not text then return actions end
  local points = {}
  for _, c in utf8.codes(text) do
    if c > 127 then points[#points + 1] = string.format("U+%04X", c) end
  end
  if #points > 0 then actions.Priority = 50 + #points end
  print(table.concat(points, " "), #text)
  return actions
end
`,
    messages: [
      { header: ['Subject: abc'], decides: { Reason: 'abc' } },
      {
        header: ['Subject: \xc3\x9cber alles'],
        decides: { Reason: '\xc3\x9cber \xe2\x80\xa6', Priority: 52 },
      },
      { header: ['Subject: \xdcber'], decides: { Reason: 'byte 1 is 0xDC' } },
      { header: ['Subject: \xf0\x9f\x98\x80!'], decides: { Reason: '\xf0\x9f\x98\x80!', Priority: 51 } },
    ],
    prints: ['\t3', 'U+00DC U+2026\t9', 'U+1F600\t5'],
  },
  {
    name: 'keeps its counters packed in a string',
    script: String.raw`
local FORMAT = "<I2I4dz"
local packed = {}

local function bump(key, size)
  local n, bytes, mean = 0, 0, 0.0
  if packed[key] then n, bytes, mean = string.unpack(FORMAT, packed[key]) end
  n, bytes = n + 1, bytes + size
  packed[key] = string.pack(FORMAT, n, bytes, bytes / n, key)
  return packed[key]
end

function CheckFile(filename, actions, size, createtime, mailfrom)
  local p = bump(mailfrom:match("@(.*)") or "", size)
  local n, bytes, mean, name, after = string.unpack(FORMAT, p)
  actions.Reason = string.format("%s %d %d %.2f %d/%d %s", name, n, bytes, mean, after - 1, #p,
    p:sub(1, 6):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
  return actions
end
`,
    messages: [
      { facts: { size: 70000 }, decides: { Reason: 'example.com 1 70000 70000.00 26/26 010070110100' } },
      { facts: { size: 1 }, decides: { Reason: 'example.com 2 70001 35000.50 26/26 020071110100' } },
      {
        facts: { size: 4294967295, returnPath: '' },
        decides: { Reason: ' 1 4294967295 4294967295.00 15/15 0100ffffffff' },
      },
    ],
  },
  {
    name: 'moves recipients between lists with table.move',
    script: String.raw`
local VIP = { "ceo@", "board@" }

local function isvip(address)
  for _, prefix in ipairs(VIP) do
    if address:sub(1, #prefix) == prefix then return true end
  end
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  local vip, others = {}, {}
  for _, address in ipairs(recipients) do
    local to = isvip(address) and vip or others
    to[#to + 1] = address
  end
  local all = table.move(others, 1, #others, #vip + 1, table.move(vip, 1, #vip, 1, {}))
  actions.Reason = table.concat(all, " ") .. " (" .. math.tointeger(#vip) .. ")"
  if #vip > 0 then actions.Priority = 90 + #vip end
  recipients[1] = nil
  return actions
end
`,
    messages: [
      { decides: { Reason: 'one@example.net two@example.org (0)' } },
      {
        facts: { recipients: ['a@x', 'board@x', 'b@x', 'ceo@x'] },
        decides: { Reason: 'board@x ceo@x a@x b@x (2)', Priority: 92 },
      },
    ],
  },
  {
    name: 'deals out messages to senders by a hash that stays the same',
    senderId: 2,
    script: String.raw`
local SENDERS = 3

local function hash(s)
  local h = 5381
  for i = 1, #s do h = (h * 33 + s:byte(i)) & 0xFFFFFFFF end
  return h
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  local h = hash(recipients[1])
  local mine = h % SENDERS == senderid
  if not mine then
    actions.SkipSend = true
    actions.Reason = ("for sender %d"):format(h % SENDERS)
  end
  print(h, mine)
  return actions
end
`,
    messages: [
      { facts: { recipients: ['a'] }, decides: { SkipSend: true, Reason: 'for sender 1' } },
      { facts: { recipients: ['b'] }, decides: {} },
      { facts: { recipients: ['one@example.net'] }, decides: { SkipSend: true, Reason: 'for sender 1' } },
    ],
    prints: ['177670\tfalse', '177671\ttrue', '1449730504\tfalse'],
  },
  {
    name: 'tells integers from fractions in what a header says',
    script: String.raw`
local function amount(s)
  local n = tonumber(s)
  if n == nil then return "none" end
  if math.type(n) == "integer" or n == math.floor(n) then return ("int %d"):format(math.tointeger(n)) end
  return ("frac %.3f"):format(n)
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local out = {}
  for value in (headerdata["X-Amounts"] or ""):gmatch("[^,%s]+") do out[#out + 1] = amount(value) end
  actions.Reason = table.concat(out, "; ")
  return actions
end
`,
    messages: [
      {
        header: ['X-Amounts: 1, 2.50, 0x1F, 3.0, 1e3, x, 007, -4, 5000000000'],
        decides: { Reason: 'int 1; frac 2.500; int 31; int 3; int 1000; none; int 7; int -4; int 5000000000' },
      },
      { decides: {} },
    ],
  },
  {
    name: 'has a small class with operators for times of the day',
    script: String.raw`
local Time = {}
Time.__index = Time
function Time.of(h, m) return setmetatable({ minutes = (h * 60 + m) % 1440 }, Time) end
function Time.parse(s) local h, m = s:match("^(%d%d?):(%d%d)$") return Time.of(h, m) end
Time.__add = function(a, b) return Time.of(0, a.minutes + b) end
Time.__sub = function(a, b) return (a.minutes - b.minutes) % 1440 end
Time.__lt = function(a, b) return a.minutes < b.minutes end
Time.__le = function(a, b) return a.minutes <= b.minutes end
Time.__eq = function(a, b) return a.minutes == b.minutes end
Time.__idiv = function(a, n) return a.minutes // n end
Time.__tostring = function(t) return ("%02d:%02d"):format(t.minutes // 60, t.minutes % 60) end
Time.__concat = function(a, b) return tostring(a) .. tostring(b) end

local opens, closes = Time.parse("8:30"), Time.parse("17:00")

function CheckFile(filename, actions, size, createtime)
  local now = Time.of(tonumber(createtime:sub(9, 10)), tonumber(createtime:sub(11, 12)))
  if opens <= now and now < closes then
    actions.SkipSend = true
    actions.RetryAfter = (closes - now) * 60
    actions.Reason = "closed until " .. closes .. ", quarter " .. now // 15
  elseif now == closes then
    actions.Reason = now + 30 .. ""
  end
  return actions
end
`,
    messages: [
      { facts: { creationTime: '20260102082959' }, decides: {} },
      {
        facts: { creationTime: '20260102083000' },
        decides: { SkipSend: true, RetryAfter: 30600, Reason: 'closed until 17:00, quarter 34' },
      },
      {
        facts: { creationTime: '20260102165900' },
        decides: { SkipSend: true, RetryAfter: 60, Reason: 'closed until 17:00, quarter 67' },
      },
      { facts: { creationTime: '20260102170000' }, decides: { Reason: '17:30' } },
    ],
  },
  {
    name: 'checks the addresses of a network in the Received line',
    script: String.raw`
local function ip(s)
  local a, b, c, d = s:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  if not a then return nil end
  return a << 24 | b << 16 | c << 8 | d
end
local function net(cidr)
  local base, bits = cidr:match("^(.-)/(%d+)$")
  local mask = (0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF
  return { base = ip(base) & mask, mask = mask }
end

local inside = { net "10.0.0.0/8", net "192.168.4.0/22", net "203.0.113.7/32" }

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata, lines)
  for _, line in ipairs(lines) do
    local address = line:match("^[Rr]eceived:.-%[([%d.]+)%]")
    local n = address and ip(address)
    if n then
      for i, network in ipairs(inside) do
        if n & network.mask == network.base then
          actions.Priority = 90
          actions.Reason = ("%s in %d, %s"):format(address, i, n)
          return actions
        end
      end
      actions.Reason = address .. " is outside"
    end
  end
  return actions
end
`,
    messages: [
      { header: ['Received: from x ([10.1.2.3])'], decides: { Priority: 90, Reason: '10.1.2.3 in 1, 167838211' } },
      {
        header: ['received: from x', '\t(y [192.168.7.255])'],
        decides: { Priority: 90, Reason: '192.168.7.255 in 2, 3232237567' },
      },
      { header: ['Received: from x ([192.168.8.0])'], decides: { Reason: '192.168.8.0 is outside' } },
      {
        header: ['Received: from x ([1.2.3.4])', 'Received: from y ([203.0.113.7])'],
        decides: { Priority: 90, Reason: '203.0.113.7 in 3, 3405803783' },
      },
    ],
  },
  {
    name: 'goes through a text of rules with gsub, goto and string keys',
    script: String.raw`
local source = "to:example.org=80;from:robot@=10 ; ;size>100000=20;bad rule;to:example.org=81"
local rules, bad = {}, 0
for text in source:gmatch("[^;]+") do
  local what, operator, operand, priority = text:match("^%s*(%a+)%s*([:<>])%s*(.-)%s*=%s*(%d+)%s*$")
  if not what then
    bad = bad + (text:find("%S") and 1 or 0)
    goto next
  end
  rules[#rules + 1] = { what = what, operator = operator, operand = operand, priority = priority // 1 }
  ::next::
end
print(#rules, bad)

local tests = {
  [":"] = function(value, operand) return value:find(operand, 1, true) ~= nil end,
  ["<"] = function(value, operand) return value < operand + 0 end,
  [">"] = function(value, operand) return value > operand + 0 end,
}

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  local values = { to = table.concat(recipients, " "), from = mailfrom, size = size }
  for i = #rules, 1, -1 do
    local r = rules[i]
    if tests[r.operator](values[r.what], r.operand) then
      actions.Priority, actions.Reason = r.priority, "rule " .. i
      break
    end
  end
  return actions
end
`,
    messages: [
      { decides: { Priority: 81, Reason: 'rule 4' } },
      { facts: { recipients: ['a@b'], returnPath: 'robot@x' }, decides: { Priority: 10, Reason: 'rule 2' } },
      { facts: { recipients: ['a@b'], size: 100001 }, decides: { Priority: 20, Reason: 'rule 3' } },
      { facts: { recipients: ['a@b'] }, decides: {} },
    ],
    prints: ['4\t1'],
  },
  {
    name: 'lets a round of coroutines share out the slots of an hour',
    script: String.raw`
local function source(name, slots)
  return coroutine.create(function(size)
    local left = slots
    while left > 0 do
      left = left - 1
      size = coroutine.yield(("%s %d/%d for %d"):format(name, slots - left, slots, size))
    end
    return "last of " .. name
  end)
end

local sources = {}

function CheckFile(filename, actions, size, createtime, mailfrom)
  local co = sources[mailfrom] or source(mailfrom, #mailfrom // 2)
  sources[mailfrom] = co
  if coroutine.status(co) == "dead" then
    actions.SkipSend, actions.Reason = true, "no slots"
    return actions
  end
  local ok, text = coroutine.resume(co, size)
  assert(ok, text)
  actions.Reason = text
  return actions
end
`,
    messages: [
      { facts: { returnPath: 'a@b' }, decides: { Reason: 'a@b 1/1 for 1000' } },
      { facts: { returnPath: 'ab@cd', size: 7 }, decides: { Reason: 'ab@cd 1/2 for 7' } },
      { facts: { returnPath: 'a@b' }, decides: { Reason: 'last of a@b' } },
      { facts: { returnPath: 'a@b' }, decides: { SkipSend: true, Reason: 'no slots' } },
      { facts: { returnPath: 'ab@cd', size: 8 }, decides: { Reason: 'ab@cd 2/2 for 8' } },
    ],
  },
]
