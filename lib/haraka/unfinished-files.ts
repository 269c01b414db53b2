/**
 * Queue files that are being written have names of their own until they are complete.
 *
 * Haraka removes such files when a process begins with the queue, those too that are just being written: for a client that
 * was there before the queue was read, and by the other workers, where one takes the place of a dead one. Clients are told
 * to come again, and an item's file is not brought up to date. Here a worker removes only what belongs to processes that
 * are gone, and the master, or the only process, what is older than itself.
 *
 * When a file cannot be written, Haraka removes it and, because the stream is closed then, too, gives it its final name at
 * the same time. Where the second is done first, the client is told that half a message, or nothing, was queued. Here a
 * file whose writing failed gets no name.
 */
import cluster from 'node:cluster'
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Writable } from 'node:stream'

/** outbound/index.js: begins a queue file, all but the message. */
export interface QueueFileWriter {
  build_todo(todo: object, output: Writable, done: () => void): void
}

/** outbound/queue.js */
export interface QueueModule {
  readonly queue_dir: string
  delete_dot_files(): Promise<void>
}

/** outbound/qfile.js */
export interface QueueFileNames {
  /** Of files that are not finished. */
  readonly platformDOT: string
  /** Null: it is no name of a queue file. */
  parts(name: string): { readonly arrival: number; readonly pid: number } | null
}

export function keepWhatIsBeingWritten(queue: QueueModule, names: QueueFileNames): void {
  const startedMs = Date.now() - process.uptime() * 1_000
  queue.delete_dot_files = async () => {
    for (const name of await readdir(queue.queue_dir)) {
      if (!name.startsWith(names.platformDOT)) continue
      const parts = names.parts(name.slice(names.platformDOT.length))
      const isLeft = parts && (cluster.isWorker ? !isAlive(parts.pid) : parts.arrival < startedMs)
      // What cannot be removed is no reason not to load the queue.
      if (isLeft) await rm(path.join(queue.queue_dir, name)).catch(() => undefined)
    }
  }
}

/** Haraka has put its listeners on the stream by then, and nothing is written yet. */
export function nameOnlyWhatIsWritten(outbound: QueueFileWriter): void {
  const original = outbound.build_todo.bind(outbound)
  outbound.build_todo = function build_todo(todo, output, done) {
    const naming = output.listeners('close') as (() => void)[]
    output.prependOnceListener('error', () => {
      for (const listener of naming) output.off('close', listener)
    })
    original(todo, output, done)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
