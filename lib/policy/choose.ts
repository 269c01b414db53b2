/** Which sender takes a message (contract 3). */
import type { Judgement, Refused } from './judge.js'

export type Refusal = Refused & { readonly sender: string }

export interface Choice<Sender, J extends Judgement> {
  /** Undefined: none of them takes it. */
  readonly taken: { readonly sender: Sender; readonly judgement: Extract<J, { take: true }> } | undefined
  /** Of those asked before. */
  readonly refusals: readonly Refusal[]
}

/** A message that all its senders refuse. */
export interface Skip {
  /** Until it is offered again. */
  readonly retrySeconds: number
  readonly reason: string
  readonly senders: readonly string[]
  /** By a sender whose script failed. */
  readonly held: boolean
}

/**
 * Asks the senders that the message is for, in their order: the first that does not refuse takes it. One that holds it,
 * because its script failed, ends the round: it must not go around that script.
 */
export async function choose<Sender extends { readonly name: string }, J extends Judgement>(
  senders: readonly Sender[],
  ask: (sender: Sender) => Promise<J>,
): Promise<Choice<Sender, J>> {
  const refusals: Refusal[] = []
  for (const sender of senders) {
    const judgement = await ask(sender)
    if (judgement.take) return { taken: { sender, judgement: judgement as Extract<J, { take: true }> }, refusals }
    refusals.push({ ...judgement, sender: sender.name })
    if (judgement.held) break
  }
  return { taken: undefined, refusals }
}

/** What becomes of a message that they all refused; undefined: no sender was for it, and Haraka delivers it as it is. */
export function skipOf(refusals: readonly Refusal[]): Skip | undefined {
  const [first] = refusals
  if (!first) return undefined
  const reason =
    refusals.length === 1 ? first.reason : refusals.map(({ sender, reason }) => `${sender}: ${reason}`).join('; ')
  return {
    retrySeconds: Math.min(...refusals.map(({ retrySeconds }) => retrySeconds)),
    reason,
    senders: refusals.map(({ sender }) => sender),
    held: refusals.some(({ held }) => held),
  }
}
