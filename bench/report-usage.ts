/** Loaded before a command that is measured (node --require): at its end, the usage of its process goes to descriptor 3. */
import fs from 'node:fs'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) process.on('exit', () => fs.writeSync(3, JSON.stringify(process.resourceUsage())))
