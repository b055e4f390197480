import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../environment.ts'
import { isMissing } from './path-exists.ts'

/** The log and its older files (log.ts). */
const logFile = /^modelferry(?:\.\d+)?\.log$/
/** What the window remembers between starts (desktop/settings). */
const windowFile = 'window.json'
/** Copies that could not be read, and what an interrupted write has left (electron-store writes atomically). */
const otherWindowFile = /^window\.(?:unreadable-\d+\.json|json\.tmp-.+)$/

/**
 * Deletes what the data folder has of an account besides the journal: the log files, which may name paths and
 * accounts, and the last folder of the file dialog. Returns whether nothing is left; each is tried in any case.
 */
export async function eraseTraces(
  folder: string,
  logFolders: readonly string[],
  log: Pick<Log, 'warn'>,
): Promise<boolean> {
  const results = await Promise.allSettled([
    forgetLastFolder(join(folder, windowFile)),
    removeFiles(folder, otherWindowFile),
    ...logFolders.map((logFolder) => removeFiles(logFolder, logFile)),
  ])
  const failures = results.filter((result) => result.status === 'rejected')
  for (const { reason } of failures)
    log.warn('traces of an account could not be erased', { error: String(reason) })
  return failures.length === 0
}

async function removeFiles(folder: string, pattern: RegExp): Promise<void> {
  const names = await ifPresent(readdir(folder))
  for (const name of names ?? []) if (pattern.test(name)) await rm(join(folder, name), { force: true })
}

async function forgetLastFolder(file: string): Promise<void> {
  const text = await ifPresent(readFile(file, 'utf8'))
  if (!text?.includes('lastFolder')) return
  const stored = parseObject(text)
  // A damaged file can only be deleted.
  if (!stored) return rm(file, { force: true })
  const { lastFolder: _forgotten, ...others } = stored
  await writeFile(file, JSON.stringify(others, null, '\t'), { mode: 0o600 })
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return null
  }
}

/** What was read; null if there is nothing at the path. */
async function ifPresent<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}
