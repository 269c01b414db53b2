import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, type Scene } from '../support/scene.js'
import type { RelayConnectionRecord } from '../support/scripted-relay.js'
import { plainMessage } from '../support/submit.js'
import { transactions } from '../support/transactions.js'

interface Case {
  readonly name: string
  /** Recipients of each message, in order. */
  readonly messages: readonly number[]
  /** For each connection, in order, the recipients of each of its transactions. */
  readonly expected: readonly (readonly number[])[]
  readonly ini?: string
  readonly script?: string
  /** EHLO keywords; under TLS those of `tls`, where that is given. */
  readonly ehlo?: readonly string[]
  readonly tls?: readonly string[]
  readonly logged?: RegExp
}

const times = (number: number, recipients = 1): number[] => Array<number>(number).fill(recipients)

/** Three messages that one limit of two must spread over two connections. */
const THREE_BY_TWO = { messages: times(3), expected: [times(2), times(1)] } as const

const CASES: readonly Case[] = [
  {
    name: 'max_messages_per_connection',
    ini: 'max_messages_per_connection=3',
    messages: times(7),
    expected: [times(3), times(3), times(1)],
  },
  {
    name: 'max_recipients_per_connection: the next message would pass it',
    ini: 'max_recipients_per_connection=5',
    messages: [2, 2, 2, 1, 5, 1],
    expected: [[2, 2], [2, 1], [5], [1]],
  },
  {
    name: 'max_recipients_per_connection: a message with more recipients than that',
    ini: 'max_recipients_per_connection=5',
    messages: [12, 3, 1],
    expected: [[5], [5], [2, 3], [1]],
  },
  {
    name: 'max_recipients_per_message',
    ini: 'max_recipients_per_message=4',
    ehlo: ['PIPELINING'],
    messages: [10, 4, 1],
    expected: [[4, 4, 2, 4, 1]],
  },
  {
    name: 'all three at once',
    ini: 'max_recipients_per_message=4\nmax_recipients_per_connection=6\nmax_messages_per_connection=2',
    messages: [10, 1, 1],
    expected: [[4], [4, 2], [1, 1]],
  },
  {
    name: 'a script’s Start has the last word over the settings',
    ini: 'max_messages_per_connection=1\nmax_recipients_per_message=50\nmax_recipients_per_connection=50',
    script: `function Start()
      MaxMessagesPerConnection, MaxRecipientsPerMessage, MaxRecipientsPerConnection = 4, 3, 6
    end`,
    messages: [5, 1, 1, 1],
    expected: [
      [3, 2, 1],
      [1, 1],
    ],
  },
  {
    name: 'ServerConnected: MaxMessagesPerConnection is that connection’s alone',
    script: `opened = 0
      function ServerConnected() opened = opened + 1 MaxMessagesPerConnection = opened end`,
    messages: times(7),
    expected: [times(1), times(2), times(3), times(1)],
  },
  {
    name: 'ServerConnected: the recipients of its first message already',
    script: 'function ServerConnected() MaxRecipientsPerMessage, MaxRecipientsPerConnection = 2, 4 end',
    messages: [5, 1],
    expected: [
      [2, 2],
      [1, 1],
    ],
  },
  { name: 'LIMITS MAILMAX', ehlo: ['LIMITS MAILMAX=2'], ...THREE_BY_TWO },
  { name: 'LIMITS RCPTMAX', ehlo: ['PIPELINING', 'limits RCPTMAX=3 MAILMAX=50'], messages: [7], expected: [[3, 3, 1]] },
  {
    name: 'LIMITS lowers what the settings say, and never raises it',
    ini: 'max_messages_per_connection=2\nmax_recipients_per_message=4',
    ehlo: ['LIMITS MAILMAX=50 RCPTMAX=3'],
    messages: [4, 1],
    expected: [[3, 1], [1]],
  },
  {
    name: 'LIMITS: what is none, or not known, is no limit',
    ini: 'max_messages_per_connection=3\nmax_recipients_per_message=4',
    ehlo: ['LIMITS MAILMAX=two RCPTMAX=-1 RCPTDOMAINMAX=1 MAILMAX2=1', 'XLIMITS MAILMAX=1'],
    messages: [5, 1],
    expected: [[4, 1, 1]],
  },
  {
    name: 'LIMITS: those under TLS count, not those before',
    ehlo: ['STARTTLS', 'LIMITS MAILMAX=1'],
    tls: ['LIMITS MAILMAX=2'],
    ...THREE_BY_TWO,
  },
  {
    name: '0 in the settings is no limit',
    ini: 'max_messages_per_connection=0\nmax_recipients_per_connection=0\nmax_recipients_per_message=0',
    messages: [150, ...times(105)],
    expected: [[150, ...times(105)]],
  },
  {
    name: '0 in Start is no limit',
    ini: 'max_messages_per_connection=1\nmax_recipients_per_connection=1\nmax_recipients_per_message=1',
    script: `function Start()
      MaxMessagesPerConnection, MaxRecipientsPerMessage, MaxRecipientsPerConnection = 0, 0, 0
    end`,
    messages: [3, 3, 3],
    expected: [[3, 3, 3]],
  },
  {
    name: 'nil in ServerConnected is no limit',
    ini: 'max_messages_per_connection=1\nmax_recipients_per_connection=1\nmax_recipients_per_message=1',
    script: `function ServerConnected()
      MaxMessagesPerConnection, MaxRecipientsPerMessage, MaxRecipientsPerConnection = nil, nil, nil
    end`,
    messages: [3, 3, 3],
    expected: [[3, 3, 3]],
  },
  {
    name: 'not a number in Start: the settings’ stays, and the log says so',
    ini: 'max_messages_per_connection=2',
    script: 'function Start() MaxMessagesPerConnection = "many" end',
    ...THREE_BY_TWO,
    logged: /\[WARN\] .* script sender=\w+ .*warning="[^"]*MaxMessagesPerConnection/,
  },
  {
    name: 'not a number in ServerConnected: Start’s stays, and the log says so',
    script: `function Start() MaxMessagesPerConnection = 2 end
      function ServerConnected() MaxMessagesPerConnection = {} end`,
    ...THREE_BY_TWO,
    logged: /\[WARN\] .* script sender=\w+ .*warning="[^"]*MaxMessagesPerConnection/,
  },
]

describe('limits on a connection', function () {
  this.timeout(60_000)
  let scene: Scene

  const sender = (i: number): string => `case${i}`
  /** By the name in EHLO, which is the sender's. */
  const connectionsOf = (i: number): RelayConnectionRecord[] =>
    scene.relay.connections.filter(({ commands }) => commands[0] === `EHLO ${sender(i)}`)

  before(async () => {
    const named = CASES.map((one, i) => [sender(i), one] as const)
    scene = await openScene({
      ini: (host) =>
        named
          .map(
            ([name, { ini = '' }]) =>
              `[sender.${name}]\nhost=${host}\nhelo=${name}\nscript=${name}.lua\nfilter[]=From: *@${name}.example.com\n` +
              `max_connections=1\nidle_timeout=30s\n${ini}\n`,
          )
          .join(''),
      config: Object.fromEntries(named.map(([name, { script = '' }]) => [`${name}.lua`, script])),
      relay: {
        starttls: '220 2.0.0 go ahead',
        ehlo: ({ command, connection }) => {
          const one = new Map(named).get(command.slice('EHLO '.length))
          const keywords = (connection.tls ? one?.tls : undefined) ?? one?.ehlo ?? []
          return ['relay.test', ...keywords]
            .map((text, i) => `250${i < keywords.length ? '-' : ' '}${text}`)
            .join('\r\n')
        },
      },
    })
    await scene.submit(
      ...named.flatMap(([name, { messages }]) =>
        messages.map((recipients, message) => ({
          from: `joe@${name}.example.com`,
          to: Array.from({ length: recipients }, (_, i) => `user${i}@m${message}.example.net`),
          data: plainMessage(`${name}-${message}`),
        })),
      ),
    )
    await until('the queue is empty', () => scene.haraka.queue().length === 0)
  })

  after(() => scene.remove())

  CASES.forEach(({ name, messages, expected, logged }, i) => {
    it(name, () => {
      assert.deepEqual(transactions(connectionsOf(i)), expected)
      const sent = scene.relay.messages
        .filter(({ mailFrom }) => mailFrom === `joe@${sender(i)}.example.com`)
        .flatMap(({ rcptTo }) => rcptTo)
      const wanted = messages.flatMap((recipients, message) =>
        Array.from({ length: recipients }, (_, i) => `user${i}@m${message}.example.net`),
      )
      assert.deepEqual(sent, wanted)
      if (logged) {
        const lines = scene.haraka.output.split('\n').filter((line) => line.includes(`sender=${sender(i)} `))
        assert.match(lines.join('\n'), logged)
      }
    })
  })

  it('none of it was a failed attempt', () => {
    const failures = scene.haraka.output.split('\n').filter((line) => /Temp failing|bouncing mail/.test(line))
    assert.deepEqual(failures, [])
  })
})
