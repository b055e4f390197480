import { withTimeout } from '../delays.ts'
import type { Timers } from '../environment.ts'

/** A call may never return, even if its folder responds again: as after `umount --lazy` and a new mount. */
const probeEveryMs = 5 * 60_000
/** Of the four threads that make all file calls and DNS lookups of the process, one stays free. */
const maxHungCalls = 3

interface HangingFolder {
  hungCalls: number
  /** When the next call is made for the folder although others hang. */
  probeAtMs: number
}

/**
 * The folders of files whose calls have not returned in time, and not since.
 * @param now time in ms, of any origin
 */
export function createHangingFolders(now: () => number) {
  const folders = new Map<string, HangingFolder>()
  let hungCalls = 0

  function mayCall(hanging: HangingFolder): boolean {
    if (now() < hanging.probeAtMs || hungCalls >= maxHungCalls) return false
    hanging.probeAtMs = now() + probeEveryMs
    return true
  }

  function addHungCall(folder: string, returned: Promise<unknown>): void {
    const hanging = folders.get(folder) ?? { hungCalls: 0, probeAtMs: 0 }
    folders.set(folder, hanging)
    hanging.probeAtMs = now() + probeEveryMs
    hanging.hungCalls += 1
    hungCalls += 1
    void returned.then(() => {
      hungCalls -= 1
      hanging.hungCalls -= 1
      if (hanging.hungCalls === 0) remove(folder, hanging)
    })
  }

  /** The folder may have responded meanwhile, and hang again. */
  function remove(folder: string, hanging: HangingFolder): void {
    if (folders.get(folder) === hanging) folders.delete(folder)
  }

  return {
    isHanging: (folder: string): boolean => folders.has(folder),

    /**
     * The result of calls for files in a folder, or null if none returns for `limitMs`; `responded` starts that time
     * again. While other calls for the folder hang, one is made every five minutes.
     */
    async withFolderTimeout<T>(
      folder: string,
      call: (responded: () => void) => Promise<T>,
      timers: Timers,
      limitMs: number,
    ): Promise<T | null> {
      const hanging = folders.get(folder)
      if (hanging && !mayCall(hanging)) return null
      let responses = 0
      const pending = call(() => void (responses += 1))
      const returned = pending.then(
        () => true,
        () => true,
      )
      let before: number
      let isInTime: boolean
      do {
        before = responses
        isInTime = (await withTimeout(returned, timers, limitMs)) !== null
      } while (!isInTime && responses > before)
      if (isInTime && hanging) remove(folder, hanging)
      if (isInTime) return pending
      addHungCall(folder, returned)
      return null
    },
  }
}

export type HangingFolders = ReturnType<typeof createHangingFolders>

/** Those of this process. */
export const hangingFolders = createHangingFolders(() => performance.now())
