import { readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import { isAborted, type Aborted } from '../aborted.ts'
import { raceAbort } from '../delays.ts'
import type { Timers } from '../environment.ts'
import { realTimers } from '../system-environment.ts'
import { hangingFolders, type HangingFolders } from './hanging-folders.ts'

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
  return code === null || isAccessRefused(code)
}

const isAccessRefused = (code: string) => code === 'EACCES' || code === 'EPERM'

/** What `isVolumeBack` depends on; tests replace it. */
interface Disk {
  /** The error code of what is at a path, or null. */
  readonly codeAt: (path: string) => Promise<string | null>
  readonly list: (folder: string) => Promise<readonly string[]>
  readonly platform: NodeJS.Platform
  readonly timers: Timers
  readonly folders: HangingFolders
}

const realDisk: Disk = {
  codeAt: errorCodeAt,
  list: readdir,
  platform: process.platform,
  timers: realTimers,
  folders: hangingFolders,
}

/** Windows waits about 20 s for a share that is gone, in ms. */
const checkLimitMs = 30_000

/**
 * Whether what was missing is back, so that the upload should check its file itself. A mount that responds is
 * back even without the file; an empty folder is a mount point without its volume.
 */
export async function isVolumeBack(missing: MissingVolume, disk: Partial<Disk> = {}): Promise<boolean> {
  const { path } = missing
  const used = { ...realDisk, ...disk }
  const { folders, timers } = used
  // Waits for a file, or for a folder in which calls hang.
  const folder = folders.isHanging(path) ? path : dirname(path)
  const check = () => hasResponded(missing, used)
  return (await folders.withFolderTimeout(folder, check, timers, checkLimitMs)) ?? false
}

async function hasResponded(
  { path, isDead }: MissingVolume,
  { codeAt, list, platform }: Disk,
): Promise<boolean> {
  const code = await codeAt(path)
  if (code === null || isAccessRefused(code)) return true
  if (!isDead || isDiskErrorCode(code, platform)) return false
  const siblings = await list(dirname(path)).catch((error: NodeJS.ErrnoException) => error.code ?? '')
  return typeof siblings === 'string' ? !isDiskErrorCode(siblings, platform) : siblings.length > 0
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
  const search = () => find(path).then((missing) => ({ missing }))
  const folder = dirname(path)
  const limited = hangingFolders.withFolderTimeout(folder, search, timers, responseLimitMs)
  const found = await raceAbort(
    limited.then((response) => ({ response })),
    signal,
  )
  if (isAborted(found)) return found
  return found.response ? found.response.missing : { folder, until: { path: folder, isDead: true } }
}

async function searchMissingFolder(path: string): Promise<MissingFolder | null> {
  const code = await errorCodeAt(path)
  // The path exists but does not respond: the disk is gone and its mount is still there.
  if (code !== null && isDiskErrorCode(code)) return { folder: dirname(path), until: { path, isDead: true } }
  let missing: string | null = null
  for (let folder = dirname(path); !(await exists(folder)); folder = dirname(folder)) {
    missing = folder
    if (folder === dirname(folder)) break
  }
  return missing === null ? null : { folder: missing, until: { path: missing, isDead: false } }
}

/**
 * Error codes of a mount whose disk or server is gone (errno(3)). Windows uses those of a lost connection for
 * shares (uv_translate_sys_error in libuv's src/win/error.c), Linux ECONNABORTED for a FUSE mount that was aborted.
 */
const deadMountCodes: ReadonlySet<string> = new Set([
  'EIO',
  'ENODEV',
  'ENXIO',
  'ESTALE',
  'ENOTCONN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ECONNRESET',
  'ECONNABORTED',
  'ESHUTDOWN',
  'ETIMEDOUT',
])

/**
 * Whether an error code is of a disk or file server that is gone. For most errors of Windows about unplugged disks and
 * unreachable shares, Node has no other code than UNKNOWN.
 */
export function isDiskErrorCode(code: string, platform = process.platform): boolean {
  return deadMountCodes.has(code) || (code === 'UNKNOWN' && platform === 'win32')
}

async function errorCodeAt(path: string): Promise<string | null> {
  try {
    await stat(path)
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}
