import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'

/** SHA-256 of the built worker files by name, inserted by the build; undefined when run from source. */
declare const __WORKER_HASHES__: Readonly<Record<string, string>>

/**
 * The sources of worker files that are as they were built, by address. Threads start from them, because an update can
 * replace the files of a running app.
 */
const sources = new Map<string, string>()

/** Else Electron would show a user's archive (`.asar`) as a folder (electronjs.org/docs/latest/tutorial/asar-archives). */
const withoutArchives = 'globalThis.process.noAsar = true; '

/**
 * Starts a worker thread from a file of the app. A packaged app has these files outside its archive, where
 * Electron's integrity check does not cover them.
 * @throws if the file was changed after the build, or if the system can't start another thread
 */
export function startWorker(url: URL, options?: WorkerOptions): Worker {
  const changed = loadWorkerFiles([url])
  if (changed !== null) throw new Error(`a file of the app was changed: ${changed}`)
  const source = sources.get(url.href)
  if (source === undefined) return new Worker(url, options)
  return new Worker(`${withoutArchives}${source}`, {
    ...options,
    eval: true,
    execArgv: ['--input-type=module'],
  })
}

/**
 * Reads the built worker files, each once.
 * @returns the name of the first of them that is missing or not as it was built; null if there is none
 */
export function loadWorkerFiles(urls: readonly URL[]): string | null {
  if (typeof __WORKER_HASHES__ === 'undefined') return null
  for (const url of urls) {
    if (sources.has(url.href)) continue
    const name = basename(fileURLToPath(url))
    const source = readWorkerFile(url, __WORKER_HASHES__[name])
    if (source === null) return name
    sources.set(url.href, source)
  }
  return null
}

/** Null if the file can't be read or its SHA-256 is another one. */
function readWorkerFile(url: URL, sha256: string | undefined): string | null {
  try {
    const bytes = readFileSync(url)
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes.toString() : null
  } catch {
    return null
  }
}
