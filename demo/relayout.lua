-- The script of `npm run demo`. Two senders are configured: main, and large for mail over 100 KB.
-- It would run in VPOP3 as it stands, but for RetryAfter, which VPOP3 ignores.

function CheckFile(Filename, Actions, Size, CreationTime, ReturnPath, Recipients, HeaderData, HeaderLines)

  -- Big mail has a relay server of its own: main leaves it to the sender large.
  if sendername == "main" and Size > 100 * 1024 then
    Actions.SkipSend = true
    Actions.Reason = "over 100 KB: for the sender large"
    return Actions
  end

  -- Not before a certain time (here in seconds since 1970).
  local notBefore = tonumber(HeaderData["X-Not-Before"])
  if notBefore and os.time() < notBefore then
    Actions.SkipSend = true
    Actions.Reason = "not before " .. os.date("%H:%M:%S", notBefore)
    Actions.RetryAfter = notBefore - os.time()
    return Actions
  end

  -- Drafts are never sent by themselves; they are looked at again once a day.
  if string.find(HeaderData["Subject"] or "", "[draft]", 1, true) then
    Actions.SkipSend = true
    Actions.Reason = "a draft: take [draft] out of the subject"
    Actions.RetryAfter = 24 * 60 * 60
    return Actions
  end

  -- The order: urgent mail first, what is long or goes to many last.
  if string.sub(HeaderData["X-Priority"] or "", 1, 1) == "1" then
    Actions.Priority = 90
  elseif string.lower(HeaderData["Precedence"] or "") == "bulk" then
    Actions.Priority = 10
  elseif Size > 30 * 1024 then
    Actions.Priority = 5
  end
  return Actions
end

-- This provider says 450, try again, of users who do not exist. 550 makes it final: the sender is told at once.
function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  if string.sub(LastCommand, 1, 4) == "RCPT" and string.find(FullResponse, "^450 4%.1%.1 ")
      and string.find(FullResponse, "User unknown", 1, true) then
    return "550 5.1.1 " .. string.sub(FullResponse, 11)
  end
end
