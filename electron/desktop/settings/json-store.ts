import Store from 'electron-store'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../platform/environment.ts'
import { isMissing } from '../../platform/files/path-exists.ts'
import type { JsonStore } from '../../platform/settings.ts'

/**
 * A small JSON file in `folder`, written atomically by electron-store. An unreadable file is renamed, never
 * overwritten. Values that can't be written are written with the next ones; until then the app works with them,
 * but they are lost at its end.
 */
export function openJsonStore(name: string, folder: string, log: Log): JsonStore {
  const file = join(folder, `${name}.json`)
  renameUnreadableJson(file, log)
  const store = openStore(name, folder, log)
  let values: Readonly<Record<string, unknown>> = { ...store?.store }
  let unwritten: Readonly<Record<string, unknown>> = {}
  return {
    read: () => values,
    write(changed) {
      values = { ...values, ...changed }
      unwritten = { ...unwritten, ...changed }
      if (store === null) return false
      try {
        store.set(unwritten)
        unwritten = {}
        return true
      } catch (error) {
        log.error('a settings file could not be written', { file, error })
        return false
      }
    },
  }
}

function openStore(name: string, folder: string, log: Log): Store<Record<string, unknown>> | null {
  try {
    return new Store({ name, cwd: folder, accessPropertiesByDotNotation: false, configFileMode: 0o600 })
  } catch (error) {
    log.error('a settings file could not be opened', { name, folder, error })
    return null
  }
}

/**
 * Renames a file that contains no JSON object, so that the next write does not overwrite it; a missing file
 * is fine. Synchronous, since the app needs the settings before it can show anything.
 */
export function renameUnreadableJson(file: string, log: Log): void {
  let reason: unknown = 'not a JSON object'
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  } catch (error) {
    if (isMissing(error)) return
    reason = error
  }
  const renamedFile = file.replace(/\.json$/, `.unreadable-${Date.now()}.json`)
  try {
    renameSync(file, renamedFile)
    log.warn('an unreadable settings file was renamed', { file, renamedFile, reason })
  } catch (error) {
    log.error('an unreadable settings file could not be renamed', { file, error, reason })
  }
}
