/** node read-all.js FOLDER: the least that showing a queue takes, every file of it opened, read once and closed. */
import fs from 'node:fs'
import path from 'node:path'

const PIECE_BYTES = 8 * 1024

const [folder = '.'] = process.argv.slice(2)
const piece = Buffer.alloc(PIECE_BYTES)
for (const name of fs.readdirSync(folder)) {
  const file = fs.openSync(path.join(folder, name), 'r')
  fs.readSync(file, piece, 0, PIECE_BYTES, 0)
  fs.closeSync(file)
}
