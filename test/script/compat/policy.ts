/**
 * Whole scripts in the style of one version of Lua, each a policy that an administrator would have, with the messages
 * and replies that it is shown in one session and what it decides about each.
 *
 * The decisions are what the interpreter of that version answers with plain tables for the arguments.
 */
import assert from 'node:assert/strict'
import type { RawActions } from '../../../lib/core/decision.js'
import type { MessageFacts } from '../../../lib/script/port.js'
import { FACTS, useFiles, usePort } from '../fixture.js'
import type { Opened } from '../fixture.js'

export interface Message {
  readonly facts?: Partial<MessageFacts>
  /** Header lines. */
  readonly header?: readonly string[]
  /** The fields that are not as in the table that was passed in. */
  readonly decides: Partial<RawActions>
}

export interface Reply {
  readonly command: string
  /** Lines. */
  readonly reply: readonly string[]
  /** undefined: left as it is. */
  readonly becomes: string | undefined
}

export interface Policy {
  readonly name: string
  readonly script: string
  /** Local time that the script sees when the session begins. */
  readonly at?: Date
  readonly senderId?: number
  readonly messages?: readonly Message[]
  readonly replies?: readonly Reply[]
  /** All lines of print. */
  readonly prints?: readonly string[]
}

const UNTOUCHED: RawActions = {
  SkipSend: false,
  Reason: '',
  Priority: 50,
  RetryAfter: undefined,
  ForceLastTry: undefined,
}

export function describePolicies(policies: readonly Policy[]): void {
  const shared = usePort()
  const file = useFiles()
  for (const policy of policies) {
    const { at } = policy
    if (at === undefined) it(policy.name, async () => check(policy, shared.open, file))
    else {
      describe(`at ${at.toString().slice(0, 21)}`, () => {
        const own = usePort({ atMs: at.getTime() })
        it(policy.name, async () => check(policy, own.open, file))
      })
    }
  }
}

async function check(
  policy: Policy,
  open: ReturnType<typeof usePort>['open'],
  file: ReturnType<typeof useFiles>,
): Promise<void> {
  const opened = open(policy.script, { senderId: policy.senderId ?? 0 })
  const { topLevel, start } = await opened.session.started
  assert.equal(topLevel?.message, undefined)
  assert.equal(start?.message, undefined)
  for (const [index, message] of (policy.messages ?? []).entries()) await checkMessage(opened, message, index, file)
  for (const { command, reply, becomes } of policy.replies ?? []) {
    const answer = await opened.session.returnCode(command, reply.join('\r\n'), reply.at(-1) ?? '', 'smtp.example.net')
    assert.equal(answer, becomes, `${command}: ${reply.join(' / ')}`)
  }
  opened.session.close()
  if (policy.prints !== undefined) assert.deepEqual(opened.printed, policy.prints)
}

async function checkMessage(
  { session }: Opened,
  { facts = {}, header = ['Subject: hello'], decides }: Message,
  index: number,
  file: ReturnType<typeof useFiles>,
): Promise<void> {
  const { filename, dataStart } = file([...header, '', 'body', ''].join('\r\n'))
  const { actions } = await session.checkFile({ ...FACTS, filename, dataStart, ...facts })
  assert.deepEqual(actions, { ...UNTOUCHED, ...decides }, `message ${index + 1}`)
}
