/** Lua 5.0: table.getn and table.foreach, string.gfind, math.mod, no `#`, no `%`, no `...` in expressions. */
import type { Policy } from './policy.js'

const WEEKDAY_NOON = new Date(2026, 2, 4, 12, 30, 15)
const SUNDAY_NOON = new Date(2026, 2, 8, 12, 30, 15)

const NEWSLETTERS = String.raw`
-- newsletters and bulk mail wait until the office is closed
function isbulk(headerlines)
  for i = 1, table.getn(headerlines) do
    local line = string.lower(headerlines[i]);
    if string.find(line, "^precedence:%s*bulk") or string.find(line, "^list%-unsubscribe:") then
      return 1;
    end;
  end;
  return nil;
end;

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata, headerlines)
  local now = os.date("*t");
  local workday = now.wday >= 2 and now.wday <= 6;
  if isbulk(headerlines) and workday and now.hour >= 8 and now.hour < 18 then
    actions["SkipSend"] = 1;
    actions["Reason"] = string.format("bulk mail waits, it is %02d:%02d", now.hour, now.min);
  end;
  return actions;
end;
`

export const LUA_5_0: readonly Policy[] = [
  {
    name: 'keeps newsletters back at office hours',
    at: WEEKDAY_NOON,
    script: NEWSLETTERS,
    messages: [
      {
        header: ['Subject: News', 'Precedence: Bulk'],
        decides: { SkipSend: 1, Reason: 'bulk mail waits, it is 12:30' },
      },
      {
        header: ['From: a@b', 'List-Unsubscribe: <mailto:x@y>'],
        decides: { SkipSend: 1, Reason: 'bulk mail waits, it is 12:30' },
      },
      { header: ['Subject: Precedence: bulk'], decides: {} },
    ],
  },
  {
    name: 'lets newsletters go on a Sunday',
    at: SUNDAY_NOON,
    script: NEWSLETTERS,
    messages: [{ header: ['Subject: News', 'Precedence: Bulk'], decides: {} }],
  },
  {
    name: 'gives priority by recipient domain, the best of all recipients',
    script: String.raw`
priorities = { ["example.org"] = 80, ["partner.example"] = 95, ["slow.example"] = 10 }

function domainof(address)
  local _, _, domain = string.find(address, "@([^@]+)$")
  return string.lower(domain or "")
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  local best
  table.foreach(recipients, function(index, address)
    local p = priorities[domainof(address)]
    if p and (best == nil or p > best) then best = p end
  end)
  if best then actions.Priority = best end
  return actions
end
`,
    messages: [
      { decides: { Priority: 80 } },
      { facts: { recipients: ['a@slow.example', 'b@Partner.Example'] }, decides: { Priority: 95 } },
      { facts: { recipients: ['a@slow.example'] }, decides: { Priority: 10 } },
      { facts: { recipients: ['a@elsewhere.example'] }, decides: {} },
    ],
  },
  {
    name: 'sends by the route that a header names, and only by that',
    senderId: 1,
    script: String.raw`
routes = { "isp", "backup", "internal" }   -- sender 0, 1, 2

function routeid(name)
  return table.foreachi(routes, function(i, v) if v == name then return i - 1 end end)
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local wanted = headerdata["X-Route"]
  if wanted ~= nil then
    local id = routeid(string.lower(wanted))
    if id == nil then
      actions.Reason = "unknown route " .. wanted
      actions.SkipSend = true
    elseif id ~= senderid then
      actions.Reason = "route " .. id .. ", not " .. senderid
      actions.SkipSend = true
    end
  end
  return actions
end
`,
    messages: [
      { header: ['X-Route: backup'], decides: {} },
      { header: ['x-route: ISP'], decides: { SkipSend: true, Reason: 'route 0, not 1' } },
      { header: ['X-ROUTE: internal'], decides: { SkipSend: true, Reason: 'route 2, not 1' } },
      { header: ['X-Route: moon'], decides: { SkipSend: true, Reason: 'unknown route moon' } },
      { decides: {} },
    ],
  },
  {
    name: 'limits the size by sender, the first rule that fits',
    script: String.raw`
limits = {
  { "^boss@", 50000000 },
  { "@design%.example%.com$", 20000000 },
  { "", 5000000 },
}

function CheckFile(filename, actions, size, createtime, mailfrom)
  local from = string.lower(mailfrom)
  local i = 1
  while limits[i] do
    local pattern, limit = unpack(limits[i])
    if string.find(from, pattern) then
      if size > limit then
        actions.SkipSend = 1
        actions.Reason = "rule " .. i .. ": " .. size .. " of " .. limit .. " bytes"
      end
      break
    end
    i = i + 1
  end
  return actions
end
`,
    messages: [
      { facts: { size: 5000000 }, decides: {} },
      { facts: { size: 5000001 }, decides: { SkipSend: 1, Reason: 'rule 3: 5000001 of 5000000 bytes' } },
      { facts: { size: 5000001, returnPath: 'Ann@Design.example.com' }, decides: {} },
      {
        facts: { size: 20000001, returnPath: 'ann@design.example.com' },
        decides: { SkipSend: 1, Reason: 'rule 2: 20000001 of 20000000 bytes' },
      },
      { facts: { size: 49999999, returnPath: 'BOSS@example.com' }, decides: {} },
      {
        facts: { size: 4294967297, returnPath: '' },
        decides: { SkipSend: 1, Reason: 'rule 3: 4294967297 of 5000000 bytes' },
      },
    ],
  },
  {
    name: 'makes a permanent failure of a temporary one by the words of the reply',
    script: String.raw`
permanent = { "user unknown", "no such user", "mailbox unavailable", "does not exist" };

function ReturnCodeHandler(lastcommand, fullresponse, lastline)
  local _, _, code = string.find(lastline, "^(%d%d%d)");
  if code == nil or string.sub(code, 1, 1) ~= "4" then return end;
  if not string.find(lastcommand, "^RCPT") then return end;
  local text = string.lower(fullresponse);
  for i = 1, table.getn(permanent) do
    if string.find(text, permanent[i], 1, 1) then
      local new = string.gsub(lastline, "^4", "5", 1);
      return (string.gsub(new, " 4%.", " 5."));
    end;
  end;
end;
`,
    replies: [
      { command: 'RCPT TO:<a@b>', reply: ['450 4.1.1 No such user here'], becomes: '550 5.1.1 No such user here' },
      { command: 'RCPT TO:<a@b>', reply: ['450-4.2.0 wait', '450 4.2.0 greylisted'], becomes: undefined },
      { command: 'RCPT TO:<a@b>', reply: ['451-User unknown', '451 in 4 tables'], becomes: '551 in 4 tables' },
      { command: 'MAIL FROM:<a@b>', reply: ['450 User unknown'], becomes: undefined },
      { command: 'RCPT TO:<a@b>', reply: ['250 ok, user unknown'], becomes: undefined },
    ],
  },
  {
    name: 'counts messages per domain in globals and holds every third',
    script: String.raw`
counts = {}
function Start() total = 0 end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  local _, _, domain = string.find(recipients[1], "@(.*)")
  counts[domain] = (counts[domain] or 0) + 1
  total = total + 1
  if math.mod(counts[domain], 3) == 0 then
    actions.SkipSend = 1
    actions.Reason = domain .. ": " .. counts[domain] .. " of " .. total
  end
  return actions
end
`,
    messages: [
      { facts: { recipients: ['1@a.example'] }, decides: {} },
      { facts: { recipients: ['2@a.example'] }, decides: {} },
      { facts: { recipients: ['1@b.example'] }, decides: {} },
      { facts: { recipients: ['3@a.example'] }, decides: { SkipSend: 1, Reason: 'a.example: 3 of 4' } },
      { facts: { recipients: ['4@a.example'] }, decides: {} },
      { facts: { recipients: ['2@b.example'] }, decides: {} },
      { facts: { recipients: ['3@b.example'] }, decides: { SkipSend: 1, Reason: 'b.example: 3 of 7' } },
    ],
  },
  {
    name: 'looks for words in the subject with string.gfind',
    script: String.raw`
weights = { urgent = 30, invoice = 20, fyi = -20, newsletter = -40 }

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local seen, words = {}, {}
  for word in string.gfind(string.lower(headerdata.Subject or ""), "%a+") do
    if weights[word] and not seen[word] then
      seen[word] = 1
      table.insert(words, word)
      actions.Priority = actions.Priority + weights[word]
    end
  end
  if table.getn(words) > 0 then
    table.sort(words)
    actions.Reason = table.concat(words, "+")
  end
  return actions
end
`,
    messages: [
      { header: ['Subject: URGENT: invoice 4711, urgent!'], decides: { Priority: 100, Reason: 'invoice+urgent' } },
      { header: ['Subject: newsletter (fyi)'], decides: { Priority: -10, Reason: 'fyi+newsletter' } },
      { header: ['From: a@b'], decides: {} },
    ],
  },
  {
    name: 'reads its rules from a text with loadstring',
    script: String.raw`
rules_text = [[
  from    *@lists.example.com   20
  to      *@gov.example         90
  subject *backup?report*       5
]]

function topattern(wildcard)
  local p = string.gsub(wildcard, "([%^%$%(%)%%%.%[%]%+%-])", "%%%1")
  p = string.gsub(p, "%*", ".*")
  p = string.gsub(p, "%?", ".")
  return "^" .. p .. "$"
end

rules = {}
local code = string.gsub(rules_text, "%s*(%a+)%s+(%S+)%s+(%d+)%s*\n",
  function(what, wildcard, priority)
    return "table.insert(rules, {" .. string.format("%q, %q, %s", what, topattern(wildcard), priority) .. "})\n"
  end)
assert(loadstring(code, "rules"))()

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local values = { from = mailfrom, to = recipients[1], subject = headerdata["Subject"] or "" }
  for i, rule in ipairs(rules) do
    if string.find(string.lower(values[rule[1]]), rule[2]) then
      actions.Priority = rule[3]
      return actions
    end
  end
  return actions
end
`,
    messages: [
      { facts: { returnPath: 'News@Lists.example.com' }, decides: { Priority: 20 } },
      { facts: { returnPath: 'news@listsXexample.com' }, decides: {} },
      { facts: { recipients: ['clerk@gov.example'] }, decides: { Priority: 90 } },
      { header: ['Subject: Nightly backup-report of Monday'], decides: { Priority: 5 } },
      { header: ['Subject: backup report'], decides: { Priority: 5 } },
      { header: ['Subject: backupreport'], decides: {} },
    ],
  },
  {
    name: 'remembers the last five senders in a list that it cuts with table.setn',
    script: String.raw`
recent = {}

function remember(address)
  table.insert(recent, 1, address)
  if table.getn(recent) > 5 then table.setn(recent, 5) end
end

function timesin(list, address)
  local n = 0
  for i = 1, table.getn(list) do
    if list[i] == address then n = n + 1 end
  end
  return n
end

function CheckFile(filename, actions, size, createtime, mailfrom)
  remember(mailfrom)
  if timesin(recent, mailfrom) > 3 then
    actions.SkipSend = 1
    actions.Reason = mailfrom .. " sends too fast: " .. table.concat(recent, " ")
  end
  return actions
end
`,
    messages: [
      { facts: { returnPath: 'a' }, decides: {} },
      { facts: { returnPath: 'b' }, decides: {} },
      { facts: { returnPath: 'a' }, decides: {} },
      { facts: { returnPath: 'a' }, decides: {} },
      { facts: { returnPath: 'a' }, decides: { SkipSend: 1, Reason: 'a sends too fast: a a a b a' } },
      { facts: { returnPath: 'b' }, decides: {} },
      { facts: { returnPath: 'a' }, decides: { SkipSend: 1, Reason: 'a sends too fast: a b a a a' } },
    ],
  },
  {
    name: 'has rules that are objects with a metatable',
    script: String.raw`
Rule = {}
Rule.__index = Rule

function Rule:new(name, o)
  o = o or {}
  o.name = name
  o.hits = 0
  return setmetatable(o, self)
end

function Rule:applies(message) return nil end

SizeRule = Rule:new("size")
SizeRule.__index = SizeRule
function SizeRule:applies(message) return message.size > self.over end

DomainRule = Rule:new("domain")
DomainRule.__index = DomainRule
function DomainRule:applies(message)
  return string.find(message.from, "@" .. self.domain .. "$") ~= nil
end

rules = {
  SizeRule:new("huge", { over = 1000000, priority = 2 }),
  DomainRule:new("robots", { domain = "robots%.example", priority = 30 }),
  SizeRule:new("large", { over = 100000, priority = 20 }),
  Rule:new("never", { priority = 1 }),
}

function CheckFile(filename, actions, size, createtime, mailfrom)
  local message = { size = size, from = mailfrom }
  for _, rule in rules_in_order() do
    if rule:applies(message) then
      rule.hits = rule.hits + 1
      actions.Priority = rule.priority
      actions.Reason = rule.name .. " " .. rule.hits
      break
    end
  end
  return actions
end

function rules_in_order()
  local i = 0
  return function()
    i = i + 1
    if rules[i] then return i, rules[i] end
  end
end
`,
    messages: [
      { facts: { size: 2000000 }, decides: { Priority: 2, Reason: 'huge 1' } },
      { facts: { size: 200000 }, decides: { Priority: 20, Reason: 'large 1' } },
      { facts: { size: 200000, returnPath: 'x@robots.example' }, decides: { Priority: 30, Reason: 'robots 1' } },
      { facts: { size: 1000001 }, decides: { Priority: 2, Reason: 'huge 2' } },
      { facts: { size: 1000 }, decides: {} },
    ],
  },
  {
    name: 'goes through the recipients with a coroutine',
    script: String.raw`
function addresses(recipients)
  return coroutine.wrap(function()
    for i = 1, table.getn(recipients) do
      local _, _, user, domain = string.find(recipients[i], "^(.-)@(.+)$")
      if user then coroutine.yield(user, domain) end
    end
    return nil
  end)
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients)
  local bydomain, order = {}, {}
  for user, domain in addresses(recipients) do
    if not bydomain[domain] then
      bydomain[domain] = {}
      table.insert(order, domain)
    end
    table.insert(bydomain[domain], user)
  end
  local text = ""
  for i = 1, table.getn(order) do
    text = text .. order[i] .. "=" .. table.concat(bydomain[order[i]], ",") .. ";"
  end
  actions.Reason = text
  if table.getn(order) > 2 then actions.Priority = 25 end
  return actions
end
`,
    messages: [
      { decides: { Reason: 'example.net=one;example.org=two;' } },
      {
        facts: { recipients: ['a@x', 'b@y', 'nobody', 'c@x', 'd@z'] },
        decides: { Reason: 'x=a,c;y=b;z=d;', Priority: 25 },
      },
      { facts: { recipients: [] }, decides: { Reason: '' } },
    ],
  },
  {
    name: 'catches its own mistakes with pcall and says where they are',
    script: String.raw`
function check(actions, headerdata)
  if string.len(headerdata["Subject"]) > 10 then actions.Priority = 40 end
  return actions
end

function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata)
  local ok, result = pcall(check, actions, headerdata)
  if not ok then
    local _, _, line = string.find(result, ":(%d+):")
    actions.Reason = "mistake in line " .. line
  end
  return actions
end
`,
    messages: [
      { header: ['Subject: a long subject'], decides: { Priority: 40 } },
      { header: ['Subject: short'], decides: {} },
      { header: ['From: a@b'], decides: { Reason: 'mistake in line 3' } },
    ],
  },
]
