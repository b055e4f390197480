import { readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAborted, type Aborted } from '../attempt.ts'
import { raceAbort, withTimeout } from '../delays.ts'
import type { Timers } from '../environment.ts'

/** What an upload waits for: a missing folder, or a mount that does not respond. */
export interface MissingVolume {
  readonly path: string
  /**
   * The mount exists, but its disk or server does not respond. Any response ends the wait, even that the file
   * is missing.
   */
  readonly isDead: boolean
}

/** Whether something exists at a path, even if it can't be accessed. */
async function exists(path: string): Promise<boolean> {
  const code = await errorCodeAt(path)
  return code === null || code === 'EACCES' || code === 'EPERM'
}

/**
 * Whether what was missing is back, so that the upload should check its file itself. A mount that responds is
 * back even without the file; an empty folder is a mount point without its volume.
 */
export async function isVolumeBack({ path, isDead }: MissingVolume): Promise<boolean> {
  if (await exists(path)) return true
  const code = isDead ? await errorCodeAt(path) : null
  if (code === null || deadMountCodes.has(code)) return false
  const siblings = await readdir(dirname(path)).catch((error: NodeJS.ErrnoException) => error.code ?? '')
  return typeof siblings === 'string' ? !deadMountCodes.has(siblings) : siblings.length > 0
}

interface MissingFolder {
  /** Shown to the user. */
  readonly folder: string
  /** What to wait for. */
  readonly until: MissingVolume
}

/** A network disk whose server is gone responds after minutes or never, in ms. */
const responseLimitMs = 5_000

/**
 * Where a file is missing: null when its folder exists, so that the file itself was deleted. A mount that doesn't
 * respond counts as dead.
 * @param find the search without a limit, for tests
 */
export async function findMissingVolume(
  path: string,
  { timers, signal }: { readonly timers: Timers; readonly signal: AbortSignal },
  find = searchMissingFolder,
): Promise<MissingFolder | null | Aborted> {
  const search = find(path).then((missing) => ({ missing }))
  const limited = withTimeout(search, timers, responseLimitMs).then((response) => ({ response }))
  const found = await raceAbort(limited, signal)
  if (isAborted(found)) return found
  const folder = dirname(path)
  return found.response ? found.response.missing : { folder, until: { path: folder, isDead: true } }
}

async function searchMissingFolder(path: string): Promise<MissingFolder | null> {
  const code = await errorCodeAt(path)
  // The path exists but does not respond: the disk is gone and its mount is still there.
  if (code !== null && deadMountCodes.has(code))
    return { folder: dirname(path), until: { path, isDead: true } }
  let missing: string | null = null
  for (let folder = dirname(path); !(await exists(folder)); folder = dirname(folder)) {
    missing = folder
    if (folder === dirname(folder)) break
  }
  return missing === null ? null : { folder: missing, until: { path: missing, isDead: false } }
}

/**
 * Error codes of a mount whose disk or server is gone, on Linux, macOS and Windows (errno(3), libuv's
 * uv_translate_sys_error).
 */
export const deadMountCodes: ReadonlySet<string> = new Set([
  'EIO',
  'ENODEV',
  'ENXIO',
  'ESTALE',
  'ENOTCONN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
])

async function errorCodeAt(path: string): Promise<string | null> {
  try {
    await stat(path)
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}
