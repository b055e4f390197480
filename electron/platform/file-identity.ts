import type { BigIntStats } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { failure, type Failure } from '../contract/failures.ts'

/** What makes a file the same file: compared before, during and after an upload. Times in ns, as the disk keeps them. */
export interface FileIdentity {
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  readonly inode: bigint
}

export function identityOf(stats: BigIntStats): FileIdentity {
  return { sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs, inode: stats.ino }
}

export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs && a.inode === b.inode
}

/** What kept a file from being read, in the words of the failure table. */
export function fileFailure(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'ENOENT' || code === 'ENOTDIR') return failure('file-missing', {}, { detail: code })
  if (ofTheDisk.has(code)) return failure('file-read-trouble', { problem: code }, { detail: code })
  return failure('file-unreadable', {}, { detail: code })
}

/** The disk's own trouble, or that of the server whose folder it is, as against a file that may not be read (errno(3)). */
const ofTheDisk: ReadonlySet<string> = new Set([
  'EIO',
  'ENODEV',
  'ENXIO',
  'ESTALE',
  'ENOTCONN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
])

export type OpenedFile =
  { readonly ok: true; readonly handle: FileHandle } | { readonly ok: false; readonly failure: Failure }

/** Opens a file for reading and refuses it unless it is still the file that was queued. */
export async function openSameFile(path: string, expected: FileIdentity): Promise<OpenedFile> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    const stats = await handle.stat({ bigint: true })
    if (sameFile(identityOf(stats), expected)) return { ok: true, handle }
    await handle.close()
    return { ok: false, failure: failure('file-changed') }
  } catch (error) {
    await handle?.close().catch(() => {})
    return { ok: false, failure: fileFailure(error) }
  }
}

/** A disk that opens no file within this time hangs, in ms. */
const openWithinMs = 30_000

/** The same, given up once `signal` aborts (then null) or the disk hangs: an open of a network disk may never end. */
export async function openWithTimeout(
  { path, identity }: { readonly path: string; readonly identity: FileIdentity },
  signal: AbortSignal,
  withinMs = openWithinMs,
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
  // One that comes after all is nobody's.
  if (first === null || !first.ok)
    void opening.then((late) => void (late.ok && late.handle.close().catch(() => {})))
  return first
}

/** The trouble of a disk from which nothing comes any more. */
export const diskTimeoutFailure = (): Failure =>
  fileFailure(Object.assign(new Error(), { code: 'ETIMEDOUT' }))

/**
 * The failure of a file that is no longer what it was, or null when it is. It is not opened for that: whoever reads it opens it
 * anyway and looks again, and of two hundred small files that is much of what they cost.
 */
export async function changeFailure(path: string, expected: FileIdentity): Promise<Failure | null> {
  try {
    const stats = await stat(path, { bigint: true })
    return sameFile(identityOf(stats), expected) ? null : failure('file-changed')
  } catch (error) {
    return fileFailure(error)
  }
}

/** The new identity of a file of which only the inode differs from what is expected, or null. */
export async function renumberedIdentity(path: string, expected: FileIdentity): Promise<FileIdentity | null> {
  const stats = await stat(path, { bigint: true }).catch(() => null)
  const found = stats && identityOf(stats)
  return found && sameFile({ ...found, inode: expected.inode }, expected) ? found : null
}

/**
 * Reads until `length` bytes are there or the file ends: two readers that compare checksums must cut the file alike, and a
 * single read may bring less. Answers how many bytes were read, 0 at the end.
 */
export async function readFull(
  handle: Pick<FileHandle, 'read'>,
  into: Buffer,
  length: number,
  position: number,
): Promise<number> {
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(into, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
