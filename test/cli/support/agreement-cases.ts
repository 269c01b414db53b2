/** The cases of reply-agreement.test.ts: a relay server, and what the script makes of one of its replies. */
import type { ReportedAnswer } from '../../../lib/cli/commands/reply/report.js'
import type { Answer, ScriptedRelayOptions } from '../../support/scripted-relay.js'

export interface AgreementCase {
  /** Part of a domain name, and the sender's. */
  readonly name: string
  readonly relay?: ScriptedRelayOptions
  readonly ini?: string
  /** The LastCommand, as a Lua pattern, and what is returned. */
  readonly rule?: readonly [command: string, reply: string]
  /** What at least one of the replies comes to; `applied` unless something else is said. */
  readonly outcome?: ReportedAnswer['outcome']
  /** Local parts; default one, `a`. */
  readonly recipients?: readonly string[]
  readonly allowLosingRewrites?: false
  /** A relay server that is tried before. */
  readonly first?: ScriptedRelayOptions
}

/** Shows what it is shown in the log, then goes by the sender's rule. */
export function scriptOf(cases: readonly AgreementCase[]): string {
  const rules = cases.flatMap(({ name, rule }) =>
    rule ? [`rules["${name}"] = { ${luaString(rule[0])}, ${luaString(rule[1])} }`] : [],
  )
  return `
local rules = {}
${rules.join('\n')}
function ReturnCodeHandler(LastCommand, FullResponse, LastLine)
  print(LastCommand .. " => " .. FullResponse:gsub("\\r\\n", "|"))
  local rule = rules[sendername]
  if rule and LastCommand:find(rule[1]) then
    if rule[2] == "ERROR" then error("oops") end
    return rule[2]
  end
end
`
}

function luaString(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`
}

const LOGIN = { user: 'joe', pass: 'secret word' }
const CREDENTIALS = `auth_user=${LOGIN.user}\nauth_pass=${LOGIN.pass}\nauth_plaintext=true\n`

const CODES = { 2: '250 2.0.0 said', 4: '450 4.7.1 said', 5: '550 5.7.1 said' } as const
const NEW = { 2: '250 2.0.0 new', 4: '451 4.7.2 new', 5: '554 5.7.2 new' } as const

type Class = 2 | 4 | 5

interface StageCases {
  readonly name: string
  readonly command: string
  readonly relay: (answer: Answer) => ScriptedRelayOptions
  readonly extra?: ScriptedRelayOptions
  readonly ini?: string
  /** The codes of success. */
  readonly success?: string
  /** Class transitions that a guard refuses. */
  readonly refused?: readonly string[]
}

const STAGES: readonly StageCases[] = [
  { name: 'greeting', command: '^$', relay: (greeting) => ({ greeting }), success: '220' },
  { name: 'ehlo', command: '^EHLO ', relay: (ehlo) => ({ ehlo }) },
  { name: 'helo', command: '^HELO ', relay: (helo) => ({ helo }), extra: { ehlo: '502 5.5.1 no' } },
  {
    name: 'starttls',
    command: '^STARTTLS$',
    relay: (starttls) => ({ starttls }),
    extra: { starttls: true },
    success: '220',
    refused: ['4-2', '5-2'],
  },
  {
    name: 'auth',
    command: '^AUTH PLAIN$',
    relay: (authReply) => ({ authReply }),
    extra: { auth: LOGIN },
    ini: `${CREDENTIALS}auth_type=PLAIN\n`,
    success: '235',
  },
  { name: 'mail', command: '^MAIL ', relay: (mail) => ({ mail }) },
  { name: 'rcpt', command: '^RCPT ', relay: (rcpt) => ({ rcpt }) },
  { name: 'data', command: '^DATA$', relay: (data) => ({ data }), success: '354', refused: ['4-2', '5-2'] },
  { name: 'dot', command: '^%.$', relay: (endOfData) => ({ endOfData }) },
  { name: 'quit', command: '^QUIT$', relay: (quit) => ({ quit }), success: '221' },
]

const TRANSITIONS: readonly (readonly [Class, Class])[] = [
  [2, 4],
  [2, 5],
  [4, 2],
  [4, 5],
  [5, 2],
  [5, 4],
]

const transitions = STAGES.flatMap((stage) =>
  TRANSITIONS.map(([from, to]): AgreementCase => {
    const name = `${stage.name}-${from}-${to}`
    const success = (text: string): string => text.replace(/^250/, stage.success ?? '250')
    const real = from === 2 ? {} : stage.relay(CODES[from])
    return {
      name,
      relay: { ...stage.extra, ...real },
      rule: [stage.command, to === 2 ? success(NEW[2]) : NEW[to]],
      ...(stage.ini ? { ini: stage.ini } : {}),
      ...(stage.refused?.includes(`${from}-${to}`) ? { outcome: 'refused' as const } : {}),
    }
  }),
)

const only = (address: string, name: string, reply: string): ScriptedRelayOptions => ({
  rcpt: { byAddress: { [`${address}0@${name}.test`]: reply, [`${address}@${name}.test`]: reply } },
})

const others: readonly AgreementCase[] = [
  { name: 'plain', outcome: 'unchanged' },
  { name: 'rcpt-251', relay: { rcpt: '251 2.1.5 will forward' }, outcome: 'adjusted' },
  { name: 'rcpt-to-252', rule: ['^RCPT ', '252 2.1.5 perhaps'], outcome: 'adjusted' },
  { name: 'rcpt-lost-251', relay: { rcpt: CODES[5] }, rule: ['^RCPT ', '251 new'], outcome: 'adjusted' },
  { name: 'rcpt-to-354', rule: ['^RCPT ', '354 new'], outcome: 'refused' },
  { name: 'rcpt-354', relay: { rcpt: '354 what' }, outcome: 'adjusted' },
  { name: 'rcpt-421', relay: { rcpt: '421 4.3.2 closing' }, rule: ['^RCPT ', NEW[5]] },
  { name: 'rcpt-same-class', relay: { rcpt: CODES[4] }, rule: ['^RCPT ', '452 4.2.2 new'] },
  {
    name: 'rcpt-lines',
    relay: { rcpt: '450-4.1.1 one\r\n450-4.1.1 two\r\n450 4.1.1 three' },
    rule: ['^RCPT ', '550 5.1.1 first\r\nsecond\n550 third'],
  },
  {
    name: 'one-of-three-5-4',
    recipients: ['a', 'b', 'c'],
    relay: only('b', 'one-of-three-5-4', CODES[5]),
    rule: ['^RCPT TO:<b', NEW[4]],
  },
  {
    name: 'one-of-three-4-5',
    recipients: ['a', 'b', 'c'],
    relay: only('b', 'one-of-three-4-5', CODES[4]),
    rule: ['^RCPT TO:<b', NEW[5]],
  },
  { name: 'one-of-three-2-5', recipients: ['a', 'b', 'c'], rule: ['^RCPT TO:<b', NEW[5]] },
  { name: 'one-of-three-2-4', recipients: ['a', 'b', 'c'], rule: ['^RCPT TO:<b', NEW[4]] },
  {
    name: 'one-of-three-lost',
    recipients: ['a', 'b', 'c'],
    relay: only('b', 'one-of-three-lost', CODES[5]),
    rule: ['^RCPT TO:<b', NEW[2]],
  },
  {
    name: 'deferred-then-5',
    recipients: ['a', 'b', 'c'],
    relay: only('b', 'deferred-then-5', CODES[4]),
    rule: ['^%.$', NEW[5]],
  },
  {
    name: 'deferred-then-data-5',
    recipients: ['a', 'b', 'c'],
    relay: only('b', 'deferred-then-data-5', CODES[4]),
    rule: ['^DATA$', NEW[5]],
  },
  {
    name: 'refused-then-4',
    recipients: ['a', 'b', 'c'],
    relay: only('b', 'refused-then-4', CODES[5]),
    rule: ['^%.$', NEW[4]],
  },
  { name: 'data-250', relay: { data: '250 fine' }, outcome: 'adjusted' },
  { name: 'data-250-to-5', relay: { data: '250 fine' }, rule: ['^DATA$', NEW[5]] },
  { name: 'data-354-to-250', rule: ['^DATA$', NEW[2]], outcome: 'adjusted' },
  { name: 'data-250-to-354', relay: { data: '250 fine' }, rule: ['^DATA$', '354 go'], outcome: 'refused' },
  { name: 'dot-354', relay: { endOfData: '354 more' }, outcome: 'adjusted' },
  { name: 'dot-to-354', rule: ['^%.$', '354 more'], outcome: 'refused' },
  { name: 'dot-421', relay: { endOfData: '421 4.3.2 closing' }, outcome: 'unchanged' },
  { name: 'greeting-354', relay: { greeting: '354 what' }, outcome: 'unchanged' },
  { name: 'greeting-to-354', rule: ['^$', '354 what'], outcome: 'refused' },
  { name: 'mail-354', relay: { mail: '354 what' }, outcome: 'unchanged' },
  { name: 'greeting-lines', relay: { greeting: '554-no\r\n554 5.7.1 go away' }, rule: ['^$', '450-a\r\n450 4.7.1 b'] },
  { name: 'starttls-535', relay: { starttls: '502 5.5.1 no' }, outcome: 'adjusted' },
  { name: 'starttls-3', relay: { starttls: true }, rule: ['^STARTTLS$', '354 go'], outcome: 'refused' },
  { name: 'starttls-250', relay: { starttls: true }, rule: ['^STARTTLS$', NEW[2]], outcome: 'adjusted' },
  { name: 'tls-none', relay: { starttls: '502 5.5.1 no' }, ini: 'tls=none\n', outcome: 'unchanged' },
  { name: 'tls-required', relay: { starttls: true }, ini: 'tls=required\n', outcome: 'unchanged' },
  { name: 'tls-required-none', ini: 'tls=required\n', outcome: 'unchanged' },
  { name: 'tls-required-ehlo-5', relay: { ehlo: CODES[5] }, ini: 'tls=required\n', outcome: 'adjusted' },
  {
    name: 'tls-required-to-5',
    relay: { starttls: true },
    ini: 'tls=required\n',
    rule: ['^EHLO', NEW[5]],
    outcome: 'adjusted',
  },
  { name: 'tls-required-greeting-4', relay: { greeting: CODES[4] }, ini: 'tls=required\n', outcome: 'unchanged' },
  { name: 'tls-required-greeting-5', ini: 'tls=required\n', rule: ['^$', NEW[5]] },
  { name: 'tls-required-ehlo-4', relay: { starttls: true }, ini: 'tls=required\n', rule: ['^EHLO', NEW[4]] },
  { name: 'tls-required-starttls-4', relay: { starttls: CODES[4] }, ini: 'tls=required\n', outcome: 'unchanged' },
  { name: 'tls-required-mail-4', relay: { starttls: true }, ini: 'tls=required\n', rule: ['^MAIL', NEW[4]] },
  { name: 'tls-implicit', relay: { implicitTls: true }, ini: 'tls=implicit\n', rule: ['^MAIL ', NEW[4]] },
  { name: 'ehlo-without-tls', relay: { starttls: true }, rule: ['^EHLO', '250 hi'] },
  { name: 'ehlo-without-tls-required', relay: { starttls: true }, ini: 'tls=required\n', rule: ['^EHLO', '250 hi'] },
  { name: 'ehlo-without-auth', relay: { auth: LOGIN }, ini: CREDENTIALS, rule: ['^EHLO', '250-hi\n250 SIZE 1000'] },
  {
    name: 'auth-without-tls',
    relay: { auth: LOGIN },
    ini: CREDENTIALS.replace('auth_plaintext=true', 'auth_plaintext=false'),
    outcome: 'unchanged',
  },
  { name: 'ehlo-5-with-login', relay: { auth: LOGIN }, ini: CREDENTIALS, rule: ['^EHLO', NEW[5]] },
  { name: 'auth-535', relay: { auth: LOGIN, authReply: '535 5.7.8 no' }, ini: CREDENTIALS, outcome: 'adjusted' },
  {
    name: 'auth-echo',
    relay: { auth: LOGIN, authReply: '535 5.7.8 no joe with secret word' },
    ini: `${CREDENTIALS}auth_type=PLAIN\n`,
    outcome: 'adjusted',
  },
  { name: 'auth-login', relay: { auth: { ...LOGIN, mechanisms: ['LOGIN'] } }, ini: CREDENTIALS, outcome: 'unchanged' },
  {
    name: 'auth-login-to-5',
    relay: { auth: { ...LOGIN, mechanisms: ['LOGIN'] } },
    ini: CREDENTIALS,
    rule: ['^AUTH LOGIN', NEW[5]],
  },
  {
    name: 'auth-login-to-235',
    relay: { auth: { ...LOGIN, mechanisms: ['LOGIN'] } },
    ini: CREDENTIALS,
    rule: ['^AUTH LOGIN', '235 fine'],
    outcome: 'refused',
  },
  {
    name: 'auth-login-other-words',
    relay: { auth: { ...LOGIN, mechanisms: ['LOGIN'] } },
    ini: CREDENTIALS,
    rule: ['^AUTH LOGIN', '334 what'],
  },
  { name: 'auth-cram', relay: { auth: LOGIN }, ini: CREDENTIALS, rule: ['^AUTH CRAM', '334 PDE+'] },
  { name: 'first-greets-5', first: { greeting: '554 5.3.2 no' }, outcome: 'unchanged' },
  { name: 'first-greets-4', first: { greeting: '421 4.3.2 no' }, outcome: 'unchanged' },
  { name: 'both-greet-2-4', first: {}, rule: ['^$', NEW[4]] },
  { name: 'both-greet-4-5', first: { greeting: CODES[4] }, relay: { greeting: CODES[4] }, rule: ['^$', NEW[5]] },
  { name: 'first-greets-354', first: { greeting: '354 what' }, outcome: 'unchanged' },
  { name: 'first-says-ehlo-4', first: { ehlo: CODES[4] }, rule: ['^EHLO ', '452 4.3.1 new'] },
  { name: 'nonsense', rule: ['^RCPT ', 'hello'], outcome: 'invalid' },
  { name: 'nonsense-600', relay: { rcpt: CODES[4] }, rule: ['^RCPT ', '600 5.1.1 no'], outcome: 'invalid' },
  { name: 'fails', relay: { rcpt: CODES[4] }, rule: ['^RCPT ', 'ERROR'], outcome: 'unchanged' },
  {
    name: 'careful-rcpt',
    relay: { rcpt: CODES[5] },
    rule: ['^RCPT ', NEW[2]],
    outcome: 'refused',
    allowLosingRewrites: false,
  },
  {
    name: 'careful-rcpt-4',
    relay: { rcpt: CODES[4] },
    rule: ['^RCPT ', '251 new'],
    outcome: 'refused',
    allowLosingRewrites: false,
  },
  {
    name: 'careful-dot',
    relay: { endOfData: CODES[5] },
    rule: ['^%.$', NEW[2]],
    outcome: 'refused',
    allowLosingRewrites: false,
  },
  {
    name: 'careful-dot-4',
    relay: { endOfData: CODES[4] },
    rule: ['^%.$', NEW[2]],
    outcome: 'refused',
    allowLosingRewrites: false,
  },
  { name: 'careful-mail', relay: { mail: CODES[4] }, rule: ['^MAIL ', NEW[2]], allowLosingRewrites: false },
]

export const AGREEMENT_CASES: readonly AgreementCase[] = [...transitions, ...others]
