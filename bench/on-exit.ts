/**
 * What must not outlive this process, however it ends: processes that it started, folders that it filled.
 */
const removals = new Set<() => void>()

process.on('exit', () => {
  for (const remove of removals) remove()
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

/** `remove` is called at the end, unless what is returned was called before. */
export function onExit(remove: () => void): () => void {
  removals.add(remove)
  return () => removals.delete(remove)
}
