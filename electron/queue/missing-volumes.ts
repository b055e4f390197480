import type { Environment } from '../platform/environment.ts'
import type { MissingVolume } from '../platform/missing-volume.ts'

/** The folders that uploads wait for: on disks that were unplugged, or moved away. */
export interface MissingVolumeMonitor {
  /** From now on it is looked for; once it is there, `back` hears of this upload. */
  wait(id: string, until: MissingVolume): void
  close(): void
}

/** How often a missing folder is looked for, in ms: one stat each. Nothing is looked for while nobody waits. */
const lookEveryMs = 3_000

/**
 * Uploads whose disk is gone wait here, outside the queue. `stillWaits` says whether one still does, since it may have been
 * paused or cancelled meanwhile.
 */
export function createMissingVolumeMonitor(options: {
  readonly isVolumeBack: (missing: MissingVolume) => Promise<boolean>
  readonly stillWaits: (id: string) => boolean
  readonly back: (ids: readonly string[]) => void
  readonly environment: Environment
}): MissingVolumeMonitor {
  const { isVolumeBack, stillWaits, back, environment } = options
  const waiting = new Map<string, { readonly missing: MissingVolume; readonly ids: Set<string> }>()
  /** Asked and not answered yet: a network folder may not answer for minutes, and the others need not wait for it. */
  const asked = new Set<string>()
  let isClosed = false
  let cancel: (() => void) | null = null

  function schedule(): void {
    if (isClosed || waiting.size === 0) return
    cancel ??= environment.timers.after(lookEveryMs, look)
  }

  function look(): void {
    cancel = null
    for (const [path, { missing, ids }] of waiting) {
      for (const id of ids) if (!stillWaits(id)) ids.delete(id)
      if (ids.size === 0) waiting.delete(path)
      else if (!asked.has(path)) void lookFor(missing)
    }
    schedule()
  }

  async function lookFor(missing: MissingVolume): Promise<void> {
    const { path } = missing
    asked.add(path)
    const found = await isVolumeBack(missing)
    asked.delete(path)
    if (!found || isClosed) return
    const ids = [...(waiting.get(path)?.ids ?? [])].filter(stillWaits)
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
