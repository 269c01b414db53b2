/**
 * The tests of a file, one after the other, each in a session of its own, and what came otherwise than expected. The
 * scripts' clock stands where the test or its message says.
 */
import type { QueueItem } from '../../../policy/queue-item.js'
import type { Judged } from '../../conversation/conversation.js'
import { Conversations } from '../../conversation/conversations.js'
import type { Decided, Heard } from '../../rehearsal/rehearsal.js'
import { inSendingOrder } from '../../rehearsal/sending-order.js'
import { messageCame, replyCame } from './came.js'
import type { Expectation, MessageCame, MessageStep, ReplyCame, ReplyStep, Test } from './expectations.js'
import type { Mistakes, Place, Placed } from './mistakes.js'
import type { OpenFile } from './open-file.js'
import type { WrittenMessages } from './written-messages.js'

/** An expectation that did not come true. */
export interface Miss {
  readonly place: Place
  /** `script`: it failed. */
  readonly key: string
  /** Which message or reply of several. */
  readonly step?: string
  readonly expected: string
  readonly came: string
}

export interface Performed {
  readonly test: Test
  readonly misses: readonly Miss[]
  /** What the scripts said besides. */
  readonly heard: readonly Heard[]
}

/** A test with its messages as items of a queue. */
export interface PreparedTest {
  readonly test: Test
  readonly items: ReadonlyMap<MessageStep, QueueItem>
}

/** What is wrong with the files of messages is added to the mistakes. */
export async function prepare(test: Test, messages: WrittenMessages, mistakes: Mistakes): Promise<PreparedTest> {
  const items = new Map<MessageStep, QueueItem>()
  for (const step of test.steps) {
    if (step.kind !== 'message') continue
    const item = await messages.item(step, mistakes)
    if (item) items.set(step, item)
  }
  return { test, items }
}

interface Asked {
  readonly name: string
  readonly item: QueueItem
  readonly decided: Decided
}

export async function perform({ test, items }: PreparedTest, open: OpenFile): Promise<Performed> {
  const { rehearsal, clock, heard } = open
  heard.length = 0
  const misses: Miss[] = []
  const asked: Asked[] = []
  // The file runs when the first step needs it.
  rehearsal.startAfresh()
  const conversations = new Conversations(rehearsal, open.settings)
  for (const [i, step] of test.steps.entries()) {
    clock.set(step.atMs)
    const name = step.name ?? `${step.kind} ${i + 1}`
    const shown = test.steps.length > 1 ? { step: name } : {}
    if (step.kind === 'reply') {
      misses.push(...missed(step, replyCame(await judgedIn(conversations, open, step), heard), shown))
    } else {
      const item = items.get(step)
      if (!item) continue
      const decided = await rehearsal.decide(item)
      asked.push({ name, item, decided })
      misses.push(...missed(step, messageCame(decided, heard), shown))
    }
  }
  if (test.order) misses.push(...outOfOrder(test.order, asked))
  return { test, misses, heard: [...heard] }
}

/** A failure of the script is a miss unless it is expected. */
function missed<Came extends MessageCame | ReplyCame>(
  { place, expected }: { place: Place; expected: readonly Expectation<Came>[] },
  came: Came,
  step: { readonly step?: string },
): Miss[] {
  const misses = expected.flatMap((one) => {
    const otherwise = one.check(came)
    return otherwise === undefined
      ? []
      : [{ place: one.place, key: one.key, ...step, expected: one.expected, came: otherwise }]
  })
  const holds = came.outcome === 'hold' && !misses.some(({ key }) => key === 'hold')
  const foreseen = expected.some(({ key }) => key === 'failure' || (key === 'hold' && holds))
  if (foreseen) return misses
  const failures = came.failures.map((failure) => {
    return { place, key: 'script', ...step, expected: 'no failure', came: failure }
  })
  return [...misses, ...failures]
}

async function judgedIn(
  conversations: Conversations,
  { settings }: OpenFile,
  { reply: given }: ReplyStep,
): Promise<Judged> {
  const { sender: name, server, command, reply } = given
  const sender = settings.senders.find((one) => one.name === name) ?? settings.senders[0]
  if (!sender) throw new Error('there is always a sender')
  return conversations.with(sender, server).reply({ command, reply })
}

/** Each sender has a queue of its own: nothing is said of the order between two of them. */
function outOfOrder({ place, value: names }: Placed<readonly string[]>, asked: readonly Asked[]): Miss[] {
  const places = inSendingOrder(asked.filter(({ name }) => names.includes(name)))
  const came = places.map(({ subject }) => subject.name)
  const stay = names.filter((name) => !came.includes(name))
  const senders = new Set(places.map(({ sender }) => sender.name))
  if (stay.length === 0 && senders.size === 1 && came.join('\n') === names.join('\n')) return []
  const queues = [...senders].map((one) => {
    const ofOne = places.filter(({ sender }) => sender.name === one)
    const inOrder = ofOne.map(({ subject, priority }) => `${subject.name} (${priority})`).join(', ')
    return senders.size > 1 ? `${one}: ${inOrder}` : inOrder
  })
  const otherwise = [...queues, ...(stay.length > 0 ? [`not taken: ${stay.join(', ')}`] : [])].join('; ')
  return [{ place, key: 'order', expected: names.join(', '), came: otherwise }]
}
