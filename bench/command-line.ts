/**
 * What the commands that measure have in common: a line that says what is under way, whole numbers of options, the end.
 */

/** On a terminal, in place of what was there; `''`: nothing is. */
export function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`)
}

/** Throws, naming the option, when it is none from 1. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} ${text}: a whole number from 1 is wanted`)
  return value
}

/** Exit code 1 when it throws. */
export function runMain(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
