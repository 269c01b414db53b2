/** A queue folder that Haraka itself has written, in an installation with the settings and the script to be looked at. */
import fs from 'node:fs'
import path from 'node:path'

import { HarakaInstance, until } from '../../support/haraka-instance.js'
import { type Message, submit } from '../../support/submit.js'

export interface WrittenQueue {
  /** Haraka's folder, with config/ and queue/; Haraka does not run. */
  readonly haraka: HarakaInstance
  readonly folder: string
  /** Full paths, oldest first. */
  files(): string[]
  /** Copies under names that are the same in every run, in a folder of their own; relative paths. */
  settledFiles(): string[]
  remove(): Promise<void>
}

export interface QueueOptions {
  readonly messages: readonly Message[]
  /** The text of config/relayout.ini, when the queue has been written. */
  readonly ini?: string
  /** Likewise of config/relayout.lua; undefined: there is none. */
  readonly script?: string
}

const KEEP = 'function CheckFile(_, actions) actions.SkipSend = 1 actions.RetryAfter = 86400 return actions end'

export async function writeQueue({ messages, ini = '', script }: QueueOptions): Promise<WrittenQueue> {
  const haraka = await HarakaInstance.start({ ini: '', script: KEEP, asSubmitted: true })
  const folder = haraka.folder
  try {
    await submit(haraka.port, messages)
    const domains = messages.map(({ to }) => new Set(to.map((address) => address.split('@')[1])).size)
    const items = domains.reduce((sum, some) => sum + some, 0)
    await until('every message is in the queue', () => haraka.queue().length === items)
    await until('every message was skipped', () => (haraka.output.match(/\[relayout\] skip /g) ?? []).length >= items)
    await haraka.stop('SIGTERM')
  } catch (error) {
    await haraka.remove()
    throw error
  }
  haraka.write('config/relayout.ini', ini)
  if (script === undefined) fs.rmSync(path.join(folder, 'config/relayout.lua'))
  else haraka.write('config/relayout.lua', script)
  return {
    haraka,
    folder,
    files: () => haraka.queue().map((name) => path.join(folder, 'queue', name)),
    settledFiles: () => {
      fs.mkdirSync(path.join(folder, 'settled'), { recursive: true })
      return haraka.queue().map((name, i) => {
        const copy = path.join('settled', `170000000000${i}_170000000000${i}_0_100_Name0${i}_${i}_mx`)
        fs.copyFileSync(path.join(folder, 'queue', name), path.join(folder, copy))
        return copy
      })
    },
    remove: () => haraka.remove(),
  }
}
