/**
 * Every settings key once (contract 1): its type, default, range and meaning.
 *
 * docs/SETTINGS.md and config/relayout.ini are checked against this table by a test.
 */
import { isHostName, relayServers } from './relay-server-list.js'
import { isIP } from './ip-address.js'
import { choice, choiceOrNone, text, whole, yesNo, yesNoOr } from './key-spec.js'
import type { Harm, KeySpec, Kind } from './key-spec.js'
import { domainList, fileAnywhere, fileInConfigFolder, headerNames, ruleList } from './text-kinds.js'
import { acceptedKeys, secret } from './secret-keys.js'
import { fileSize, memory, time } from './quantity.js'

function spec<V>(key: string, kind: Kind<V>, doc: string, more: { harm?: Harm; example?: string } = {}): KeySpec<V> {
  return { ...kind, key, doc, harm: 'none', ...more }
}

const route = { harm: 'route' } as const
const anyFile = text(undefined, 'a file name', () => undefined)
const NO_LIMIT = ', 0 = no limit'

/** `[main]`. */
export const MAIN_KEYS = {
  skipRetrySeconds: spec(
    'skip_retry',
    time('s', '60s', '1s', '7d'),
    'How long a skipped message waits before it is offered again, unless the script says RetryAfter.',
  ),
  onScriptError: spec(
    'on_script_error',
    choice('send', ['send', 'hold']),
    'What happens to a message when the script fails: send it as if the function were absent, or hold it for skip_retry.',
  ),
  scriptTimeoutMs: spec('script_timeout', time('ms', '1s', '10ms', '60s'), 'Longest time for one call of the script.'),
  scriptMemoryMb: spec('script_memory', memory(64, 16, 4096), 'Memory that the scripts of one sender may use.'),
  sessionIdleMs: spec(
    'session_idle',
    time('ms', '5s', '0s', '1h'),
    'How long a session lives on without work; its variables last as long.',
  ),
  sessionMaxAgeMs: spec(
    'session_max_age',
    time('ms', '600s', '1s', '7d'),
    'Age at which a session takes no more messages and a new one begins.',
  ),
  collectMs: spec(
    'collect',
    time('ms', '250ms', '0ms', '2s'),
    'At the start of a session, how long to wait after the last offer before the first message goes, so that a batch leaves in its order.',
  ),
  allowLosingRewrites: spec(
    'allow_losing_rewrites',
    yesNo(true),
    'Whether ReturnCodeHandler may turn the failure of a whole message into success, after which it leaves the queue undelivered.',
  ),
  scriptBreaker: spec(
    'script_breaker',
    choice('warn', ['off', 'warn', 'rollback']),
    'What happens when a changed script suddenly skips, fails with or spoils far more messages than the version before it: nothing, an error in the log, or that and the version before it again.',
  ),
  scriptBreakerMessages: spec(
    'script_breaker_messages',
    whole(50, 5, 100_000),
    'How many messages each version must have seen before they are compared.',
  ),
  scriptBreakerRise: spec(
    'script_breaker_rise',
    whole(30, 1, 100),
    'How many percentage points more of them the changed script must skip, fail with or spoil.',
  ),
  journal: spec(
    'journal',
    fileAnywhere,
    "File that everything that happens to each message is recorded in: an absolute path, or one relative to Haraka's installation folder; without this key, nothing is recorded.",
    { example: 'log/relayout.journal' },
  ),
  journalSizeBytes: spec(
    'journal_size',
    fileSize('100m', '64k', '10g'),
    'Size at which the journal goes on in a new file; the one before becomes FILE.1, that one FILE.2 and so on.',
  ),
  journalFiles: spec('journal_files', whole(9, 0, 1000), 'How many older files of the journal are kept.'),
  journalAddresses: spec(
    'journal_addresses',
    choice('full', ['full', 'hashed']),
    'How addresses stand in the journal: as they are, or with their local parts hashed under a key that lies beside it.',
  ),
  journalHeaders: spec(
    'journal_headers',
    headerNames,
    'Header fields that are recorded of each message, * for all, up to 32 kB a message; needed to try other scripts on the journal that look at them.',
    { example: 'Subject, Precedence, List-Unsubscribe' },
  ),
}

/** `[batv]`. */
export const BATV_KEYS = {
  enabled: spec('enabled', yesNo(false), 'First value of UseBATV: whether return paths are tagged.', route),
  secret: spec('secret', secret('secret_file'), 'The secret that tags are made with.', {
    harm: 'secret',
    example: 'a-long-random-text',
  }),
  secretFile: spec(
    'secret_file',
    anyFile,
    "File that holds the secret instead, in one line: a name in Haraka's config folder, or an absolute path.",
    { harm: 'route', example: 'relayout.batv' },
  ),
  key: spec('key', whole(0, 0, 9), 'Number of the secret, written into each tag.'),
  lifetimeDays: spec('lifetime', time('d', '7d', '1d', '365d'), 'How long a tag is valid, rounded up to whole days.'),
  require: spec(
    'require',
    yesNo(false),
    'Whether a bounce to an untagged address of the domains below is refused.',
    route,
  ),
  domains: spec(
    'domains',
    domainList,
    'Domains whose bounces are refused without a good tag, comma separated; without this key, those of all domains whose tag is not good. It does not decide what is tagged.',
    { harm: 'route', example: 'example.com, example.net' },
  ),
  accept: spec('accept[]', acceptedKeys, 'An earlier secret whose tags are still taken; one line each.', {
    harm: 'secret',
    example: '9:the-secret-of-last-year',
  }),
  fallback: spec(
    'fallback',
    yesNo(false),
    'Whether mail goes untagged to a relay server that refuses tagged return paths.',
  ),
}

/** `[sender.NAME]`. */
export const SENDER_KEYS = {
  servers: spec(
    'host',
    relayServers,
    "Relay servers, tried in turn until one answers the connection (port 25, or 465 with tls = implicit); without this key, Haraka's own MX delivery, still under the script.",
    { harm: 'host', example: 'smtp.example.com:587, [2001:db8::25]:587' },
  ),
  tls: spec(
    'tls',
    choice('available', ['none', 'available', 'required', 'implicit']),
    'Encryption: none, STARTTLS if offered, STARTTLS or wait, or TLS from the first byte.',
    route,
  ),
  verifyCertificate: spec(
    'verify_certificate',
    yesNoOr('true with tls = required or implicit, else false'),
    "First value of VerifyCertificate: whether the relay server's certificate must be valid.",
    { example: 'true' },
  ),
  authUser: spec('auth_user', secret('auth_file'), 'User name for SMTP AUTH; needs auth_pass.', {
    harm: 'secret',
    example: 'our-account',
  }),
  authPass: spec('auth_pass', secret('auth_file'), 'Password for SMTP AUTH; needs auth_user.', {
    harm: 'secret',
    example: 'a-password',
  }),
  authFile: spec(
    'auth_file',
    anyFile,
    "File that holds user and password instead, a line each: a name in Haraka's config folder, or an absolute path.",
    { harm: 'route', example: 'relayout.auth' },
  ),
  authType: spec(
    'auth_type',
    choiceOrNone(undefined, '', ['PLAIN', 'LOGIN', 'CRAM-MD5']),
    'The one AUTH mechanism to use; without this key, the best that is offered.',
    { example: 'PLAIN' },
  ),
  authPlaintext: spec(
    'auth_plaintext',
    yesNo(false),
    'Whether AUTH is also used without TLS; if not, the message waits and the log says why.',
  ),
  pipelining: spec('pipelining', yesNo(true), 'Whether PIPELINING is used where it is offered.'),
  bind: spec(
    'bind',
    text(undefined, 'an IPv4 or IPv6 address', (value) => (isIP(value) ? undefined : '')),
    "Source address of the connections; without this key, Haraka's.",
    { harm: 'route', example: '192.0.2.10' },
  ),
  helo: spec(
    'helo',
    text(undefined, 'a host name or an address in brackets', (value) =>
      isHostName(value) || /^\[[\da-f:.]+\]$/i.test(value.replace(/^\[IPv6:/i, '[')) ? undefined : '',
    ),
    "Name given in EHLO; without this key, Haraka's.",
    { example: 'mail.example.com' },
  ),
  maxConnections: spec(
    'max_connections',
    whole(5, 1, 1000),
    'How many messages of this sender are on their way at one time, per Haraka process.',
  ),
  maxMessagesPerConnection: spec(
    'max_messages_per_connection',
    whole(100, 0, 1_000_000, NO_LIMIT),
    'First value of MaxMessagesPerConnection: messages over one connection.',
  ),
  maxRecipientsPerConnection: spec(
    'max_recipients_per_connection',
    whole(0, 0, 1_000_000, NO_LIMIT),
    'First value of MaxRecipientsPerConnection: recipients over one connection.',
  ),
  maxRecipientsPerMessage: spec(
    'max_recipients_per_message',
    whole(100, 0, 1_000_000, NO_LIMIT),
    'First value of MaxRecipientsPerMessage: a message with more recipients goes in several parts.',
  ),
  idleTimeoutMs: spec('idle_timeout', time('ms', '5s', '0s', '1h'), 'How long an unused connection is kept.'),
  replyTimeoutMs: spec(
    'reply_timeout',
    time('ms', '5m', '1s', '1h'),
    'Longest wait for one reply of the relay server; the end of data waits twice that.',
  ),
  filterRules: spec('filter[]', ruleList, 'Which messages the sender is for, one rule a line; without one, all.', {
    harm: 'route',
    example: 'From: *@example.com',
  }),
  order: spec(
    'order',
    choice('arrival', ['arrival', 'smallest', 'newest']),
    'Order among messages of the same priority: first come, smallest first, or last come.',
  ),
  script: spec(
    'script',
    fileInConfigFolder('relayout.lua'),
    'The Lua script of this sender; several senders may share one.',
    route,
  ),
}
