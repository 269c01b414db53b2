/**
 * What the user is told when something outside this program is not as it must be: one sentence, no stack trace.
 */
export class Problem extends Error {
  constructor(sentence: string) {
    super(sentence)
    this.name = 'Problem'
  }
}

/** Runs a command: its exit code, or 1 after one sentence about the problem. Anything else is a fault of ours: its stack. */
export function command(main: () => Promise<number>): void {
  main().then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Problem ? `\n${error.message}` : error)
      process.exit(1)
    },
  )
}
