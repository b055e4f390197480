import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'

/** SHA-256 of the built worker files by name, inserted by the build; undefined when run from source. */
declare const __WORKER_HASHES__: Readonly<Record<string, string>>

/**
 * Starts a worker thread from a file of the app. A packaged app has these files outside its archive, where
 * Electron's integrity check does not cover them.
 * @throws if the file was changed after the build, or if the system can't start another thread
 */
export function startWorker(url: URL, options?: WorkerOptions): Worker {
  const changed = changedWorkerFile([url])
  if (changed !== null) throw new Error(`a file of the app was changed: ${changed}`)
  return new Worker(url, options)
}

/** The name of the first of these files that is missing or not as it was built; null if there is none. */
export function changedWorkerFile(urls: readonly URL[]): string | null {
  if (typeof __WORKER_HASHES__ === 'undefined') return null
  for (const url of urls) {
    const name = basename(fileURLToPath(url))
    if (sha256OfFile(url) !== __WORKER_HASHES__[name]) return name
  }
  return null
}

/** An empty text if the file can't be read. */
function sha256OfFile(url: URL): string {
  try {
    return createHash('sha256').update(readFileSync(url)).digest('hex')
  } catch {
    return ''
  }
}
