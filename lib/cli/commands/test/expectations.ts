/** What a file of expectations says, read and checked. */
import type { AnsweredCommand } from '../../conversation/read-command.js'
import type { Address } from '@haraka/email-address'

import type { Reply } from '../../../core/reply.js'
import type { Place, Placed } from './mistakes.js'

export interface Expectations {
  /** As the file was named. */
  readonly file: string
  /** That relative names count from. */
  readonly folder: string
  readonly script: Placed<string> | undefined
  /** relayout.ini, or the folder that it is in. */
  readonly settings: Placed<string> | undefined
  readonly tests: readonly Test[]
  /** All that are named: relayout.ini should have them. */
  readonly senders: readonly Placed<string>[]
}

export interface Test {
  readonly name: string
  readonly place: Place
  /** What its steps see, one after the other, in the same session. */
  readonly steps: readonly (MessageStep | ReplyStep)[]
  /** In which its messages go. */
  readonly order: Placed<readonly string[]> | undefined
}

interface Step<Came> {
  /** Where the test has several. */
  readonly name: string | undefined
  readonly place: Place
  /** The scripts' clock, milliseconds since the epoch. */
  readonly atMs: number
  readonly expected: readonly Expectation<Came>[]
}

export interface MessageStep extends Step<MessageCame> {
  readonly kind: 'message'
  readonly message: GivenMessage
}

export interface ReplyStep extends Step<ReplyCame> {
  readonly kind: 'reply'
  readonly reply: GivenReply
}

/** Of a message that is a file, what is to be different. */
export interface GivenMessage {
  readonly file: Placed<string> | undefined
  readonly from: Address | undefined
  /** None: those of the file. All of one domain. */
  readonly to: readonly Address[]
  /** Bytes, as the script is told. */
  readonly size: number | undefined
  readonly header: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly retries: number | undefined
  readonly queuedMs: number | undefined
  /** The last attempt. */
  readonly triedMs: number | undefined
}

export interface GivenReply {
  readonly command: AnsweredCommand
  readonly reply: Reply
  /** Undefined: the first. */
  readonly sender: string | undefined
  /** Undefined: the sender's first relay server. */
  readonly server: string | undefined
}

export interface Expectation<Came> {
  readonly key: string
  readonly place: Place
  /** As it stands in the file. */
  readonly expected: string
  /** What came in its place; undefined: it came. */
  check(came: Came): string | undefined
}

/** What scripts said, each thing once. */
interface Said {
  readonly failures: readonly string[]
  readonly warnings: readonly string[]
  readonly prints: readonly string[]
}

export const OUTCOMES = ['take', 'skip', 'hold', 'pass'] as const

/** `pass`: no sender is for it, and Haraka delivers it as if there were no plugin. */
export type Outcome = (typeof OUTCOMES)[number]

export interface MessageCame extends Said {
  readonly outcome: Outcome
  /** In words. */
  readonly summary: string
  /** The one that takes it, and what else holds then. */
  readonly taken:
    { readonly sender: string; readonly priority: number; readonly lastTry: boolean; readonly tag: boolean } | undefined
  /** What each sender said, and the whole as the log has it. */
  readonly reasons: readonly string[]
  /** Until it is asked about again. */
  readonly retrySeconds: number | undefined
}

export interface ReplyCame extends Said {
  readonly reply: string
  readonly outcome: string
}
