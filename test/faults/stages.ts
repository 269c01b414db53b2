/**
 * Where in the dialogue a relay server fails, once: at the message `at`, on the connection of that message. Before and
 * after that it is as it should be.
 *
 * A stage that comes only once for each connection is reached by a later message when the server has closed the first
 * connection. Between two messages ("idle") the server acts on its own: who runs the case tells it when (`idleFault`).
 */
import { messageOf } from '../support/many-relays.js'
import type {
  AnswerObject,
  HandshakeFault,
  RelayConnectionRecord,
  RelayRequest,
  ScriptedRelayOptions,
} from '../support/scripted-relay.js'
import { EARLY, type Fault, INJECTED, SAID } from './faults.js'

/** In the order of the rows of outcomes.ts. */
export const STAGES = [
  'greeting',
  'ehlo',
  'starttls',
  'handshake',
  'ehlo-tls',
  'auth',
  'mail',
  /** Of the second of three recipients. */
  'rcpt',
  /** Of each recipient. */
  'rcpts',
  'data',
  'body',
  'end',
  /** After a message without an accepted recipient. */
  'rset',
  'quit',
  'idle',
] as const

export type Stage = (typeof STAGES)[number]

/** What a relay server and its sender need for the stage to come, and the fault in it. */
export interface Scripted {
  /** Without the fault. */
  readonly good: ScriptedRelayOptions
  readonly relay: ScriptedRelayOptions
  /** Keys of the sender. */
  readonly ini: readonly string[]
  /** The connection on which it failed. */
  readonly hit: () => RelayConnectionRecord | undefined
}

export const AUTH = { user: 'joe', pass: 'a secret word', mechanisms: ['PLAIN'] as const }

const LOGIN = { auth: AUTH, authRequired: true }
const LOGIN_INI = [`auth_user=${AUTH.user}`, `auth_pass=${AUTH.pass}`]

const ONCE_FOR_EACH_CONNECTION: readonly Stage[] = ['greeting', 'ehlo', 'starttls', 'handshake', 'ehlo-tls', 'auth']
const UNDER_TLS: readonly Stage[] = ['starttls', 'handshake', 'ehlo-tls']

/** Whether what is being said now is where the fault belongs. */
type Due = (connection: RelayConnectionRecord) => boolean

export function scripted(stage: Stage, fault: Fault, at: number): Scripted {
  const tls = UNDER_TLS.includes(stage)
  const login = tls || stage === 'auth'
  let hit: RelayConnectionRecord | undefined
  const isThere: Due = ONCE_FOR_EACH_CONNECTION.includes(stage)
    ? (connection) => connection.id === at
    : (connection) => stage === 'quit' || messageOf(connection) === at
  const due: Due = (connection) => {
    if (!isThere(connection) || (hit && (hit !== connection || stage !== 'rcpts'))) return false
    hit = connection
    return true
  }
  const good: ScriptedRelayOptions = { ...(tls ? { starttls: true } : {}), ...(login ? LOGIN : {}) }
  return {
    good,
    hit: () => hit,
    relay: {
      ...good,
      ...(at > 0 && ONCE_FOR_EACH_CONNECTION.includes(stage) ? { endOfData: closedAfterTheFirst } : {}),
      ...failing(stage, fault, at, due),
    },
    ini: [
      ...(tls ? ['tls=required'] : []),
      ...(stage === 'auth' ? ['auth_plaintext=true'] : []),
      ...(login ? LOGIN_INI : []),
      ...(stage === 'quit' ? [`max_messages_per_connection=${at + 1}`] : []),
      // All others need no time-out.
      ...(fault === 'half' || fault === 'slow' ? ['reply_timeout=8s'] : []),
    ],
  }
}

/** What the server says between two messages. */
export function idleFault(fault: Fault): AnswerObject {
  return said(fault, '250 2.0.0 idle')
}

function said(fault: Fault, standard: string): AnswerObject {
  if (fault === 'wrong-certificate') throw new Error('a certificate is shown in the TLS handshake alone')
  return SAID[fault](standard)
}

function closedAfterTheFirst({ connection, standard }: RelayRequest): AnswerObject | undefined {
  return connection.id === 0 ? { reply: standard, then: 'close' } : undefined
}

function failing(stage: Stage, fault: Fault, at: number, due: Due): ScriptedRelayOptions {
  const answer = ({ connection, standard }: RelayRequest): AnswerObject | undefined =>
    due(connection) ? said(fault, standard) : undefined
  switch (stage) {
    case 'greeting':
    case 'ehlo':
    case 'starttls':
    case 'mail':
    case 'data':
    case 'quit':
      return { [stage]: answer }
    case 'ehlo-tls':
      return { ehlo: (request) => (request.connection.tls ? answer(request) : undefined) }
    case 'handshake':
      return { handshake: (connection) => (due(connection) ? inHandshake(fault) : undefined) }
    case 'auth':
      return { authReply: answer }
    case 'rcpt':
      return { rcpt: (request) => (request.address.startsWith('b') ? answer(request) : undefined) }
    case 'rcpts':
      return { rcpt: answer }
    case 'body':
      return {
        onBody: (_, connection) => (due(connection) ? { ...said(fault, '250 2.0.0 queued'), deaf: true } : undefined),
      }
    case 'end':
      return { endOfData: (request) => withTaken(fault, answer(request)) }
    case 'rset':
      return {
        rcpt: ({ connection }) => (messageOf(connection) === at ? '550 5.1.1 unknown' : undefined),
        rset: answer,
      }
    case 'idle':
      return {}
  }
}

/** The server has the message when it does not say that it has not. */
function withTaken(fault: Fault, answer: AnswerObject | undefined): AnswerObject | undefined {
  return answer && !['4xx', '5xx', '421'].includes(fault) ? { ...answer, taken: true } : answer
}

/** Half of it and slowly: the server's own part. All that is said in place of it is plain text. */
function inHandshake(fault: Fault): HandshakeFault {
  switch (fault) {
    case 'split':
      return { packets: 'bytes' }
    case 'half':
    case 'slow':
      return { packets: fault }
    case 'early':
      return { first: `${EARLY}\r\n` }
    case 'inject':
      return { instead: { raw: `${INJECTED}\r\n` } }
    case 'wrong-certificate':
      return { wrongCertificate: true }
    default:
      return { instead: said(fault, '220 2.0.0 go ahead') }
  }
}
