/** node read-file.js FILE: the least that reading a file takes, a piece after the other. */
import fs from 'node:fs'

const PIECE_BYTES = 64 * 1024

const [name = ''] = process.argv.slice(2)
const piece = Buffer.alloc(PIECE_BYTES)
const file = fs.openSync(name, 'r')
while (fs.readSync(file, piece, 0, PIECE_BYTES, null) > 0);
fs.closeSync(file)
