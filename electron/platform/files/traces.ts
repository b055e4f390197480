import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../environment.ts'

/** The log and its older files (log.ts). */
const logFile = /^modelferry(?:\.\d+)?\.log$/
/** What the window remembers between starts, and copies that could not be read (desktop/settings). */
const windowFile = 'window.json'
const unreadableWindowFile = /^window\.unreadable-\d+\.json$/

/**
 * Deletes what the data folder has of an account besides the journal: the log files, which may name paths and
 * accounts, and the last folder of the file dialog.
 */
export async function eraseTraces(
  folder: string,
  logFolders: readonly string[],
  log: Pick<Log, 'warn'>,
): Promise<void> {
  try {
    for (const logFolder of logFolders) await removeFiles(logFolder, logFile)
    await removeFiles(folder, unreadableWindowFile)
    await forgetLastFolder(join(folder, windowFile))
  } catch (error) {
    log.warn('traces of an account could not be erased', { error: String(error) })
  }
}

async function removeFiles(folder: string, pattern: RegExp): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((one) => pattern.test(one))) await rm(join(folder, name), { force: true })
}

async function forgetLastFolder(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null || !text.includes('lastFolder')) return
  const { lastFolder: _forgotten, ...others } = JSON.parse(text) as Record<string, unknown>
  await writeFile(file, JSON.stringify(others, null, '\t'), { mode: 0o600 })
}
