import { readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Environment } from '../platform/environment.ts'

/** What an upload waits for: a folder that is missing, or a mount through which no answer comes. */
export interface MissingVolume {
  readonly path: string
  /** The mount is there and its disk or server is not: any answer from it will do, also that the file is gone. */
  readonly isDead: boolean
}

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
  const { isVolumeBack: isBack, stillWaits, back, environment } = options
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
    const found = await isBack(missing)
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

/** Whether something is at a path, be it out of reach. */
async function isThere(path: string): Promise<boolean> {
  const why = await whyNot(path)
  return why === null || why === 'EACCES' || why === 'EPERM'
}

/**
 * Whether what was missing is back, so that the upload had better look for itself. A mount that answers is back even without
 * the file, which is then missing; an empty folder is a place for a mount and no answer.
 */
export async function isBack({ path, isDead }: MissingVolume): Promise<boolean> {
  if (await isThere(path)) return true
  const why = isDead ? await whyNot(path) : null
  if (why === null || deadMount.has(why)) return false
  const beside = await readdir(dirname(path)).catch((error: NodeJS.ErrnoException) => error.code ?? '')
  return typeof beside === 'string' ? !deadMount.has(beside) : beside.length > 0
}

/**
 * Where a file that can't be had is missing. `folder` names what the person should bring back, `until` is what to look for;
 * null when its folder is there, so that the file itself was deleted.
 */
export async function findMissingVolume(
  path: string,
): Promise<{ readonly folder: string; readonly until: MissingVolume } | null> {
  const why = await whyNot(path)
  // The path is there, but no answer comes through it: the disk left and its mount stayed.
  if (why !== null && deadMount.has(why)) return { folder: dirname(path), until: { path, isDead: true } }
  let missing: string | null = null
  for (let folder = dirname(path); !(await isThere(folder)); folder = dirname(folder)) {
    missing = folder
    if (folder === dirname(folder)) break
  }
  return missing === null ? null : { folder: missing, until: { path: missing, isDead: false } }
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
