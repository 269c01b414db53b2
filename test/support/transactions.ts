/**
 * What went over a scripted relay server's connections, as numbers that a test can compare.
 */
import type { RelayConnectionRecord } from './scripted-relay.js'

/** How many commands of that verb the relay server got. */
export function count(connection: RelayConnectionRecord, verb: string): number {
  return connection.commands.filter((command) => command.toUpperCase().split(' ')[0] === verb).length
}

/** For each connection, in the order of their opening: the number of RCPTs of each of its transactions. */
export function transactions(connections: readonly RelayConnectionRecord[]): number[][] {
  return connections.map(({ commands }) => {
    const sizes: number[] = []
    for (const command of commands) {
      if (command.startsWith('MAIL ')) sizes.push(0)
      else if (command.startsWith('RCPT ')) sizes.push((sizes.pop() ?? NaN) + 1)
    }
    return sizes
  })
}

/** Something that another waits for until it is let go. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}
