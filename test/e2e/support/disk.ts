import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** SHA-256 of a file, in hex. */
export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** Files below the folder that contain one of these words, as Latin-1 or UTF-16 text. */
export function filesWith(folder: string, words: readonly string[]): string[] {
  const sought = words.flatMap((word) => [Buffer.from(word), Buffer.from(word, 'utf16le')])
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      // A browser's own files come and go.
      if (!existsSync(path)) return false
      const bytes = readFileSync(path)
      return sought.some((word) => bytes.includes(word))
    })
}
