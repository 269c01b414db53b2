/**
 * The test relay in a process of its own: `relay-process.js PORT…`, one relay a port. What it hears goes to the parent;
 * when the parent is gone, so is it.
 */
import './follow-parent.js'

import { type RelayRecord, TestRelay } from './test-relay.js'

export type RelayMessage =
  { readonly listening: readonly number[] } | { readonly failed: string } | { readonly record: RelayRecord }

function tell(message: RelayMessage): void {
  process.send?.(message)
}

async function main(): Promise<void> {
  const ports: number[] = []
  for (const port of process.argv.slice(2)) {
    ports.push(await new TestRelay((record) => tell({ record })).listen(Number(port)))
  }
  tell({ listening: ports })
}

main().catch((error: unknown) => {
  process.send?.({ failed: String(error) } satisfies RelayMessage, () => process.exit(1))
})
