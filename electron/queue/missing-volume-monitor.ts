import type { Environment } from '../platform/environment.ts'
import type { MissingVolume } from '../platform/files/find-missing-volume.ts'

/** Looks for the folders that uploads wait for: on disks that were unplugged, or moved. */
export interface MissingVolumeMonitor {
  /** Looks for the volume from now on; `back` receives the upload once it is there. */
  wait(id: string, until: MissingVolume): void
  close(): void
}

/** How often a missing folder is checked, in ms: one stat each. */
const checkEveryMs = 3_000

/**
 * Uploads whose volume is missing wait here, outside the queue, unless they were paused or cancelled
 * meanwhile (`isWaiting`).
 */
export function createMissingVolumeMonitor(options: {
  readonly isVolumeBack: (missing: MissingVolume) => Promise<boolean>
  readonly isWaiting: (id: string) => boolean
  readonly back: (ids: readonly string[]) => void
  readonly environment: Environment
}): MissingVolumeMonitor {
  const { isVolumeBack, isWaiting, back, environment } = options
  const waiting = new Map<string, { readonly missing: MissingVolume; readonly ids: Set<string> }>()
  /** Checks in progress: a network folder may take minutes to respond, and the others do not wait for it. */
  const checking = new Set<string>()
  let isClosed = false
  let cancel: (() => void) | null = null

  function schedule(): void {
    if (isClosed || waiting.size === 0) return
    cancel ??= environment.timers.after(checkEveryMs, checkAll)
  }

  function checkAll(): void {
    cancel = null
    for (const [path, { missing, ids }] of waiting) {
      for (const id of ids) if (!isWaiting(id)) ids.delete(id)
      if (ids.size === 0) waiting.delete(path)
      else if (!checking.has(path)) void check(missing)
    }
    schedule()
  }

  async function check(missing: MissingVolume): Promise<void> {
    const { path } = missing
    checking.add(path)
    const found = await isVolumeBack(missing)
    checking.delete(path)
    if (!found || isClosed) return
    const ids = [...(waiting.get(path)?.ids ?? [])].filter(isWaiting)
    waiting.delete(path)
    back(ids)
  }

  return {
    wait(id, until) {
      const ids = waiting.get(until.path)?.ids ?? new Set()
      waiting.set(until.path, { missing: until, ids: ids.add(id) })
      schedule()
    },
    close() {
      isClosed = true
      cancel?.()
    },
  }
}
