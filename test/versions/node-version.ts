/**
 * Versions of Node, from the npm registry: the package `node-PLATFORM-ARCHITECTURE` is what nodejs.org offers for
 * download, without an install script. They are kept in build/node.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

import { PACKAGE } from '../support/haraka-instance.js'
import { newestVersion } from './npm-registry.js'

const NAME = `node-${process.platform}-${process.arch}`

export interface NodeVersion {
  readonly version: string
  /** The folder that `node` is in. */
  readonly folder: string
}

/** The one that this process runs on. */
export function thisNode(): NodeVersion {
  return { version: process.versions.node, folder: path.dirname(process.execPath) }
}

/** `wanted`: a version, the beginning of one, or `latest`; of several the newest. Throws where there is none. */
export function nodeVersion(wanted: string): NodeVersion {
  const version = newestVersion(`${NAME}@${wanted}`)
  if (version === process.versions.node) return thisNode()
  const home = path.join(PACKAGE, 'build', 'node', version)
  const folder = path.join(home, 'node_modules', NAME, 'bin')
  if (!fs.existsSync(path.join(folder, 'node'))) {
    fs.mkdirSync(home, { recursive: true })
    fs.writeFileSync(path.join(home, 'package.json'), '{}')
    const install = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${NAME}@${version}`]
    execFileSync('npm', install, { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const runs = execFileSync(path.join(folder, 'node'), ['--version'], { encoding: 'utf8' }).trim()
  if (runs !== `v${version}`) throw new Error(`${NAME}@${version} brought Node ${runs}`)
  return { version, folder }
}

/** Where every `node`, also that of npm and of what it starts, is this one. */
export function environmentOf(node: NodeVersion): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${node.folder}${path.delimiter}${process.env['PATH'] ?? ''}` }
}
