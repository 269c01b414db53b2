/** The text of a secret_file: one line, taken as it stands. No error ever quotes the file. */
import { secretLines } from './secret-lines.js'

/** The secret, or a phrase that says what is wrong with the file. */
export function parseSecretFile(content: string): { secret: string } | { error: string } {
  const [secret, ...rest] = secretLines(content)
  if (secret === undefined) return { error: 'it is empty' }
  if (rest.length > 0) return { error: 'it has more than one line' }
  return secret.includes('\0') ? { error: 'it has a NUL character' } : { secret }
}
