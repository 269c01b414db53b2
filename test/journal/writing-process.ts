/**
 * A process of its own that writes numbered lines to a journal in many small writes:
 * `node writing-process.js FILE NAME LINES SIZE_BYTES FILES`.
 */
import { JournalWriter } from '../../lib/journal/journal-writer.js'

const [file = '', name = '', lines = '', sizeBytes = '', files = ''] = process.argv.slice(2)

async function write(): Promise<void> {
  const fail = (error: unknown): void => {
    console.error(error)
    process.exitCode = 1
  }
  const limits = { sizeBytes: Number(sizeBytes), files: Number(files) }
  for (let from = 0; from < Number(lines); from += 100) {
    const writer = new JournalWriter({ file, limits: () => limits, failed: fail, notRotated: fail, lost: () => 'lost' })
    for (let i = from; i < Math.min(from + 100, Number(lines)); i++)
      writer.add(`${name} ${i} ${'x'.repeat(i % 200)} end`)
    await writer.close()
  }
}

void write()
