-- srs.lua: the Sender Rewriting Scheme (SRS), for a server that forwards mail.
--
-- Mail that is forwarded with its return path as it came leaves from a server that the sender's SPF record does not
-- name, and is refused for that. With SRS, the return path becomes an address of the forwarder with the first one in it:
--
--   joe@example.net, a sender like any other   SRS0=HHHH=TT=example.net=joe@forward.example.com
--   an SRS0 address of another forwarder       SRS1=HHHH=other.example==HHHH=TT=example.net=joe@forward.example.com
--   an SRS1 address of another forwarder       the same with our HHHH and domain, so that it does not grow
--
-- TT is the day. HHHH is a short hash made with the secret below: nobody else can make addresses that are sent on from
-- here. Both are as in Mail::SRS and libsrs2.
--
-- This is the way out only: neither the script nor the plugin turns such addresses back. Bounces come to the MX of the
-- forwarding domain, and there it takes a decoder with the same secret, before you begin: PostSRSd (beside a Postfix
-- that is the domain's MX, or asked by a plugin of your own in Haraka's hook_rcpt), pysrs, or the srsd of Mail::SRS.
-- Haraka has none; the plugins in its list of plugins build on srs.js, which makes other hashes. Without a decoder,
-- senders do not learn that their forwarded mail has failed.
--
-- The forwarding domain also needs an SPF record with the servers that this mail goes out by. Where BATV is in use, it
-- must not be one of [batv] domains with require = true: SRS addresses have no BATV tag.
--
-- Copy what is below into relayout.lua. Mail between your own servers needs no SRS: in relayout.ini, give the sender
-- that takes mail to your own users a script without it.

-- The domain of the new return paths.
local forwarder = "forward.example.com"

-- Your own domains: return paths of these stay as they are. The one above need not be repeated.
local our_domains = { "example.com", "example.org" }

-- The secret that the decoder has too, such as `openssl rand -base64 30` makes. Whoever knows it can send mail through
-- your decoder: let Haraka's user alone read this file. It never gets into the log.
local secret = ""

if #secret < 20 then
  error("srs: the secret at the top of the script needs 20 characters or more")
end

local ours = { [string.lower(forwarder)] = true }
for _, domain in ipairs(our_domains) do
  ours[string.lower(domain)] = true
end

-- The plugin takes a return path of at most 256 octets, with its two angle brackets.
local longest = 254

-- Digits by their value, from 0. Every message takes some: in a table they are found faster than in a string.
local function digits(text)
  local found = {}
  for at = 1, #text do
    found[at - 1] = string.sub(text, at, at)
  end
  return found
end

local base32 = digits("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
local base64 = digits("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

-- The day in two digits. They come round again after 1024 days; decoders take an address for about 21.
local function timestamp()
  local day = os.time() // 86400
  return base32[day // 32 % 32] .. base32[day % 32]
end

-- The first four digits of the hash in base64, which are its first three bytes. Case does not count in what is hashed:
-- servers on the way may change it.
local function hash(text)
  local a, b, c = string.byte(VPOP3.HMAC("sha1", secret, string.lower(text)), 1, 3)
  return base64[a // 4] .. base64[a % 4 * 16 + b // 16] .. base64[b % 16 * 4 + c // 64] .. base64[c % 64]
end

local function srs0(domain, user)
  local time = timestamp()
  return "SRS0=" .. hash(time .. domain .. user) .. "=" .. time .. "=" .. domain .. "=" .. user .. "@" .. forwarder
end

-- `payload`: what followed "SRS0" in the address of that first forwarder, who alone can read it.
local function srs1(first, payload)
  return "SRS1=" .. hash(first .. payload) .. "=" .. first .. "=" .. payload .. "@" .. forwarder
end

local function forwarded(user, domain)
  -- The separator behind SRS0 is '=', '+' or '-', as that forwarder likes; it is part of the payload.
  local kind, payload = string.match(user, "^[Ss][Rr][Ss]([01])([=+%-].+)$")
  if kind == "0" then
    return srs1(domain, payload)
  elseif kind == "1" then
    -- The hash of the forwarder before us makes place for ours; the first forwarder stays.
    local first, rest = string.match(payload, "^.[^=]*=([^=]+)=([=+%-].+)$")
    if first then return srs1(first, rest) end
  end
  return srs0(domain, user)
end

-- MailFrom and not ComputedMailFrom: a BATV tag is for our own addresses. The further arguments are left out: for a
-- script that takes the tenth, Subject, each message is opened to read its header.
function ModifyReturnPath(ComputedMailFrom, MailFrom)
  local user, domain = string.match(MailFrom, "^(.+)@([^@]+)$")
  -- A bounce has no sender. Our own addresses include those that this script has made.
  if not user or ours[string.lower(domain)] then return end

  -- What cannot stand in the middle of a local part: "joe smith"@example.net has quotes, joe@[192.0.2.7] brackets. And
  -- joe@bücher.example could be sent to any server as joe@xn--bcher-kva.example; in a local part there is no such form.
  -- A local part that is UTF-8 itself is rewritten, since its message can only go to servers with SMTPUTF8 anyway.
  if string.sub(user, 1, 1) == '"' or string.find(domain, "[^%w.%-]") then
    print("srs: left alone, cannot be rewritten: " .. MailFrom)
    return
  end

  local path = forwarded(user, domain)
  if #path > longest then
    print("srs: left alone, would have " .. #path .. " octets: " .. MailFrom)
    return
  end
  return path
end
