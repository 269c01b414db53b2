/** Text of an INI file as Haraka's own reader gives it to a plugin. */
import { createRequire } from 'node:module'

interface IniReader {
  parseIni(name: string, options: object, data: string): Record<string, unknown>
}

const reader = createRequire(__filename)('haraka-config/lib/readers/ini') as IniReader

export function readIni(text: string): Record<string, unknown> {
  return reader.parseIni('relayout.ini', {}, text)
}
