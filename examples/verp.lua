-- verp.lua: Variable Envelope Return Paths (VERP), for mailing lists.
--
-- Each recipient gets the list's mail with a return path of its own:
--
--   from list-bounces@example.com to joe@example.net:   list-bounces+joe=example.net@example.com
--
-- The address that a bounce comes to then says which recipient it is about, whatever its text says. Mail to
-- list-bounces+anything has to reach the program that reads the bounces; it takes what is behind "list-bounces+", and
-- makes the last "=" an "@".
--
-- A message to many has one return path, so each recipient needs a transaction of its own: MaxRecipientsPerMessage = 1.
-- They follow each other on the same connection, but the relay server gets the message once for each. So that all other
-- mail goes on as it does, give the list's mail a sender of its own, the first in relayout.ini:
--
--   [sender.lists]
--   host = smtp.example.net
--   filter[] = From: list-bounces@example.com
--   filter[] = From: news-bounces@example.com
--
-- Where BATV is in use, the domain must not be one of [batv] domains with require = true: these addresses have no tag.
--
-- Copy what is below into relayout.lua.

-- The return paths that become variable, all in lower case.
local lists = {
  ["list-bounces@example.com"] = true,
  ["news-bounces@example.com"] = true,
}

-- The sender in relayout.ini that has the mail of these lists: its name there. Another name, or mail of the lists that
-- another sender takes, and the return paths stay as they are.
local lists_sender = "lists"

-- The plugin takes a return path of at most 256 octets, with its two angle brackets.
local longest = 254

-- Stays empty unless the return paths are signed, see below.
local sign

-- Signed return paths: list-bounces+0123456789=joe=example.net@example.com. Without a signature, anybody can make up
-- bounces that unsubscribe joe. Take the "--" away in front of these lines, and let Haraka's user alone read this file.
-- The secret never gets into the log.
-- local secret = ""
-- if #secret < 20 then
--   error("verp: the secret in the script needs 20 characters or more")
-- end
-- sign = function(return_path, recipient)
--   -- Case does not count: servers on the way may change it. Ten hexadecimal digits are enough for mail.
--   local text = string.lower(return_path .. " " .. recipient)
--   return string.sub(VPOP3.HexString(VPOP3.HMAC("sha256", secret, text)), 1, 10)
-- end
-- -- The check, for the program that reads the bounces: the list's return path and the recipient, or nothing where the
-- -- signature is wrong. Nothing calls it here; write it in that program's language.
-- function BouncedRecipient(address)
--   local user, signature, recipient, domain, host =
--     string.match(address, "^([^+]+)%+(%x+)=(.+)=([^=@]+)@([^@]+)$")
--   if not user then return end
--   local return_path = user .. "@" .. host
--   recipient = recipient .. "@" .. domain
--   if string.lower(signature) == sign(return_path, recipient) then return return_path, recipient end
-- end

function Start()
  if sendername == lists_sender then
    MaxRecipientsPerMessage = 1
  end
end

-- MailFrom and not ComputedMailFrom, which may have a BATV tag. The arguments after Recipients are left out: for a
-- script that takes the tenth, Subject, each message is opened to read its header.
function ModifyReturnPath(ComputedMailFrom, MailFrom, OriginalMailFrom, AuthSender, Recipients)
  if not lists[string.lower(MailFrom)] or #Recipients ~= 1 then return end

  -- What cannot stand in the middle of a local part: quotes and brackets, as in "joe smith"@example.net and
  -- joe@[192.0.2.7], and a domain in UTF-8, which any server takes in its other form (xn--...), but not there.
  local recipient = Recipients[1]
  local user, domain = string.match(recipient, "^([^\"].*)@([%w.%-]+)$")
  if not user then
    print("verp: left alone, cannot be in a return path: " .. recipient)
    return
  end

  local list, host = string.match(MailFrom, "^(.+)@([^@]+)$")
  local signature = sign and sign(MailFrom, recipient) .. "=" or ""
  local path = list .. "+" .. signature .. user .. "=" .. domain .. "@" .. host
  if #path > longest then
    print("verp: left alone, would have " .. #path .. " octets: " .. recipient)
    return
  end
  return path
end
