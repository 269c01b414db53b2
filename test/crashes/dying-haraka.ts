/**
 * A Haraka that kills itself right before the n-th time that it renames or removes a queue file: after each of these
 * the disk has another truth, and between two of them always the same one.
 */
import fs from 'node:fs'
import path from 'node:path'

import type { HarakaInstance } from '../support/haraka-instance.js'

export const DYING = `
const fs = require('fs')
const promises = require('fs/promises')
const path = require('path')
const left = path.join(process.env.HARAKA, 'config', 'dies-in')
let steps = fs.existsSync(left) ? Number(fs.readFileSync(left)) : Infinity
const step = (file) => {
  if (!/\\/queue\\/\\d/.test(String(file))) return
  if (--steps === 0) process.kill(process.pid, 'SIGKILL')
}
const before = (object, name, which) => {
  const original = object[name]
  object[name] = (...args) => {
    step(args[which])
    return original.apply(object, args)
  }
}
before(promises, 'rename', 1)
before(promises, 'unlink', 0)
before(fs, 'unlink', 0)
`

/** For the next start: it dies before that step; undefined: not at all. */
export function diesBefore(haraka: HarakaInstance, step: number | undefined): void {
  const file = path.join(haraka.folder, 'config', 'dies-in')
  if (step === undefined) fs.rmSync(file, { force: true })
  else fs.writeFileSync(file, String(step))
}
