/** Scripts that reach for files, programs, modules, JavaScript and the inside of the engine. */
import { fault, harmless, type HostileScript, type HostileScripts } from './hostile-script.js'

function forbidden(call: string, name: string, why: string): HostileScript {
  return fault(call, { kind: 'runtime', says: `${name.replaceAll('.', '\\.')} is not available in NAME\\.lua: ${why}` })
}

const FILES = 'a script cannot read or write files'
const PROGRAMS = 'a script cannot start programs'
const NATIVE = 'a script cannot load other code'
const DEBUG = 'the debug library would open the limits'

export const FORBIDDEN: HostileScripts = {
  'os.exit': forbidden('os.exit(1, true)', 'os.exit', 'a script cannot stop the mail server'),
  'os.execute': forbidden("os.execute('kill -9 $PPID')", 'os.execute', PROGRAMS),
  'os.remove of the message itself': forbidden('os.remove(file)', 'os.remove', FILES),
  'os.rename of the message itself': forbidden("os.rename(file, file .. '.gone')", 'os.rename', FILES),
  'os.tmpname': forbidden('os.tmpname()', 'os.tmpname', FILES),
  "os.getenv('HOME')": fault("os.getenv('HOME')", {
    kind: 'runtime',
    says: "os\\.getenv\\('HOME'\\) is not available in a script: only 'TZ' is",
  }),
  'io.open of the message itself': forbidden("io.open(file, 'w')", 'io.open', FILES),
  'io.popen': forbidden("io.popen('reboot')", 'io.popen', PROGRAMS),
  'io.lines': forbidden("for _ in io.lines('/etc/passwd') do end", 'io.lines', FILES),
  'io.stdout': fault("io.stdout:write('forged')", {
    kind: 'runtime',
    says: "attempt to index a nil value \\(field 'stdout'\\)",
  }),
  dofile: forbidden("dofile('/etc/passwd')", 'dofile', FILES),
  loadfile: forbidden("loadfile('/etc/passwd')", 'loadfile', FILES),
  'require of a JavaScript module': forbidden("require('fs')", 'require', NATIVE),
  'require of the engine': forbidden("require('fengari')", 'require', NATIVE),
  'package.loadlib': forbidden("package.loadlib('/tmp/x.js', '*')", 'package.loadlib', NATIVE),
  'package.loaded': fault('package.loaded.os.exit()', {
    kind: 'runtime',
    says: "attempt to index a nil value \\(field 'loaded'\\)",
  }),
  'the js library': fault('js.global.process:exit()', {
    kind: 'runtime',
    says: "attempt to index a nil value \\(global 'js'\\)",
  }),
  'debug.sethook': forbidden('debug.sethook()', 'debug.sethook', DEBUG),
  'debug.getregistry': forbidden('debug.getregistry()', 'debug.getregistry', DEBUG),
  'debug.getupvalue': forbidden('debug.getupvalue(print, 1)', 'debug.getupvalue', DEBUG),
  'debug.setmetatable': forbidden('debug.setmetatable(1, {})', 'debug.setmetatable', DEBUG),
  'getfenv and setfenv': fault('setfenv(1, {})', { kind: 'runtime', says: 'setfenv is not available in NAME\\.lua' }),
  'collectgarbage with options that are none': harmless(
    "print(pcall(collectgarbage, 'stop'), pcall(collectgarbage, 'setpause', 1e9), collectgarbage('count') > 0)",
    'true.*true',
  ),
  'whatever a forbidden function holds': harmless(
    'print(type(os.exit), getmetatable(os.exit), rawlen({os.exit}), pcall(setmetatable, os.exit, {}))',
    'function.*nil.*1.*false',
  ),
  'the metatables that all values share': harmless(
    "print(getmetatable(1), getmetatable(print), getmetatable(nil), getmetatable(coroutine.create(print)), type(getmetatable('')))",
    'nil.*nil.*nil.*nil.*table',
  ),
}
