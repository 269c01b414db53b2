/**
 * Brings the names in the queue folder to the disk (fsync of a folder).
 *
 * Haraka brings a queue file to the disk under a temporary name, renames it, and says that it is queued. Should the power
 * fail then, the file may have its temporary name again, and Haraka removes such files when it starts: the message is lost.
 * Here it is queued when its name is on the disk, too. One fsync serves all that were renamed before it began.
 */
import { open } from 'node:fs/promises'

export class FolderSync {
  readonly #folder: string
  readonly #failed: (error: unknown) => void
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** `failed`: it could not be done; what waits for it goes on. */
  constructor(folder: string, failed: (error: unknown) => void) {
    this.#folder = folder
    this.#failed = failed
  }

  /** Never rejects. */
  done(): Promise<void> {
    this.#next ??= this.#afterRunning()
    return this.#next
  }

  async #afterRunning(): Promise<void> {
    // One that runs may have begun before the last name was there.
    await this.#running
    this.#running = this.#next
    this.#next = undefined
    try {
      const folder = await open(this.#folder, 'r')
      await folder.sync().finally(() => folder.close())
    } catch (error) {
      this.#failed(error)
    }
  }
}
