-- relayout.lua: what this server does with outgoing mail.
--
-- Copy this file into Haraka's config folder and edit it there; a changed file is picked up by itself.
-- All functions are optional. The rules at work below are safe everywhere; the others are examples, commented out:
-- take the "--" away in front of their lines.

-- Texts with which servers answer 450 ("try again") although the recipient will never exist. All in lower case.
local unknown_user = {
  "user unknown",
  "unknown user",
  "no such user",
  "no such mailbox",
  "no such recipient",
  "user does not exist",
  "mailbox does not exist",
  "recipient does not exist",
  "account that you tried to reach does not exist",
}

-- Texts that mean something else, even beside one of those above.
local other_reason = { "sender", "greylist", "graylist", "temporar", "try again" }

local function contains_any(text, words)
  for _, word in ipairs(words) do
    if string.find(text, word, 1, true) then return true end
  end
  return false
end

-- Called at the start of a session, before the first message.
-- function Start()
-- end

-- Called for every message before it is sent.
function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData, HeaderLines)
  -- Bulk mail goes after all other mail. 50 is the default; 100 goes first, 1 goes last.
  local precedence = string.lower(HeaderData["Precedence"] or "")
  if precedence == "bulk" or precedence == "list" or HeaderData["List-Unsubscribe"] then
    Actions["Priority"] = 10
  end

  -- Big messages go last.
  if Size > 5000000 then
    Actions["Priority"] = 1
  end

  -- Very big messages wait while the line is needed for other things: from 8 to 19 h.
  -- local now = os.date("*t")
  -- if Size > 10000000 and now.hour > 7 and now.hour < 19 then
  --   Actions["SkipSend"] = true
  --   Actions["Reason"] = "big message in office hours"
  -- end

  -- Two senders in relayout.ini: messages over 50,000 bytes go through the one named "slow", all others through "fast".
  -- if Size > 50000 then
  --   if sendername ~= "slow" then
  --     Actions["SkipSend"] = true
  --   end
  -- else
  --   if sendername ~= "fast" then
  --     Actions["SkipSend"] = true
  --   end
  -- end

  return Actions
end

-- Called for every reply of the relay server. A returned string takes the place of the reply; it starts with a code.
function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  -- A recipient that does not exist: bounce at once instead of trying again for days.
  if string.upper(string.sub(LastCommand, 1, 8)) == "RCPT TO:" and string.sub(LastLine, 1, 3) == "450" then
    local text = string.lower(FullResponse)
    if contains_any(text, unknown_user) and not contains_any(text, other_reason) then
      -- 450 becomes 550 on every line, and 4.1.1 right behind it 5.1.1; the text stays.
      local lines = "\n" .. FullResponse
      lines = string.gsub(lines, "\n450", "\n550")
      lines = string.gsub(lines, "(\n550[ -])4(%.%d+%.%d+)", "%15%2")
      return string.sub(lines, 2)
    end
  end
end

-- Called after each new connection to a relay server; ConnectedServer is its name.
-- function ServerConnected()
--   if ConnectedServer == "small.example.net" then
--     MaxMessagesPerConnection = 10
--     MaxRecipientsPerMessage = 20
--   end
-- end

-- Called before each message goes to a relay server: whether by TLS.
-- function ServerDetails(Parameters, HeaderLines, Actions)
--   if Parameters["server"] == "mail.broken.example" then
--     Actions["tryTLS"] = 0
--   end
--   return Actions
-- end

-- Called for each transaction: the return path that the relay server is given. Complete scripts for forwarded mail (SRS)
-- and mailing lists (VERP) are in the package, in the folder examples.
-- function ModifyReturnPath(ComputedMailFrom, MailFrom)
--   if MailFrom == "web@intranet.example" then
--     return "postmaster@example.com"
--   end
-- end
