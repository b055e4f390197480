import Store from 'electron-store'
import { join } from 'node:path'
import type { Log } from '../../platform/environment.ts'
import { renameUnreadableJson } from './unreadable-json.ts'
import type { JsonStore } from '../../platform/settings.ts'

/**
 * A small JSON file in `folder`, written atomically by electron-store. An unreadable file is renamed, never
 * overwritten. If writing fails the values are lost at the end of the session, but the app works.
 */
export function openJsonStore(name: string, folder: string, log: Log): JsonStore {
  const file = join(folder, `${name}.json`)
  renameUnreadableJson(file, log)
  const store = openStore(name, folder, log)
  let values: Readonly<Record<string, unknown>> = { ...store?.store }
  return {
    read: () => values,
    write(changed) {
      values = { ...values, ...changed }
      try {
        store?.set(changed)
      } catch (error) {
        log.error('a settings file could not be written', { file, error })
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
