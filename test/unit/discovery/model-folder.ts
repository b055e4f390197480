import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A temporary folder with files of 2 KB each. */
export function createModelFolder(...files: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-discovery-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), Buffer.alloc(2_000, 1))
  }
  return root
}
