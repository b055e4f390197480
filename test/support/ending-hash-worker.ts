import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { builtWorkers } from './runner/test-programs.ts'

/** The app's hash worker, of which the first `times` threads end when they get bytes. */
export function endingHashWorker(times: number): URL {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-ending-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const program = `
    import crypto from 'node:crypto'
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const ends = ${JSON.stringify(join(folder, 'ends'))}
    const { createHash } = crypto
    crypto.createHash = (algorithm) => {
      const hash = createHash(algorithm)
      const update = hash.update.bind(hash)
      hash.update = (bytes) => {
        if (fs.existsSync(ends) && fs.statSync(ends).size >= ${times}) return update(bytes)
        fs.appendFileSync(ends, '.')
        process.exit(3)
      }
      return hash
    }
    syncBuiltinESMExports()
    await import(${JSON.stringify(builtWorkers().hash)})`
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`)
}
