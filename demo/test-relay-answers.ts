/**
 * What the test relay says to RCPT TO: the local part of the address decides, up to a `+`. So every case that a script
 * may have to deal with can be had by choosing a recipient.
 */

export interface Answer {
  readonly code: number
  /** The whole reply, one line. */
  readonly reply: string
  readonly delayMs: number
}

/** No reply is put off longer than this, s: smtp-server itself gives a silent connection up after a minute. */
const LONGEST_DELAY_SECONDS = 50
const SLOW_SECONDS = 5

type Reply = (address: string) => string

const REPLIES: Readonly<Record<string, Reply>> = {
  refuse: () => '550 5.7.1 Refused, as the address asks for',
  defer: () => '451 4.3.0 Try again later, as the address asks for',
  unknown: (address) => `450 4.1.1 <${address}>: Recipient address rejected: User unknown in virtual alias table`,
  full: () => '452 4.2.2 The mailbox is full',
  forward: (address) => `251 2.1.5 User not local; will forward to <${address}>`,
}

/** For the user, in this order: the local part and what it does. */
export const SPECIAL_RECIPIENTS: readonly (readonly [string, string])[] = [
  ['refuse@', '550'],
  ['defer@', '451'],
  ['unknown@', '450 4.1.1 User unknown'],
  ['full@', '452 4.2.2'],
  ['forward@', '251'],
  ['slow@', `250 after ${SLOW_SECONDS} s`],
  ['delay-3s@', '250 after 3 s'],
]

export function answer(address: string): Answer {
  const [localPart = ''] = address.toLowerCase().split('@', 1)
  const [word = ''] = localPart.split('+', 1)
  const reply = Object.hasOwn(REPLIES, word) ? REPLIES[word]! : () => '250 2.1.5 OK'
  const text = reply(address)
  return { code: Number(text.slice(0, 3)), reply: text, delayMs: delaySeconds(word) * 1000 }
}

function delaySeconds(word: string): number {
  if (word === 'slow') return SLOW_SECONDS
  const seconds = Number(/^delay-(\d+)s$/.exec(word)?.[1] ?? 0)
  return Math.min(seconds, LONGEST_DELAY_SECONDS)
}
