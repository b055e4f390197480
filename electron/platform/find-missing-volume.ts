import { readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What an upload waits for: a folder that is missing, or a mount through which no answer comes. */
export interface MissingVolume {
  readonly path: string
  /**
   * The mount is there and its disk or server is not: any answer from it will do, also that the file is gone.
   */
  readonly isDead: boolean
}

/** Whether something is at a path, be it out of reach. */
async function isThere(path: string): Promise<boolean> {
  const why = await whyNot(path)
  return why === null || why === 'EACCES' || why === 'EPERM'
}

/**
 * Whether what was missing is back, so that the upload had better look for itself. A mount that answers is
 * back even without the file, which is then missing; an empty folder is a place for a mount and no answer.
 */
export async function isVolumeBack({ path, isDead }: MissingVolume): Promise<boolean> {
  if (await isThere(path)) return true
  const why = isDead ? await whyNot(path) : null
  if (why === null || deadMount.has(why)) return false
  const beside = await readdir(dirname(path)).catch((error: NodeJS.ErrnoException) => error.code ?? '')
  return typeof beside === 'string' ? !deadMount.has(beside) : beside.length > 0
}

/**
 * Where a file that can't be had is missing. `folder` names what the person should bring back, `until` is
 * what to look for; null when its folder is there, so that the file itself was deleted.
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

/**
 * What Linux, macOS and Windows say of a mount whose disk or server has gone (errno(3), libuv's
 * uv_translate_sys_error).
 */
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
