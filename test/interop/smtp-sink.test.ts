/**
 * smtp-sink with each of its faults at each command: what becomes of every recipient, and that nothing is there twice.
 */
import { assertBalanced } from '../accounting/ledger.js'
import { freePort } from '../../demo/ports.js'
import { type Account, type ManyRelays, openManyRelays, type RelayCase } from '../support/many-relays.js'
import { assertFates, type ExpectedFates, inWords } from './expected-fates.js'
import { type SmtpSink, startSmtpSink, WITHOUT_SMTP_SINK } from './smtp-sink.js'

interface SinkCase extends RelayCase {
  readonly options: readonly string[]
  readonly fates: ExpectedFates
}

const DELIVERED: ExpectedFates = { '': 'delivered' }
const QUEUED: ExpectedFates = { '': 'queued' }
const BOUNCED: ExpectedFates = { '': 'bounced' }

const FAULTS = { soft: '-r', hard: '-f', closes: '-q', 'says-421': '-Q' } as const

type Fault = keyof typeof FAULTS

/** What becomes of all recipients where the server does that at that command, every time. */
const AT_EACH_COMMAND: Readonly<Record<string, Readonly<Record<Fault, ExpectedFates>>>> = {
  CONNECT: { soft: QUEUED, hard: BOUNCED, closes: QUEUED, 'says-421': QUEUED },
  EHLO: { soft: QUEUED, hard: DELIVERED, closes: QUEUED, 'says-421': QUEUED },
  MAIL: { soft: QUEUED, hard: BOUNCED, closes: QUEUED, 'says-421': QUEUED },
  RCPT: { soft: QUEUED, hard: BOUNCED, closes: QUEUED, 'says-421': QUEUED },
  DATA: { soft: QUEUED, hard: BOUNCED, closes: QUEUED, 'says-421': QUEUED },
  '.': { soft: QUEUED, hard: BOUNCED, closes: QUEUED, 'says-421': QUEUED },
  RSET: { soft: DELIVERED, hard: DELIVERED, closes: DELIVERED, 'says-421': DELIVERED },
  QUIT: { soft: DELIVERED, hard: DELIVERED, closes: DELIVERED, 'says-421': DELIVERED },
}

const CASES: readonly SinkCase[] = [
  ...Object.entries(AT_EACH_COMMAND).flatMap(([command, fates]) =>
    (Object.keys(FAULTS) as Fault[]).map((fault) => ({
      name: `${command === '.' ? 'dot' : command.toLowerCase()}-${fault}`,
      options: [FAULTS[fault], command],
      fates: fates[fault],
      // That is as if nobody were there.
      rests: command === 'CONNECT' && fault === 'closes',
    })),
  ),
  { name: 'plain', options: [], fates: DELIVERED },
  { name: 'no-esmtp', options: ['-e'], fates: DELIVERED },
  { name: 'pix', options: ['-P'], fates: DELIVERED },
  { name: 'no-pipelining', options: ['-p'], fates: DELIVERED },
  { name: 'no-8bit', options: ['-8'], fates: DELIVERED },
  { name: 'no-enhanced-codes', options: ['-E', '-f', 'RCPT', '-B', '550 no'], fates: BOUNCED },
  { name: 'nothing-offered', options: ['-8', '-a', '-C', '-E', '-F', '-N', '-p'], fates: DELIVERED },
  { name: 'slow', options: ['-w', '1'], ini: 'max_connections=3', fates: DELIVERED },
  { name: 'small-window', options: ['-T', '1000'], bytes: 200_000, fates: DELIVERED },
  { name: 'slow-reader', options: ['-H', '1', '-T', '1000'], bytes: 200_000, fates: DELIVERED },
  // Its 550 may come before the end of the message: then it is no reply to that, and the message is sent again.
  { name: 'aborts-data', options: ['-A', '0'], fates: { '': 'queued or bounced' } },
  {
    name: 'aborts-long-data',
    options: ['-A', '1', '-T', '1000'],
    bytes: 500_000,
    messages: 1,
    fates: { '': 'queued or bounced' },
  },
  {
    name: 'one-connection',
    options: ['-m', '1'],
    messages: 6,
    ini: 'max_connections=5\nidle_timeout=1s',
    fates: DELIVERED,
  },
]

const describeSink = WITHOUT_SMTP_SINK ? describe.skip : describe

describeSink(`smtp-sink and its faults${WITHOUT_SMTP_SINK}`, () => {
  const sinks: SmtpSink[] = []
  let mail: ManyRelays | undefined
  let account: Account

  before(async () => {
    for (const { options } of CASES) sinks.push(await startSmtpSink(await freePort(), options))
    mail = await openManyRelays(
      CASES.map((one, i) => ({ ...one, port: sinks[i]!.port })),
      { elsewhere: { see: (ledger) => sinks.forEach((sink) => sink.see(ledger)), idle: () => true } },
    )
    await mail.submit()
    account = await mail.settled()
  })
  after(async () => {
    await mail?.remove()
    await Promise.all(sinks.map((sink) => sink.remove()))
  })

  for (const one of CASES) {
    it(`${one.name}: ${inWords(one.fates)}`, () => assertFates(account, one, one.options.join(' ')))
  }

  it('the account balances', () => assertBalanced(account.sum))
})
