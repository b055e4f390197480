import Store from 'electron-store'
import { join } from 'node:path'
import type { Log } from '../../platform/environment.ts'
import { renameUnreadableJson } from './unreadable-json.ts'
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
