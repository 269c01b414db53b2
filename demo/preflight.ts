/**
 * What must be there before anything starts. Each thing that is missing is one sentence that says what to do.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { Problem } from './problem.js'

const OLDEST_NODE = 20

/** Modules that come with `npm install`, and what they are for. */
const MODULES: Readonly<Record<string, string>> = {
  haraka: 'the mail server itself',
  'haraka-plugin-relay': 'the plugin that lets this computer send',
  'smtp-server': 'the test relay',
  fengari: 'the Lua engine',
}

/** Throws a Problem when Node is too old, the build is missing or a module is not installed. */
export function preflight(root: string, nodeVersion: string = process.version): void {
  const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1])
  if (!(major >= OLDEST_NODE)) {
    throw new Problem(
      `Node.js ${OLDEST_NODE} or later is needed, this is ${nodeVersion}: install it from https://nodejs.org.`,
    )
  }
  const require = createRequire(path.join(root, 'package.json'))
  for (const [name, use] of Object.entries(MODULES)) {
    if (!isInstalled(require, name))
      throw new Problem(`The module ${name} (${use}) is not installed: run npm install first.`)
  }
  for (const built of ['dist/lib', 'dist/plugins/relayout.js']) {
    if (!fs.existsSync(path.join(root, built))) throw new Problem(`${built} is missing: run npm run build first.`)
  }
}

function isInstalled(require: NodeJS.Require, name: string): boolean {
  // Not require.resolve: a package may hide its package.json, or have no main file.
  return (require.resolve.paths(name) ?? []).some((folder) => fs.existsSync(path.join(folder, name, 'package.json')))
}
