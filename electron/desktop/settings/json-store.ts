import { writeFileSync } from 'atomically'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../platform/environment.ts'
import { isMissing } from '../../platform/files/path-exists.ts'
import type { JsonStore } from '../../platform/settings.ts'

type Values = Readonly<Record<string, unknown>>

/**
 * A small JSON file in `folder`, written atomically. A file that contains no JSON object is renamed, never
 * overwritten. If writing fails the values are lost at the end of the session, but the app works.
 */
export function openJsonStore(name: string, folder: string, log: Log): JsonStore {
  const file = join(folder, `${name}.json`)
  const stored = readValues(file, log)
  let values = stored ?? {}
  return {
    read: () => values,
    write(changed) {
      values = { ...values, ...changed }
      if (!stored) return
      try {
        writeFileSync(file, JSON.stringify(values, null, '\t'), { mode: 0o600 })
      } catch (error) {
        log.error('a settings file could not be written', { file, error })
      }
    },
  }
}

/**
 * Null if the file is unreadable and could not be renamed. Synchronous, since the app needs the settings before
 * it can show anything.
 */
function readValues(file: string, log: Log): Values | null {
  let reason: unknown = 'not a JSON object'
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (isObject(value)) return value
  } catch (error) {
    if (isMissing(error)) return {}
    reason = error
  }
  const renamedFile = file.replace(/\.json$/, `.unreadable-${Date.now()}.json`)
  try {
    renameSync(file, renamedFile)
    log.warn('an unreadable settings file was renamed', { file, renamedFile, reason })
    return {}
  } catch (error) {
    log.error('an unreadable settings file could not be renamed', { file, error, reason })
    return null
  }
}

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
