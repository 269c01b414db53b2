/** Scripts that ask the libraries for too much at once, or hand them garbage. */
import { fault, harmless, type HostileScript, type HostileScripts } from './hostile-script.js'

/** The script prints what pcall says of the call: an error that it can handle. */
function refused(call: string, says: string): HostileScript {
  return harmless(`print(pcall(${call}))`, `false.*${says}`)
}

const TOO_LARGE = 'resulting string too large'
const MANY = 'setmetatable({}, {__len = function() return 1e8 end})'

export const BOUNDS: HostileScripts = {
  'string.rep of 10 GB': refused("string.rep, 'x', 1e10", TOO_LARGE),
  'string.rep of inf times': refused("string.rep, 'x', math.huge", TOO_LARGE),
  'string.rep with a huge separator': refused("string.rep, 'x', 1e5, ('y'):rep(1e5)", TOO_LARGE),
  'string.rep of nothing, 2^53 times': harmless("print(#string.rep('', 2^53), #string.rep('x', -2^53))", '0.*0'),
  'table.unpack of 100 million': refused('table.unpack, {}, 1, 1e8', 'too many results to unpack'),
  'table.unpack from -inf to inf': refused('table.unpack, {}, -math.huge, math.huge', 'too many results to unpack'),
  'table.unpack of a huge length': refused(`table.unpack, ${MANY}`, 'too many results to unpack'),
  'select of all that fits': harmless("print(select('#', table.unpack({}, 1, 15000)), select(-1, 1))", '15000'),
  'table.concat from 1 to 100 million': refused("table.concat, {}, '', 1, 1e8", 'invalid value \\(nil\\) at index 1'),
  'table.concat of a huge length': refused(`table.concat, ${MANY}`, 'invalid value \\(nil\\) at index 1'),
  'table.insert at a huge position': refused('table.insert, {}, 2^53, 1', 'position out of bounds'),
  'table.remove at a huge position': refused('table.remove, {}, 2^53', 'position out of bounds'),
  'table.move beyond all numbers': refused('table.move, {}, 1, math.huge, 2^53', '(?:too many elements|wrap around)'),
  'table.sort of more than fits': refused(
    'table.sort, setmetatable({}, {__len = function() return 2^31 - 1 end})',
    'array too big',
  ),
  'a __len that is not a number': refused(
    "table.unpack, setmetatable({}, {__len = function() return 'x' end})",
    'not an integer',
  ),
  'a sort whose order is none': harmless(
    'local t = {} for i = 1, 200 do t[i] = i % 7 end print(pcall(table.sort, t, function() return true end)) ' +
      "print('after', #t)",
    'false.*invalid order function for sorting',
    'after.*200',
  ),
  'a sort whose order changes': harmless(
    'local t = {} for i = 1, 200 do t[i] = i end local n = 0 ' +
      "pcall(table.sort, t, function() n = n + 1 return n % 3 == 0 end) print('after', #t)",
    'after.*200',
  ),
  'a sort whose comparison empties the table': harmless(
    'local t = {5, 4, 3, 2, 1} ' +
      "print('sorted', pcall(table.sort, t, function(x, y) for k in pairs(t) do t[k] = nil end return x < y end))",
    'sorted.*false',
  ),
  'a pattern too deep': refused("string.find, ('a'):rep(1e5), ('(a)'):rep(40)", 'too many captures'),
  'a pattern that recurses for every character': refused(
    "string.find, ('x'):rep(1e5), ('x?'):rep(1e5)",
    'pattern too complex',
  ),
  'patterns that are none': harmless(
    "for _, p in ipairs{'%', '[a', '(', '%b', '%f', '[%', '%1', '()()%9', '[^]', '%bx'} do " +
      "local ok = pcall(string.gsub, 'x', p, '%2') if ok then print('taken', p) end end print('all refused')",
    'all refused',
  ),
  'a replacement that is none': refused("string.gsub, 'x', 'x', '%9'", 'invalid capture index'),
  'a gsub result of 2 GB': refused("string.gsub, ('x'):rep(1e5), 'x', ('y'):rep(20000)", TOO_LARGE),
  'string.format with a width of 1e9': refused("string.format, '%1000000000d', 1", 'invalid format'),
  'string.format with a precision of 1e9': refused("string.format, '%.1000000000f', 1", 'invalid format'),
  'string.format with the greatest width': harmless("print(#string.format('%99.99f', 1e308))", '409'),
  'string.format of 4,000 huge strings': refused(
    "string.format, ('%s'):rep(4000), table.unpack((function() local s, t = ('x'):rep(1e6), {} for i = 1, 4000 do t[i] = s end return t end)())",
    TOO_LARGE,
  ),
  'string.pack of 1 GB of padding': fault("string.pack('c1000000000', 'x')", { kind: 'memory', says: TOO_LARGE }),
  'string.packsize beyond all numbers': refused("string.packsize, ('c2147483647'):rep(4)", ''),
  'string.pack with formats that are none': harmless(
    "for _, f in ipairs{'i17', 'i0', '!3 i4', 'Xz', 'X', 'c', 'q', 's17', '!1000000000'} do " +
      "local ok = pcall(string.pack, f, 'x', 'y') if ok then print('taken', f) end end print('all refused')",
    'all refused',
  ),
  'string.unpack of lengths that lie': harmless(
    "for _, f in ipairs{'s4', 's8', 'z', 'c1000000000', 'j', '!16 i16'} do " +
      "pcall(string.unpack, f, '\\255\\255\\255\\255') end print('done')",
    'done',
  ),
  'string.unpack at places that are none': refused("string.unpack, 'b', 'x', 2^53", 'out of string'),
  'string.byte of 10 MB at once': refused("string.byte, ('x'):rep(1e7), 1, -1", 'string slice too long'),
  'string.sub with all numbers': harmless(
    'for _, i in ipairs{0, -1, 2^31, -2^31, 2^53, math.huge, -math.huge} do string.sub("abc", i, -i) string.byte("abc", i) end print("done")',
    'done',
  ),
  'string.char of what is no byte': refused('string.char, 256', 'value out of range'),
  'utf8 functions on garbage': harmless(
    "local s = '\\255\\192\\128\\237\\160\\128\\244\\144\\128\\128' print(utf8.len(s)) " +
      'print(pcall(utf8.codepoint, s, 1, -1)) print(pcall(function() for _ in utf8.codes(s) do end end)) ' +
      'print(pcall(utf8.offset, s, 2^53))',
    '(?:nil|fail).*1',
    'false.*invalid UTF-8 code',
    'true.*nil',
  ),
  'utf8.codepoint of 10 MB at once': refused(
    "utf8.codepoint, ('x'):rep(1e7), 1, -1",
    '(?:string slice too long|stack overflow)',
  ),
  'utf8.char beyond all characters': refused('utf8.char, 2^53', 'value out of range'),
  'a number of 1 MB of digits': harmless("print(tonumber(('1'):rep(1e6)), tonumber(('z'):rep(1e6), 36))", 'inf.*'),
  'a number of 1 MB that is none': harmless(
    "print(tonumber(('1'):rep(1e6) .. 'x'), tonumber((' '):rep(1e6)))",
    'nil.*nil',
  ),
  'a key of 1 MB': harmless("local t = {} t[('k'):rep(1e6)] = 1 print(t[('k'):rep(1e6)])", '1'),
  'keys that are none': harmless(
    'print(pcall(function() local t = {} t[0/0] = 1 end)) print(pcall(function() local t = {} t[nil] = 1 end)) print(pcall(next, {}, 1))',
    'false.*index is NaN',
    'false.*index is nil',
    'false.*invalid key',
  ),
  'names that JavaScript objects have': harmless(
    "print(headers.__proto__, headers.constructor, a.toString, a.__proto__, _G.hasOwnProperty, ({}).valueOf, (''):len()) " +
      'a.__proto__ = {SkipSend = true} headers.__proto__ = {x = 1} a.constructor = 5 _G.__proto__ = nil',
    'nil.*nil.*nil.*nil.*nil.*nil.*0',
  ),
  'os.date with a format without end': refused("os.date, ('%c'):rep(1e6)", 'format too long'),
  'os.date with conversions that are none': refused("os.date, '%Ez %Q %'", 'invalid conversion specifier'),
  'os.date and os.time of all numbers': harmless(
    'for _, n in ipairs{0, -1, 1e15, -1e15, 1e308, math.huge, -math.huge, 0/0} do pcall(os.date, "*t", n) pcall(os.date, "%c", n) ' +
      'pcall(os.time, {year = n, month = n, day = n}) pcall(os.difftime, n, n) end print("done")',
    'done',
  ),
  'math functions on all numbers': harmless(
    'for _, n in ipairs{0, -1, 2^63, 1e308, math.huge, -math.huge, 0/0} do for _, f in pairs(math) do ' +
      'if type(f) == "function" then pcall(f, n) pcall(f, n, n) end end ' +
      'pcall(function() return n // 0, n % 0, 1 << n, ~n end) end print("done")',
    'done',
  ),
  'HMAC of names that are none': refused("VPOP3.HMAC, '../../etc/passwd', 'k', 'd'", 'knows no algorithm'),
  'a part of VPOP3 that is not there': fault("VPOP3.RunProgram('reboot')", {
    kind: 'runtime',
    says: 'VPOP3\\.RunProgram is not available in NAME\\.lua',
  }),
}
