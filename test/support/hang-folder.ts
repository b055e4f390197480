import { dirname } from 'node:path'
import { onTestFinished } from 'vitest'
import { hangingFolders } from '../../electron/platform/files/hanging-folders.ts'
import { standingClock } from './hand-clock.ts'

/** Has a call for this file hang until the returned function is called: its disk does not respond. */
export async function hangFolderOf(path: string): Promise<() => void> {
  const clock = standingClock()
  const call = Promise.withResolvers<string>()
  const hanging = hangingFolders.withFolderTimeout(dirname(path), () => call.promise, clock.timers, 1_000)
  clock.advance(1_000)
  await hanging
  const end = () => call.resolve('returned')
  onTestFinished(end)
  return end
}
