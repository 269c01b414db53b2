/**
 * Where the package is: the compiled files may lie at any depth below it.
 */
import fs from 'node:fs'
import path from 'node:path'

import { Problem } from './problem.js'

const NAME = 'haraka-plugin-relayout'

export function packageRoot(from: string = __dirname): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json')
    if (fs.existsSync(file) && nameIn(file) === NAME) return folder
    if (folder === path.dirname(folder))
      throw new Problem(`${from} is not inside the folder of ${NAME}: run it from there.`)
  }
}

function nameIn(file: string): unknown {
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { name?: unknown }).name
}
