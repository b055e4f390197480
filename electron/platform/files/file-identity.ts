import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { lstat, type FileHandle } from 'node:fs/promises'
import process from 'node:process'
import { failed, failure, success, type Failure, type Result } from '../../contract/failures.ts'
import { createBufferPool } from './buffer-pool.ts'
import { isDiskErrorCode } from './find-missing-volume.ts'
import { isNotRegularFile, openWithStats, readFull, type ReadableFile } from './regular-file.ts'

/** Identifies a version of a file: compared before, during and after an upload. */
export interface FileIdentity {
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  /** 0 on some network file systems. */
  readonly inode: bigint
  /** Absent from records of older versions and from cached hashes. */
  readonly device?: bigint
  /**
   * Unlike mtime, programs can't set it back, but renaming, linking and new permissions change it too. Absent from
   * records and hashes of older versions.
   */
  readonly ctimeNs?: bigint
  /** `readSample` of the file when it was inspected; absent from records of older versions. */
  readonly sample?: string
}

export function identityOf(stats: BigIntStats): FileIdentity {
  const { size, mtimeNs, ctimeNs, ino: inode, dev: device } = stats
  return { sizeBytes: Number(size), mtimeNs, ctimeNs, inode, device }
}

export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  const hasSameTime = a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs
  const isSameDevice = a.device === undefined || b.device === undefined || a.device === b.device
  return hasSameTime && a.inode === b.inode && isSameDevice
}

/** Whether nothing was written into the same file in between. */
export function isUntouched(a: FileIdentity, b: FileIdentity): boolean {
  return sameFile(a, b) && !hasOtherCtime(a, b)
}

export function hasOtherCtime(a: FileIdentity, b: FileIdentity): boolean {
  return a.ctimeNs !== undefined && b.ctimeNs !== undefined && a.ctimeNs !== b.ctimeNs
}

/**
 * Whether two identities can be of the same bytes. Some file systems assign new inodes at each mount, and
 * devices may get new numbers at each start of the computer.
 */
export function mayHaveSameBytes(a: FileIdentity, b: FileIdentity): boolean {
  const hasSameTime = a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs
  return hasSameTime && !hasOtherSample(a, b)
}

/** Whether the samples of two files show that their bytes differ, without looking at the files. */
export function hasOtherSample(a: FileIdentity, b: FileIdentity): boolean {
  return a.sample !== undefined && b.sample !== undefined && a.sample !== b.sample
}

/** Bytes read at each of the three positions: different models almost always differ within them. */
const sampleBytes = 64 * 1024
const sampleBuffers = createBufferPool(sampleBytes)

/**
 * A digest of a file's start, middle and end. Models of one architecture often share their header, but not
 * their weights. `head` are bytes from the start that were read before; they are not read again.
 */
export async function readSample(
  file: Pick<ReadableFile, 'read'>,
  sizeBytes: number,
  head: Buffer = Buffer.alloc(0),
): Promise<string> {
  const digest = createHash('sha256')
  const last = sizeBytes - sampleBytes
  // Once is enough for a small file.
  const positions = last <= 0 ? [0] : [0, Math.floor(sizeBytes / 2), last]
  await sampleBuffers.use(async (buffer) => {
    for (const start of positions) {
      const end = Math.min(start + sampleBytes, sizeBytes)
      if (head.length > 0 && end <= head.length) digest.update(head.subarray(start, end))
      else digest.update(buffer.subarray(0, await readFull(file, buffer, sampleBytes, start)))
    }
  })
  return digest.digest('base64')
}

/** The failure for an error of a file operation: of the disk or a file server, as opposed to missing permissions. */
export function fileFailure(error: unknown, platform = process.platform): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'ENOENT' || code === 'ENOTDIR') return failure('file-missing', {}, { detail: code })
  if (isDiskErrorCode(code, platform))
    return failure('file-read-trouble', { problem: code }, { detail: code })
  return failure('file-unreadable', {}, { detail: code })
}

type OpenedFile =
  | { readonly ok: true; readonly handle: FileHandle }
  | { readonly ok: false; readonly failure: Failure }

/**
 * Opens a file for reading if it is still the version that was queued. Its path had no links then, so a link
 * in its place is another file.
 */
export async function openSameFile(path: string, expected: FileIdentity): Promise<OpenedFile> {
  let handle: FileHandle | undefined
  try {
    const opened = await openWithStats(path, { followLinks: false })
    handle = opened.handle
    if (sameFile(identityOf(opened.stats), expected)) return { ok: true, handle }
    await handle.close()
    return { ok: false, failure: failure('file-changed') }
  } catch (error) {
    await handle?.close().catch(() => {})
    return failed(await openingFailure(path, error))
  }
}

/** The failure of opening a file that was a regular one, at a path without links, when it was queued. */
async function openingFailure(path: string, error: unknown): Promise<Failure> {
  const isOther = isNotRegularFile(error) || (await isLink(path))
  return isOther ? failure('file-changed') : fileFailure(error)
}

/** Whether there is a link at a path. */
export function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  )
}

/** A disk that opens no file within this time counts as unresponsive. */
const openTimeoutMs = 30_000

/**
 * Like `openSameFile`, but ends on abort (null) or timeout, since opening a file on a network disk may never
 * end.
 */
export async function openWithTimeout(
  { path, identity }: { readonly path: string; readonly identity: FileIdentity },
  signal: AbortSignal,
  withinMs = openTimeoutMs,
): Promise<OpenedFile | null> {
  if (signal.aborted) return null
  const over = Promise.withResolvers<OpenedFile | null>()
  const stop = () => over.resolve(null)
  const timer = setTimeout(() => over.resolve({ ok: false, failure: diskTimeoutFailure() }), withinMs)
  signal.addEventListener('abort', stop, { once: true })
  const opening = openSameFile(path, identity)
  const first = await Promise.race([opening, over.promise])
  clearTimeout(timer)
  signal.removeEventListener('abort', stop)
  // A file that is opened later is not used any more.
  if (first === null || !first.ok)
    void opening.then((late) => void (late.ok && late.handle.close().catch(() => {})))
  return first
}

/** The failure of a disk that does not respond. */
export const diskTimeoutFailure = (): Failure =>
  fileFailure(Object.assign(new Error(), { code: 'ETIMEDOUT' }))

export const isDiskTimeout = ({ code, params }: Failure): boolean =>
  code === 'file-read-trouble' && params['problem'] === 'ETIMEDOUT'

/**
 * The identity of what is at a path, without a sample. The file is not opened, which would be slow for many small
 * files; it is compared again when it is opened for reading.
 */
export async function identityAt(path: string): Promise<Result<FileIdentity>> {
  try {
    return success(identityOf(await lstat(path, { bigint: true })))
  } catch (error) {
    return failed(fileFailure(error))
  }
}

/**
 * The file's identity with its current inode and device. Fails with `file-changed` only if its size, time or sample is another
 * one, since what was sent is discarded then; a disk that is waking often fails to read at first.
 * @param onLeased called again and again while another process holds a lease on the file
 */
export async function identityBySample(
  path: string,
  expected: FileIdentity,
  onLeased?: () => void,
): Promise<Result<FileIdentity>> {
  let handle: FileHandle | undefined
  try {
    const opened = await openWithStats(path, { followLinks: false, onLeased })
    handle = opened.handle
    const { ino: inode, dev: device } = opened.stats
    if (!mayHaveSameBytes(identityOf(opened.stats), expected)) return failed(failure('file-changed'))
    const sample = await readSample(handle, expected.sizeBytes)
    const found = { ...expected, inode, device, sample }
    return hasOtherSample(found, expected) ? failed(failure('file-changed')) : success(found)
  } catch (error) {
    return failed(await openingFailure(path, error))
  } finally {
    await handle?.close().catch(() => {})
  }
}
