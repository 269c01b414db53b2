/**
 * One Postfix that is as many relay servers as there are cases, each on a port of its own with parameters of its own, and
 * a Haraka with a sender for each. What Postfix accepts it delivers by LMTP to one server of ours (`mailbox`), so that
 * everything is seen where it really arrived.
 */
import { seeDelivered } from '../accounting/sightings.js'
import { freePort } from '../../demo/ports.js'
import { type ManyRelays, type ManyRelaysOptions, openManyRelays, type RelayCase } from '../support/many-relays.js'
import { Postfix, type PostfixParameters, postfixVersion, QUEUE_MANAGER, smtpd } from '../support/postfix.js'
import { type ScriptedRelay, startScriptedRelay } from '../support/scripted-relay.js'

export interface PostfixCase extends Omit<RelayCase, 'relay' | 'port'> {
  /** What this relay server has of its own, beside the defaults. */
  readonly server?: PostfixParameters
}

export interface PostfixRelays {
  readonly postfix: Postfix
  readonly mailbox: ScriptedRelay
  readonly mail: ManyRelays
  /** The port of the case's relay server. */
  port(name: string): number
  /** What the case's relay server has logged, a line each, without the time and the name of the process. */
  log(name: string): string[]
  /** What the case's relay server has counted in each session that is over. */
  sessions(name: string): Session[]
  remove(): Promise<void>
}

/** What Postfix counted in one session: `mail=2 rcpt=3/4` is two MAILs accepted, and three of four RCPTs. */
export type Session = Readonly<Record<string, { readonly accepted: number; readonly all: number }>>

export interface PostfixRelaysOptions extends Omit<ManyRelaysOptions, 'elsewhere'> {
  /** Further parameters of main.cf. */
  readonly postfix?: PostfixParameters
  /** Files beside main.cf, by name; a parameter refers to them as `$config_directory/NAME`. */
  readonly files?: Readonly<Record<string, string>>
  /** Further lines of master.cf. */
  readonly services?: readonly string[]
  /** Called before Postfix starts, for what has to be made with its tools. */
  readonly prepare?: (postfix: Postfix) => void
}

/** Haraka tries again after a second, until everything has left its queue. */
export const AGAIN = {
  intervals: '1h*60',
  plugins: { again: "exports.hook_deferred = (next) => next(DENYSOFT, '1')" },
}

/** For the title of a suite: that it is skipped, and why; '' when Postfix can run. */
export const WITHOUT_POSTFIX =
  postfixVersion() === undefined
    ? ' (skipped: no Postfix, or not root; test/support/install-relays.sh installs it)'
    : ''

export const describeWithPostfix = WITHOUT_POSTFIX ? describe.skip : describe

export async function openPostfixRelays(
  cases: readonly PostfixCase[],
  options: PostfixRelaysOptions = {},
): Promise<PostfixRelays> {
  const ports = new Map<string, number>()
  for (const { name } of cases) ports.set(name, await otherPort([...ports.values()]))
  const mailbox = await startScriptedRelay({ lmtp: true })
  const postfix = Postfix.create({ main: { ...DELIVERY(mailbox.port), ...options.postfix } })
  for (const [name, content] of Object.entries(options.files ?? {})) postfix.write(name, content)
  options.prepare?.(postfix)
  const services = cases.map(({ name, server }) =>
    smtpd(ports.get(name)!, { syslog_name: `postfix/${name}`, ...server }),
  )
  postfix.start([...services, ...(options.services ?? []), QUEUE_MANAGER])
  const mail = await openManyRelays(
    cases.map((one) => ({ ...one, port: ports.get(one.name)! })),
    {
      ...options,
      elsewhere: { see: (ledger) => seeDelivered(ledger, mailbox), idle: () => postfix.queued() === 0 },
    },
  ).catch((error: unknown) => {
    postfix.remove()
    throw error
  })
  const log = (name: string): string[] =>
    [...postfix.log().matchAll(new RegExp(`postfix/${name}/smtpd\\[\\d+\\]: (.*)`, 'g'))].map(([, line]) => line!)
  return {
    postfix,
    mailbox,
    mail,
    port: (name) => ports.get(name)!,
    log,
    sessions: (name) => log(name).flatMap(counted),
    async remove() {
      await mail.remove()
      postfix.remove()
      await mailbox.close()
    },
  }
}

/** `disconnect from unknown[127.0.0.1] ehlo=1 mail=2 rcpt=3/4 quit=1 commands=7/8` */
function counted(line: string): Session[] {
  if (!line.startsWith('disconnect from ')) return []
  const counts = [...line.matchAll(/ (\w+)=(\d+)(?:\/(\d+))?/g)]
  return [
    Object.fromEntries(
      counts.map(([, word, accepted, all]) => [word!, { accepted: Number(accepted), all: Number(all ?? accepted) }]),
    ),
  ]
}

/** Everything goes on as it came: no header is made whole, no line is cut. */
const DELIVERY = (port: number): PostfixParameters => ({
  default_transport: `lmtp:inet:127.0.0.1:${port}`,
  default_destination_concurrency_limit: 5,
  // What could not be delivered, as Postfix was being stopped, is soon tried again.
  queue_run_delay: '1s',
  minimal_backoff_time: '1s',
  maximal_backoff_time: '2s',
  local_header_rewrite_clients: '',
  smtp_line_length_limit: 0,
  lmtp_line_length_limit: 0,
  // Loopback is not spared the limits.
  smtpd_client_event_limit_exceptions: '',
  anvil_rate_time_unit: '1h',
  // A word that is not understood, or one that is sent too early, is not forgiven.
  smtpd_forbid_unauth_pipelining: 'yes',
})

async function otherPort(taken: readonly number[]): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (!taken.includes(port)) return port
  }
}
