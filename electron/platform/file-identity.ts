import type { BigIntStats } from 'node:fs'
import { stat, type FileHandle } from 'node:fs/promises'
import { failure, type Failure } from '../contract/failures.ts'
import { isNotRegularFile, openRegularFile } from './regular-file.ts'

/** Identifies a version of a file: compared before, during and after an upload. */
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

/** The failure for an error of a file operation. */
export function fileFailure(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'ENOENT' || code === 'ENOTDIR') return failure('file-missing', {}, { detail: code })
  if (diskErrorCodes.has(code)) return failure('file-read-trouble', { problem: code }, { detail: code })
  return failure('file-unreadable', {}, { detail: code })
}

/** Errors of the disk or of a file server, as opposed to missing permissions (errno(3)). */
const diskErrorCodes: ReadonlySet<string> = new Set([
  'EIO',
  'ENODEV',
  'ENXIO',
  'ESTALE',
  'ENOTCONN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
])

type OpenedFile =
  { readonly ok: true; readonly handle: FileHandle } | { readonly ok: false; readonly failure: Failure }

/** Opens a file for reading if it is still the version that was queued. */
export async function openSameFile(path: string, expected: FileIdentity): Promise<OpenedFile> {
  let handle: FileHandle | undefined
  try {
    handle = await openRegularFile(path)
    const stats = await handle.stat({ bigint: true })
    if (sameFile(identityOf(stats), expected)) return { ok: true, handle }
    await handle.close()
    return { ok: false, failure: failure('file-changed') }
  } catch (error) {
    await handle?.close().catch(() => {})
    return { ok: false, failure: isNotRegularFile(error) ? failure('file-changed') : fileFailure(error) }
  }
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

/**
 * Returns a failure if the file has changed, else null. The file is not opened, which would be slow for many
 * small files; it is checked again when it is opened for reading.
 */
export async function changeFailure(path: string, expected: FileIdentity): Promise<Failure | null> {
  try {
    const stats = await stat(path, { bigint: true })
    return sameFile(identityOf(stats), expected) ? null : failure('file-changed')
  } catch (error) {
    return fileFailure(error)
  }
}

/** The new identity of a file if only its inode has changed, else null. */
export async function renumberedIdentity(path: string, expected: FileIdentity): Promise<FileIdentity | null> {
  const stats = await stat(path, { bigint: true }).catch(() => null)
  const found = stats && identityOf(stats)
  return found && sameFile({ ...found, inode: expected.inode }, expected) ? found : null
}
