import { readFileSync } from 'node:fs'
import path from 'node:path'

/** Of the package. */
export function version(): string {
  const file = path.join(__dirname, '..', '..', '..', 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
}
