/**
 * What a script finds when it begins, without the functions that are there only to say that they are not available
 * (removed-functions.ts). A test holds this list against the globals of a session.
 */
import { READ_ONLY, WRITABLE } from './shared-globals.js'

/** Library name ('' for the globals) to names. */
export const PROVIDED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    '':
      '_G _VERSION assert bit32 collectgarbage coroutine debug error gcinfo getmetatable io ipairs load loadstring ' +
      'math next os package pairs pcall print rawequal rawget rawlen rawset select setmetatable string table ' +
      `tonumber tostring type unpack utf8 VPOP3 xpcall ${[...READ_ONLY, ...WRITABLE].join(' ')}`,
    bit32: 'arshift band bnot bor btest bxor extract lrotate lshift replace rrotate rshift',
    coroutine: 'create isyieldable resume running status wrap yield',
    debug: 'traceback',
    io: '',
    math:
      'abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max maxinteger min ' +
      'mininteger mod modf pi pow rad random randomseed sin sinh sqrt tan tanh tointeger type ult',
    os: 'clock date difftime getenv time',
    package: '',
    string: 'byte char find format gfind gmatch gsub len lower match pack packsize rep reverse sub unpack upper',
    table: 'concat foreach foreachi getn insert maxn move pack remove setn sort unpack',
    utf8: 'char charpattern codepoint codes len offset',
    VPOP3: 'HMAC HexString UnHexString',
  }).map(([library, names]) => [library, new Set(names.split(' ').filter((name) => name !== ''))]),
)
