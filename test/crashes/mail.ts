/**
 * The mail of a run with crashes: what its relay servers say of each recipient, what the script makes of that, and what
 * must become of the recipient in the end. A recipient's local part begins with its kind: `late12-3@plain.test`.
 */
import { identified } from '../accounting/identity.js'
import type { PlainAnswer, RelayRequest, ScriptedRelayOptions } from '../support/scripted-relay.js'
import type { Message } from '../support/submit.js'

interface Kind {
  /** Of a thousand recipients. */
  readonly share: number
  /** What the relay server says to its RCPT, `again`: not for the first time. */
  readonly says?: (again: boolean) => PlainAnswer
  readonly bounces?: boolean
}

export const KINDS = {
  late: { share: 60, says: (again) => (again ? undefined : '450 4.2.1 later') },
  never: { share: 40, says: () => '550 5.1.1 unknown', bounces: true },
  /** The script makes a 5xx of it. */
  hard: { share: 30, says: () => '450 4.7.1 greylisted for good', bounces: true },
  /** The script makes a 4xx of it. */
  soft: { share: 30, says: (again) => (again ? undefined : '550 5.7.1 not now') },
  plain: { share: 840 },
} as const satisfies Record<string, Kind>

/** Every tenth message is skipped when the script sees it first, and one in 30 bodies is refused once. */
export const SCRIPT = `
local seen = {}
function CheckFile(filename, actions, size, created, from, recipients, headerdata)
  local number = tonumber(headerdata.Subject:match("%d+")) or 0
  actions.Priority = number % 100 + 1
  if number % 10 == 0 and not seen[filename] then
    seen[filename] = true
    actions.SkipSend, actions.Reason, actions.RetryAfter = true, "not yet", 1
  end
  return actions
end
function ReturnCodeHandler(command, full, last)
  if command:find("^RCPT TO:<hard") and full:find("^4") then return (full:gsub("^450 4", "550 5")) end
  if command:find("^RCPT TO:<soft") and full:find("^5") then return (full:gsub("^550 5", "450 4")) end
end
`

export const DOMAINS = ['plain.test', 'secure.test'] as const

export interface Letter {
  readonly name: string
  readonly recipients: readonly string[]
  readonly message: Message
}

/** The n-th message: 1 to 12 recipients of one domain. */
export function letter(n: number, random: () => number): Letter {
  const domain = DOMAINS[random() < 0.5 ? 0 : 1]
  const recipients = Array.from({ length: 1 + Math.floor(random() ** 2 * 12) }, (_, i) => {
    return `${kindBy(random() * 1000)}${n}-${i}@${domain}`
  })
  const name = `n${n}`
  const bytes = random() < 0.1 ? 100_000 * random() : 2_000 * random()
  return { name, recipients, message: identified(name, `from${n}@example.com`, recipients, Math.floor(bytes)) }
}

function kindBy(number: number): string {
  let sum = 0
  for (const [name, { share }] of Object.entries(KINDS)) if (number < (sum += share)) return name
  return 'plain'
}

/** What must become of it. */
export function mustBounce(recipient: string): boolean {
  return kindOf(recipient)?.bounces ?? false
}

function kindOf(recipient: string): Kind | undefined {
  return (KINDS as Readonly<Record<string, Kind>>)[/^[a-z]+/.exec(recipient)?.[0] ?? '']
}

/** Answers of a relay server that lasts longer than the processes that send to it. */
export function relayAnswers(): Pick<ScriptedRelayOptions, 'rcpt' | 'endOfData'> {
  const known = new Set<string>()
  const again = (what: string): boolean => known.has(what) || !known.add(what)
  return {
    rcpt: ({ address }) => kindOf(address)?.says?.(again(address)),
    endOfData({ connection }: RelayRequest) {
      const mail = connection.commands.findLast((line) => line.startsWith('MAIL ')) ?? ''
      const number = Number(/<from(\d+)@/.exec(mail)?.[1] ?? 1)
      return number % 30 === 0 && !again(mail) ? '451 4.3.0 not now' : undefined
    },
  }
}
