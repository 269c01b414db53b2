/**
 * `relayout reply - --json` for one sender after the other, as a process: standard input has a JSON object with the lines
 * for each sender, and the standard output gets one with the documents. The command called so often would start so often.
 */
import { PassThrough, Readable, Writable } from 'node:stream'
import { json, text } from 'node:stream/consumers'

import { run } from '../../../lib/cli/commands/reply/run.js'
import { Terminal } from '../../../lib/cli/output/terminal.js'

async function documents(senders: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const made: Record<string, unknown> = {}
  const err = new Writable({ write: (chunk: Buffer, _, done) => done(new Error(`said besides: ${chunk.toString()}`)) })
  for (const [sender, lines] of Object.entries(senders)) {
    const out = new PassThrough()
    const terminal = new Terminal({ out, err, colours: false, columns: Infinity, watched: false, rows: Infinity })
    const printed = text(out)
    await run({ terminal, stdin: Readable.from([Buffer.from(lines)]) }, ['-'], { sender, json: true })
    out.end()
    made[sender] = JSON.parse(await printed)
  }
  return made
}

void json(process.stdin)
  .then((senders) => documents(senders as Record<string, string>))
  .then((made) => process.stdout.write(JSON.stringify(made), () => process.exit(0)))
