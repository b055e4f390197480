import Store from 'electron-store'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../contract/ports.ts'
import type { JsonStore } from './settings.ts'

/**
 * A small JSON file in `folder`, written by electron-store (temp name, then renamed). A file that cannot be read as JSON is
 * set aside under another name and never overwritten. A disk that refuses a write costs the write, not the app.
 */
export function openJsonStore(name: string, folder: string, log: Log): JsonStore {
  const file = join(folder, `${name}.json`)
  setAsideUnreadable(file, log)
  const store = new Store<Record<string, unknown>>({
    name,
    cwd: folder,
    accessPropertiesByDotNotation: false,
  })
  let known: Readonly<Record<string, unknown>> = { ...store.store }
  return {
    read: () => known,
    write(values) {
      known = { ...known, ...values }
      try {
        store.set(values)
      } catch (error) {
        log.error('a file of settings could not be written', { file, error })
      }
    },
  }
}

/** Start-up is the one moment at which a synchronous read is allowed: nothing can be shown before it. */
function setAsideUnreadable(file: string, log: Log): void {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    log.warn('a file of settings is unreadable', { file, error })
  }
  const aside = file.replace(/\.json$/, `.unreadable-${Date.now()}.json`)
  renameSync(file, aside)
  log.warn('an unreadable file of settings was set aside', { file, aside })
}
