/**
 * The key that addresses are hashed with under `journal_addresses = hashed`: 256 random bits in FILE.key, for its owner
 * only, made once. Several processes that make it at one time agree on one.
 */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'

export function addressKeyFile(journal: string): string {
  return `${journal}.key`
}

/** Made where there is none yet. Throws where it can be neither read nor made. */
export function makeAddressKey(journal: string): Buffer {
  const file = addressKeyFile(journal)
  if (!fs.existsSync(file)) {
    const temporary = `${file}.${process.pid}`
    fs.rmSync(temporary, { force: true })
    fs.writeFileSync(temporary, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
    try {
      // Whole from its first moment on, and never in place of another process's.
      fs.linkSync(temporary, file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      fs.rmSync(temporary, { force: true })
    }
  }
  return readAddressKey(journal)
}

/** Throws where there is none. */
export function readAddressKey(journal: string): Buffer {
  const text = fs.readFileSync(addressKeyFile(journal), 'latin1').trim()
  if (!/^[\da-f]{64}$/.test(text)) throw new Error('it does not hold a key of 64 hexadecimal digits')
  return Buffer.from(text, 'hex')
}
