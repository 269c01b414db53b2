/**
 * When the user wants an end: Ctrl-C, a terminal that is closed, a polite kill, or a pipe that nobody reads.
 */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Resolves with 'stop' at the first wish for an end. Later ones change nothing: the end is on its way. */
export function untilStopped(): Promise<'stop'> {
  return new Promise((resolve) => {
    const stop = (): void => resolve('stop')
    for (const signal of SIGNALS) process.on(signal, stop)
    process.stdout.on('error', stop)
  })
}
