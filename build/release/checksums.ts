import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import process from 'node:process'

// `node build/release/checksums.ts FOLDER`: writes SHA256SUMS for all files in the folder, for `sha256sum -c
// SHA256SUMS`, except the feeds' signatures, which are replaced later.

const sumsFile = 'SHA256SUMS'
const [folder = 'dist'] = process.argv.slice(2)
const names = readdirSync(folder)
  .filter((name) => name !== sumsFile && !name.endsWith('.sig') && statSync(join(folder, name)).isFile())
  .sort()
if (names.length === 0) throw new Error(`nothing in ${folder}`)
const lines: string[] = []
for (const name of names) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(folder, name)), hash)
  lines.push(`${hash.digest('hex')}  ${name}\n`)
}
writeFileSync(join(folder, sumsFile), lines.join(''))
console.log(lines.join(''))
