import { readFileSync, renameSync } from 'node:fs'
import type { Log } from '../../platform/environment.ts'

/**
 * Renames a JSON file that holds no JSON object, so that whoever writes it next overwrites nothing; a missing file is fine.
 * Synchronous, since start-up can show nothing before it knows the settings.
 */
export function renameUnreadableJson(file: string, log: Log): void {
  let trouble: unknown = 'it holds no object'
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    trouble = error
  }
  const aside = file.replace(/\.json$/, `.unreadable-${Date.now()}.json`)
  try {
    renameSync(file, aside)
    log.warn('an unreadable file of settings was set aside', { file, aside, trouble })
  } catch (error) {
    log.error('an unreadable file of settings could not be set aside', { file, error, trouble })
  }
}
