/**
 * The two example scripts of the facility's original description, as they stand there: `time` is a global, 1 means
 * true, `end;` closes a block.
 */
export const OFFICE_HOURS = `function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata, headerlines)

 time = os.date("*t");
 if size > 10000000 and (time.hour > 7 and time.hour < 19) then
  actions["SkipSend"] = 1;
 end;

 if size > 5000000 then
  actions["Priority"] = 1;
 end;

 return actions;
end;
`

export const BY_SIZE = `function CheckFile(filename, actions, size, createtime, mailfrom, recipients, headerdata, headerlines)

 if size > 50000 then
  if senderid ~= 0 then
   actions["SkipSend"] = 1;
  end;
 else
  if senderid ~= 1 then
   actions["SkipSend"] = 1;
  end;
 end;

 return actions;
end;
`
