import { readFileSync, renameSync } from 'node:fs'
import type { Log } from '../../platform/environment.ts'
import { isMissing } from '../../platform/files/path-exists.ts'

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
