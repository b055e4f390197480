import type { Settings } from '../../electron/contract/settings.ts'
import { createSettings, type JsonStore, type SettingsStore } from '../../electron/platform/settings.ts'
import { valueOf } from './engine.ts'

/** A store of named values without a file. */
export function memoryStore(values: Readonly<Record<string, unknown>> = {}): JsonStore {
  let stored = values
  return {
    read: () => stored,
    write(more) {
      stored = { ...stored, ...more }
      return true
    },
  }
}

/** The app's settings without a file. */
export function memorySettings(values: Partial<Settings> = {}): SettingsStore {
  const log = { info() {}, warn() {}, error() {} }
  return valueOf(createSettings({ store: memoryStore(values), serverFromOutside: undefined, log }))
}
