/** The messages in Haraka's queue, in the order in which Haraka offers them. */
import path from 'node:path'

import { queueFileAt } from '../../messages/queue-file.js'
import { listQueue } from '../../queue-folder/list-queue.js'
import type { MessageInput } from './inputs.js'
import type { Read } from './report.js'

/** Throws a RelayoutError where there is no queue. Files that go meanwhile were sent. */
export function* queueInputs(
  folder: string,
  nowMs: number,
  read: Pick<Read, 'damaged'>,
): Generator<MessageInput, void> {
  const { due, later } = listQueue(folder, nowMs)
  for (const names of [due, later]) {
    for (const name of names.sorted()) {
      try {
        yield { kind: 'message', source: 'queue', name, item: queueFileAt(path.join(folder, name)) }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') read.damaged++
      }
    }
  }
}
