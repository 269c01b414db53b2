/** Queue files with names and times that are the same in every run: copies of those that Haraka wrote, or many made ones. */
import fs from 'node:fs'
import path from 'node:path'

const LENGTH_BYTES = 4

export interface Settled {
  readonly arrivalMs: number
  /** Else it is due since it came. */
  readonly nextAttemptMs?: number
  readonly attempts?: number
  /** Tells files of the same time apart. */
  readonly nth: number
}

export function settledName({ arrivalMs, nextAttemptMs = arrivalMs, attempts = 0, nth }: Settled): string {
  return `${arrivalMs}_${nextAttemptMs}_${attempts}_100_Name${String(nth).padStart(4, '0')}_${nth}_mx`
}

/** A copy of the queue file in `folder`; its name. */
export function settle(file: string, folder: string, settled: Settled): string {
  const bytes = fs.readFileSync(file)
  const end = LENGTH_BYTES + bytes.readUInt32BE(0)
  const todo = bytes
    .toString('latin1', LENGTH_BYTES, end)
    .replace(/("queue_time":\s*)\d+/, `$1${settled.arrivalMs}`)
    .replace(/("uuid":\s*")[^"]+/, `$1UUID-${settled.nth}.1.1`)
  const name = settledName(settled)
  fs.writeFileSync(path.join(folder, name), withTodo(Buffer.from(todo, 'latin1'), bytes.subarray(end)))
  return name
}

/** A file such as Haraka writes. */
export function madeFile(folder: string, settled: Settled, from: string, to: string, message: string): string {
  const todo = {
    queue_time: settled.arrivalMs,
    domain: to.split('@')[1],
    rcpt_to: [stored(to)],
    mail_from: stored(from),
    notes: {},
    uuid: `UUID-${settled.nth}.1.1`,
  }
  const name = settledName(settled)
  const text = `\n${JSON.stringify(todo, null, '\t')}\n`
  fs.writeFileSync(path.join(folder, name), withTodo(Buffer.from(text), Buffer.from(message)))
  return name
}

function withTodo(todo: Buffer, message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(todo.length)
  return Buffer.concat([length, todo, message])
}

function stored(address: string): object {
  const [user, host] = address.split('@')
  return { original: `<${address}>`, original_host: host, host, user }
}
