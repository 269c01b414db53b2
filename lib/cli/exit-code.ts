/**
 * How the command ends. 0: done, nothing found; 1: done, and something was found; 2: it could not be done as it was
 * asked, which is thrown as a RelayoutError.
 */
export type ExitCode = 0 | 1 | 2
