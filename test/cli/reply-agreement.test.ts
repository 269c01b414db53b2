/**
 * What `relayout reply` says beforehand is what the plugin then does: each case is a relay server of its own in one real
 * Haraka, with a rule for one of its replies. All that it said is put to the command, which must foresee each `rewrite`
 * in Haraka's log, and what becomes of each recipient.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import path from 'node:path'

import type { Report, ReportedAnswer, ReportedCase } from '../../lib/cli/commands/reply/report.js'
import { until } from '../support/haraka-instance.js'
import { type Account, type ManyRelays, openManyRelays, type RelayCase } from '../support/many-relays.js'
import { AGREEMENT_CASES, type AgreementCase, scriptOf } from './support/agreement-cases.js'

interface Foreseen {
  readonly case: ReportedCase
  readonly answer: ReportedAnswer
}

for (const losing of [true, false]) {
  const cases = AGREEMENT_CASES.filter(({ allowLosingRewrites = true }) => allowLosingRewrites === losing)

  describe(`relayout reply and the plugin, allow_losing_rewrites = ${losing}`, function () {
    this.timeout(120_000)
    let relays: ManyRelays
    let account: Account
    const foreseen = new Map<string, readonly Foreseen[]>()

    before(async () => {
      relays = await openManyRelays(cases.map(asRelayCase), {
        script: scriptOf(cases),
        main: `allow_losing_rewrites=${losing}\nscript_breaker=off\nscript_timeout=30s`,
        sender: 'idle_timeout=300ms\nverify_certificate=false',
      })
      await relays.submit()
      await until('every message was tried, and every connection is over', () => {
        const closed = closedConnections(relays.haraka.output)
        const over = ({ name }: AgreementCase): boolean => {
          const connections = relays.relay(name).connections.length + (relays.first(name)?.connections.length ?? 0)
          return connections > 0 && closed.get(name) === connections
        }
        return cases.every(over) && relays.haraka.queued().every(({ attempts }) => attempts > 0)
      })
      account = await relays.settled()
      const documents = askAll(
        relays.haraka.folder,
        Object.fromEntries(cases.map(({ name }) => [name, said(relays.haraka.output, name)])),
      )
      for (const [name, { cases }] of Object.entries(documents)) {
        foreseen.set(
          name,
          cases.map((one) => ({ case: one, answer: one.answers[0]! })),
        )
      }
    })

    after(() => relays.remove())

    for (const one of cases) {
      it(one.name, () => {
        const all = foreseen.get(one.name) ?? []
        assert.deepEqual(
          all.filter(({ answer }) => answer.outcome !== 'unchanged').map(asLogged),
          logged(relays.haraka.output, one.name),
        )
        const outcomes = all.map(({ answer }) => answer.outcome)
        assert.ok(outcomes.includes(one.outcome ?? 'applied'), outcomes.join(' '))
        const recipients = one.recipients ?? ['a']
        assert.deepEqual(
          recipients.map((recipient) => account.fates(one.name, recipient).join('+') || 'lost'),
          fatesOf(all, recipients),
        )
        const { commands } = relays.relay(one.name).connections.at(-1) ?? relays.first(one.name)!.connections.at(-1)!
        const uses = all.map(({ answer }) => answer.connection.use)
        assert.equal(commands.includes('QUIT'), !uses.includes('closed'), commands.join('\n'))
        if (uses.includes('reset') && !uses.includes('last')) assert.ok(commands.includes('RSET'), commands.join('\n'))
        if (uses.includes('last') && !uses.includes('closed'))
          assert.ok(!commands.includes('RSET'), commands.join('\n'))
      })
    }
  })
}

const asRelayCase = ({ recipients = ['a'], ...rest }: AgreementCase): RelayCase => ({
  ...rest,
  messages: 1,
  recipients: () => recipients,
  gone: () => true,
})

/** The documents of `relayout reply - --json`, by sender. */
function askAll(folder: string, lines: Readonly<Record<string, string>>): Readonly<Record<string, Report>> {
  const program = path.join(__dirname, 'support', 'reply-many.js')
  const options = { cwd: folder, input: JSON.stringify(lines), maxBuffer: 64 * 1024 * 1024 }
  return JSON.parse(execFileSync(process.execPath, [program], options).toString()) as Record<string, Report>
}

/** How many of each sender's connections have ended. */
function closedConnections(output: string): ReadonlyMap<string, number> {
  const closed = new Map<string, number>()
  for (const [, name = ''] of output.matchAll(/\[relayout\] close sender=(\S+) /g)) {
    closed.set(name, (closed.get(name) ?? 0) + 1)
  }
  return closed
}

const fields = (line: string): Record<string, string> =>
  Object.fromEntries(
    [...line.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)].map(([, key, text, bare]) => [
      key!,
      text === undefined ? bare! : text.replace(/\\(.)/g, '$1'),
    ]),
  )

const lines = (output: string, event: string, name: string): Record<string, string>[] =>
  [...output.matchAll(new RegExp(`\\[relayout\\] ${event} (sender=${name} .*)$`, 'gm'))].map(([, line]) =>
    fields(line!),
  )

/** What the script was shown of the sender's relay servers, as the command takes it. */
function said(output: string, name: string): string {
  return lines(output, 'print', name)
    .map(({ text = '' }) => {
      const [command = '', reply = ''] = text.split(' => ')
      return JSON.stringify({ command, reply: reply.replaceAll('|', '\r\n') })
    })
    .join('\n')
}

function logged(output: string, name: string): object[] {
  return lines(output, 'rewrite', name).map(({ command, real, new: presented, outcome, returned, warning }) => {
    return { command, real, new: presented, outcome, returned, warning }
  })
}

/** As relay-link.ts writes it. */
function asLogged({ case: { command }, answer }: Foreseen): object {
  const { real, presented, outcome, returned = '', warnings } = answer
  const inOneLine = ({ code, lines }: ReportedAnswer['real']): string =>
    `${code} ${lines.map((line) => line.slice(4)).join(' / ')}`
  return {
    command,
    real: inOneLine(real),
    new: inOneLine(presented),
    outcome,
    returned: outcome === 'invalid' || outcome === 'refused' ? returned : undefined,
    warning: warnings.length > 0 ? warnings.map(({ sentence }) => sentence).join('; ') : undefined,
  }
}

/** What becomes of each recipient, from what Haraka does with one reply after the other. */
function fatesOf(foreseen: readonly Foreseen[], recipients: readonly string[]): string[] {
  const fates = new Map(recipients.map((recipient) => [recipient, 'undecided']))
  const setAll = (fate: string, but: readonly string[] = []): void => {
    for (const [recipient, before] of fates) if (!but.includes(before)) fates.set(recipient, fate)
  }
  const twice = new Set<string>()
  foreseen.every(({ case: { command, stage }, answer: { haraka, warnings } }, i) => {
    const { does, whom, nextServerFirst } = haraka
    const recipient = /^RCPT TO:<(\w+)0?@/.exec(command)?.[1] ?? ''
    if (does === 'nothing') return true
    if (whom === 'recipient') {
      const own = { 'goes on': 'accepted', defers: 'queued', bounces: 'bounced', loses: 'lost', delivers: '' }
      fates.set(recipient, own[does])
    } else if (does === 'defers' || does === 'bounces') {
      if (nextServerFirst && foreseen[i + 1]?.case.stage === 'greeting') return true
      // The relay server has the message.
      if (warnings.some(({ kind }) => kind === 'repeats'))
        for (const [one, fate] of fates) if (fate === 'accepted') twice.add(one)
      const [fate, other] = does === 'defers' ? ['queued', 'bounced'] : ['bounced', 'queued']
      setAll(fate, stage === 'end-of-data' || stage === 'data' ? [other] : [])
      return false
    } else if (does === 'delivers' || does === 'loses') {
      setAll(does === 'delivers' ? 'delivered' : 'lost', ['queued', 'bounced', 'lost'])
      return false
    }
    return true
  })
  return recipients.map((recipient) => {
    const fate = fates.get(recipient) ?? ''
    return twice.has(recipient) ? [fate, 'delivered'].sort().join('+') : fate
  })
}
