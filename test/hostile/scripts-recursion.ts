/** Scripts that go too deep. */
import {
  fault,
  harmless,
  type HostileScript,
  type HostileScripts,
  inCheckFile,
  printed,
  sent,
} from './hostile-script.js'

const TOO_DEEP = '(?:JS )?stack overflow'

function tooDeep(body: string): HostileScript {
  return fault(body, { kind: 'runtime', says: TOO_DEEP })
}

export const RECURSIONS: HostileScripts = {
  'a recursion': tooDeep('local function f() return 1 + f() end f()'),
  'a recursion with more arguments each time': tooDeep('local function f(...) return f(1, ...) end f()'),
  'two functions that call each other': tooDeep('local f, g function f() g() end function g() f() end f()'),
  'a recursion through __index functions': tooDeep(
    'local t t = setmetatable({}, {__index = function(_, k) return t[k .. 1] end}) local _ = t.x',
  ),
  'a recursion through __tostring': tooDeep(
    'local t t = setmetatable({}, {__tostring = function() return tostring(t) end}) tostring(t)',
  ),
  'a recursion through __call': tooDeep('local t t = setmetatable({}, {__call = function() t() end}) t()'),
  'a recursion through functions of gsub': tooDeep("local function f() return (('x'):gsub('x', f)) end f()"),
  'a recursion through comparisons of sort': tooDeep('local function f() table.sort({2, 1}, f) end f()'),
  'a recursion through load': fault(
    'local env = {load = load} env.g = load(\'return 1 + load("return g()", "g", "t", _ENV)()\', \'g\', \'t\', env) env.g()',
    { kind: 'runtime', says: '.*stack overflow' },
  ),
  'an __index chain of 10,000 tables': fault(
    'local t = {} for _ = 1, 10000 do t = setmetatable({}, {__index = t}) end local _ = t.x',
    { kind: 'runtime', says: "'__index' chain too long" },
  ),
  'an __index chain that bites its tail': fault(
    'local t = {} t = setmetatable(t, {__index = t}) t.y = nil local _ = t.x',
    { kind: 'runtime', says: "'__index' chain too long" },
  ),
  'coroutines in coroutines, 10,000 deep': harmless(
    'local function nest(n) if n == 0 then return true end return coroutine.resume(coroutine.create(nest), n - 1) end ' +
      'print(select("#", nest(10000)), (select(-1, nest(10000))))',
    `.*${TOO_DEEP}`,
  ),
  'wrapped coroutines in coroutines, 10,000 deep': fault(
    'local function nest(n) if n > 0 then coroutine.wrap(nest)(n - 1) end end nest(10000)',
    // Every wrap adds its place to the message.
    { kind: 'runtime', says: '(?:NAME\\.lua:2: ){20}' },
  ),
  'a recursion through pcall that ends': harmless(
    "local function f() return pcall(f) end print('came back', f())",
    'came back',
  ),
  'an error in every error handler': harmless("print('handled', xpcall(error, function() error() end))", 'handled'),
  'a handler that calls itself by its errors': harmless(
    "local function h() xpcall(error, h) end print('handled', xpcall(error, h))",
    'handled',
  ),
  'a stack overflow that is caught, and used after': {
    script: inCheckFile('local function f() return 1 + f() end print(pcall(f)) a.Priority = 77'),
    logged: [printed(`false.*${TOO_DEEP}`), sent(77)],
  },
}
