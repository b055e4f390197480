import { dirname } from 'node:path'
import { withTimeout } from '../delays.ts'
import type { Timers } from '../environment.ts'

/** Folders of files whose calls have not returned in time, and not since. */
const hangingFolders = new Set<string>()

export const isHanging = (folder: string): boolean => hangingFolders.has(folder)

/**
 * The result of calls for a file within `limitMs`, or null. While calls for a file in the same folder hang, none are
 * made: each occupies one of the four threads that make all file calls and DNS lookups of the process.
 */
export async function withFileTimeout<T>(
  path: string,
  call: () => Promise<T>,
  timers: Timers,
  limitMs: number,
): Promise<T | null> {
  const folder = dirname(path)
  if (hangingFolders.has(folder)) return null
  const pending = call()
  const result = await withTimeout(pending, timers, limitMs)
  if (result === null) {
    hangingFolders.add(folder)
    const returned = () => void hangingFolders.delete(folder)
    void pending.then(returned, returned)
  }
  return result
}
