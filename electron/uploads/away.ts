import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Ports } from '../contract/ports.ts'

/** The folders that uploads wait for: on disks that were unplugged, or moved away. */
export interface Away {
  /** From now on `until` is looked for; once it is there, `back` hears of this upload. */
  wait(id: string, until: string): void
  close(): void
}

/** How often a missing folder is looked for, in ms: one stat each. Nothing is looked for while nobody waits. */
const lookEveryMs = 3_000

/**
 * Uploads whose disk is gone wait here, outside the queue. `stillWaits` says whether one still does, since it may have been
 * paused or cancelled meanwhile.
 */
export function createAway(options: {
  readonly isThere: (path: string) => Promise<boolean>
  readonly stillWaits: (id: string) => boolean
  readonly back: (ids: readonly string[]) => void
  readonly ports: Ports
}): Away {
  const { isThere, stillWaits, back, ports } = options
  const waiting = new Map<string, Set<string>>()
  /** Asked and not answered yet: a network folder may not answer for minutes, and the others need not wait for it. */
  const asked = new Set<string>()
  let isClosed = false
  let cancel: (() => void) | null = null

  function schedule(): void {
    if (isClosed || waiting.size === 0) return
    cancel ??= ports.timers.after(lookEveryMs, look)
  }

  function look(): void {
    cancel = null
    for (const [path, ids] of waiting) {
      for (const id of ids) if (!stillWaits(id)) ids.delete(id)
      if (ids.size === 0) waiting.delete(path)
      else if (!asked.has(path)) void lookFor(path)
    }
    schedule()
  }

  async function lookFor(path: string): Promise<void> {
    asked.add(path)
    const found = await isThere(path)
    asked.delete(path)
    if (!found || isClosed) return
    const ids = [...(waiting.get(path) ?? [])].filter(stillWaits)
    waiting.delete(path)
    back(ids)
  }

  return {
    wait(id, until) {
      const ids = waiting.get(until) ?? new Set()
      waiting.set(until, ids.add(id))
      schedule()
    },
    close() {
      isClosed = true
      cancel?.()
    },
  }
}

/** Whether something is at a path, be it out of reach. */
export async function isThere(path: string): Promise<boolean> {
  const why = await whyNot(path)
  return why === null || why === 'EACCES' || why === 'EPERM'
}

/**
 * Where a file that can't be had is missing. `folder` names what the person should bring back, `until` is what to look for;
 * null when its folder is there, so that the file itself was deleted.
 */
export async function findAway(
  path: string,
): Promise<{ readonly folder: string; readonly until: string } | null> {
  const why = await whyNot(path)
  // The path is there, but no answer comes through it: the disk left and its mount stayed.
  if (why !== null && deadMount.has(why)) return { folder: dirname(path), until: path }
  let missing: string | null = null
  for (let folder = dirname(path); !(await isThere(folder)); folder = dirname(folder)) {
    missing = folder
    if (folder === dirname(folder)) break
  }
  return missing === null ? null : { folder: missing, until: missing }
}

/** What Linux, macOS and Windows say of a mount whose disk or server has gone (errno(3), libuv's uv_translate_sys_error). */
const deadMount: ReadonlySet<string> = new Set([
  'EIO',
  'ENODEV',
  'ENXIO',
  'ESTALE',
  'ENOTCONN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
])

async function whyNot(path: string): Promise<string | null> {
  try {
    await stat(path)
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}
