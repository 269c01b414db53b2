/**
 * Queue files that are being written have names of their own until they are complete, and Haraka removes such files when
 * a process begins with the queue. With several workers, the one that takes the place of a dead one so removes what the
 * others are just writing: clients are told to come again, and an item's file is not brought up to date. Here a worker
 * removes only what belongs to processes that are gone; the master, which begins before there are workers, still removes
 * all.
 */
import cluster from 'node:cluster'
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'

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
  parts(name: string): { readonly pid: number } | null
}

export function keepUnfinishedFilesOfOthers(queue: QueueModule, names: QueueFileNames): void {
  if (!cluster.isWorker) return
  queue.delete_dot_files = async () => {
    for (const name of await readdir(queue.queue_dir)) {
      if (!name.startsWith(names.platformDOT)) continue
      const pid = names.parts(name.slice(names.platformDOT.length))?.pid
      // What cannot be removed is no reason not to load the queue.
      if (pid !== undefined && !isAlive(pid)) await rm(path.join(queue.queue_dir, name)).catch(() => undefined)
    }
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
