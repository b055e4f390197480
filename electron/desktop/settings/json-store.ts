import Store from 'electron-store'
import { join } from 'node:path'
import type { Log } from '../../platform/environment.ts'
import { renameUnreadableJson } from './unreadable-json.ts'
import type { JsonStore } from '../../platform/settings.ts'

/**
 * A small JSON file in `folder`, written by electron-store (temp name, then renamed). A file that cannot be read as JSON is
 * set aside under another name and never overwritten. A disk that refuses costs what was to be kept, not the app.
 */
export function openJsonStore(name: string, folder: string, log: Log): JsonStore {
  const file = join(folder, `${name}.json`)
  renameUnreadableJson(file, log)
  const store = openStore(name, folder, log)
  let known: Readonly<Record<string, unknown>> = { ...store?.store }
  return {
    read: () => known,
    write(values) {
      known = { ...known, ...values }
      try {
        store?.set(values)
      } catch (error) {
        log.error('a file of settings could not be written', { file, error })
      }
    },
  }
}

function openStore(name: string, folder: string, log: Log): Store<Record<string, unknown>> | null {
  try {
    return new Store({ name, cwd: folder, accessPropertiesByDotNotation: false })
  } catch (error) {
    log.error('a file of settings could not be opened', { name, folder, error })
    return null
  }
}
