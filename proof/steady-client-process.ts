/**
 * A process that hands a small message to Haraka ten times a second, however long that takes, and measures it from the
 * connection to the reply to the end of data. Its argument is Haraka's port. Once a second the parent gets what was
 * handed over since, as `Handed[]`; when the parent says something it stops, and tells the rest.
 */
import { identified } from '../test/accounting/identity.js'
import { submit } from '../test/support/submit.js'

export interface Handed {
  readonly message: string
  readonly recipient: string
  /** Why Haraka has not said that it has it. */
  readonly refused?: string
  readonly atMs: number
  readonly tookMs: number
}

const EVERY_MS = 100
const BYTES = 1_000

const port = Number(process.argv[2])
let handed: Handed[] = []
const underWay = new Set<Promise<void>>()
let number = 0

async function hand(): Promise<void> {
  const message = `steady/${number++}`
  const recipient = `steady${number}@plain.test`
  const atMs = Date.now()
  const from = performance.now()
  const refused = await submit(port, [identified(message, 'steady@example.com', [recipient], BYTES)]).then(
    () => undefined,
    (error: unknown) => String(error),
  )
  const tookMs = performance.now() - from
  handed.push({ message, recipient, atMs, tookMs, ...(refused === undefined ? {} : { refused }) })
}

function tell(): void {
  process.send?.(handed)
  handed = []
}

const clock = setInterval(() => {
  const one = hand().finally(() => underWay.delete(one))
  underWay.add(one)
}, EVERY_MS)
const report = setInterval(tell, 1_000)

process.on('disconnect', () => process.exit())
process.on('message', () => {
  clearInterval(clock)
  clearInterval(report)
  void Promise.all(underWay).then(() => {
    tell()
    process.disconnect()
  })
})
