import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { openRegularFile } from '../../platform/files/regular-file.ts'
import { hasDownloadBeside } from '../../recognition/sidecars.ts'

export interface FileState {
  readonly sizeBytes: number
  readonly mtimeMs: number
}

/** A new file that may still be written to. */
export interface PendingFile extends FileState {
  /** When the current state was first seen. */
  readonly unchangedSinceMs: number
}

/**
 * Copies stall for a second or two; slower downloads leave a marker file beside the model.
 */
export const stableAfterMs = 10_000

/**
 * FAT rounds times to two seconds, and shifts them by whole quarter hours with the time zone or daylight
 * saving.
 */
const roundingMs = 2_000
const quarterHourMs = 15 * 60_000
const dayMs = 24 * 60 * 60_000

/** The current state of a file; null if it is missing or not a file. */
export async function readFileState(path: string): Promise<FileState | null> {
  try {
    const stats = await stat(path)
    return stats.isFile() ? { sizeBytes: stats.size, mtimeMs: stats.mtimeMs } : null
  } catch {
    return null
  }
}

/**
 * Whether two states belong to the same content, allowing for the imprecise times of FAT. Times that FAT
 * can't store are exact: a file may be replaced by one of the same size after just a quarter of an hour.
 */
export function isSameState(one: FileState, other: FileState): boolean {
  if (one.sizeBytes !== other.sizeBytes) return false
  if (one.mtimeMs % roundingMs !== 0 || other.mtimeMs % roundingMs !== 0) return one.mtimeMs === other.mtimeMs
  const differenceMs = Math.abs(one.mtimeMs - other.mtimeMs)
  const remainderMs = differenceMs % quarterHourMs
  return differenceMs <= dayMs && Math.min(remainderMs, quarterHourMs - remainderMs) <= roundingMs
}

/**
 * Compares a new file with its previous state. It is stable if it has been unchanged long enough and isn't
 * empty.
 */
export function checkStability(
  previous: PendingFile | undefined,
  state: FileState,
  nowMs: number,
): { readonly pending: PendingFile; readonly isStable: boolean } {
  const isUnchanged =
    previous?.sizeBytes === state.sizeBytes &&
    previous.mtimeMs === state.mtimeMs &&
    // Otherwise the clock was set back, by hours perhaps.
    previous.unchangedSinceMs <= nowMs
  const pending = isUnchanged ? previous : { ...state, unchangedSinceMs: nowMs }
  return { pending, isStable: state.sizeBytes > 0 && nowMs - pending.unchangedSinceMs >= stableAfterMs }
}

/** Identifies a folder on its disk. */
export type FolderIdentity = Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs'>

/** `missing` is also what isn't a folder; `unreadable` exists. */
export async function identifyFolder(folder: string): Promise<FolderIdentity | 'missing' | 'unreadable'> {
  try {
    const stats = await stat(folder, { bigint: true })
    const { dev, ino, birthtimeNs } = stats
    return stats.isDirectory() ? { dev, ino, birthtimeNs } : 'missing'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable'
  }
}

/**
 * What systems report for the root of a FAT disk, which has no time of creation, in seconds: at most the epoch of DOS
 * in any time zone (msdosfs), and on Windows what libuv makes of 1601 (github.com/libuv/libuv/issues/3142).
 */
const latestDosEpochS = 347_241_600n
const year1601OnWindowsS = 1_240_428_288n

/**
 * The part of an identity that another folder never has, and that stays the same when the disk is mounted again. Null
 * without a time of creation: the roots of many disks have the same inode.
 */
export function lastingIdOf(
  { dev, ino, birthtimeNs }: FolderIdentity,
  platform: NodeJS.Platform = process.platform,
): string | null {
  const createdS = birthtimeNs / 1_000_000_000n
  if (createdS <= latestDosEpochS || createdS === year1601OnWindowsS) return null
  // On Windows the device is the serial number of the volume; elsewhere it may be another one at each mount.
  return platform === 'win32' ? `${dev} ${ino} ${birthtimeNs}` : `${ino} ${birthtimeNs}`
}

/** Whether a file can be opened (it isn't locked) and no download manager has a marker file beside it. */
export async function isFinishedFile(path: string): Promise<boolean> {
  try {
    await (await openRegularFile(path)).close()
  } catch {
    return false
  }
  return !(await hasDownloadBeside(path))
}
