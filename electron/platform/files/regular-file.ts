import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type BigIntStats } from 'node:fs'
import { lstat, open, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { hostLockFile } from './data-folder.ts'

const notRegularFileCode = 'NOT_A_REGULAR_FILE'

/**
 * Without O_NONBLOCK, opening a FIFO waits for a writer and occupies one of the four threads that do all file
 * access and DNS lookups of the process. O_NOCTTY: opening a terminal must not make it the controlling one.
 * Windows has none of these flags, nor O_NOFOLLOW; `|` treats undefined as 0.
 */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/**
 * Another process may hold a lease on the file, as Samba does. With O_NONBLOCK, opening then fails with
 * EAGAIN while the kernel waits up to 45 s for the lease to be returned (fcntl(2), lease-break-time).
 */
const leaseTimeoutMs = 60_000
const leasePollMs = 50

/**
 * Opens a regular file for reading; the only way to open a path that comes from the user, a folder or another
 * file. Rejects with the error of the file system, or with one for which `isNotRegularFile` is true.
 *
 * If `followLinks` is false, a link at the path itself is refused, but not one in place of a folder above it.
 */
export async function openRegularFile(path: string, options: OpenOptions = {}): Promise<FileHandle> {
  return (await openWithStats(path, options)).handle
}

interface OpenOptions {
  readonly followLinks?: boolean
  /** Called again and again while another process holds a lease on the file. */
  readonly onLeased?: (() => void) | undefined
}

/** The same, with what the system says about the opened file. */
export async function openWithStats(
  path: string,
  { followLinks = true, onLeased }: OpenOptions = {},
): Promise<{ readonly handle: FileHandle; readonly stats: BigIntStats }> {
  // Opening some devices has an effect, and Windows has no O_NOFOLLOW.
  refuseHostLock(path)
  refuseUnlessFile(followLinks ? await stat(path) : await lstat(path))
  const flags = followLinks ? openFlags : openFlags | constants.O_NOFOLLOW
  const handle = await openUnleased(path, flags, onLeased)
  try {
    const stats = await handle.stat({ bigint: true })
    // It may have been replaced in the meantime.
    refuseUnlessFile(stats)
    return { handle, stats }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** An open file of which parts are read. */
export interface ReadableFile {
  read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>
  stat(options: { readonly bigint: true }): Promise<BigIntStats>
  close(): Promise<void>
}

/** Longer than a file in memory or on a solid-state drive takes, shorter than a hard disk or a network share, in ms. */
const slowFileMs = 4
/** How many files are read in the thread pool after a slow one. */
const filesInPool = 32
/** More folders are forgotten. */
const maxQuickFolders = 1_000

/**
 * Opens files as `openWithStats` does, without following links, for a thread that only reads parts of many files.
 * Blocking calls take a third less CPU time than Node's thread pool (test/bench/RESULTS.md), but the pool reads
 * several files at once: if a file was slow, it reads the next ones. It also opens the first file of each folder,
 * which may be on a network share that doesn't respond.
 * @param now time in ms, of any origin
 */
export function createFileOpener(now: () => number = () => performance.now()) {
  let leftInPool = 0
  const quickFolders = new Set<string>()
  const closed = (spentMs: number) => {
    if (spentMs > slowFileMs) leftInPool = filesInPool
  }
  async function openInPool(path: string) {
    const fromMs = now()
    const opened = await openWithStats(path, { followLinks: false })
    if (now() - fromMs > slowFileMs) return opened
    if (quickFolders.size >= maxQuickFolders) quickFolders.clear()
    quickFolders.add(dirname(path))
    return opened
  }
  return async (path: string): Promise<{ readonly handle: ReadableFile; readonly stats: BigIntStats }> => {
    const isQuick = leftInPool === 0 && quickFolders.has(dirname(path))
    leftInPool = Math.max(0, leftInPool - 1)
    if (!isQuick) return openInPool(path)
    try {
      return BlockingFile.open(path, now, closed)
    } catch (error) {
      // Another process holds a lease.
      if (errorCode(error) === 'EAGAIN') return openWithStats(path, { followLinks: false })
      throw error
    }
  }
}

/** A file whose calls block the thread. */
class BlockingFile implements ReadableFile {
  readonly #descriptor: number
  readonly #now: () => number
  readonly #closed: (spentMs: number) => void
  #spentMs: number

  private constructor(
    descriptor: number,
    spentMs: number,
    now: () => number,
    closed: (spentMs: number) => void,
  ) {
    this.#descriptor = descriptor
    this.#spentMs = spentMs
    this.#now = now
    this.#closed = closed
  }

  static open(path: string, now: () => number, closed: (spentMs: number) => void) {
    const fromMs = now()
    refuseHostLock(path)
    refuseUnlessFile(lstatSync(path))
    const descriptor = openSync(path, openFlags | constants.O_NOFOLLOW)
    try {
      const stats = fstatSync(descriptor, { bigint: true })
      // It may have been replaced in the meantime.
      refuseUnlessFile(stats)
      return { handle: new BlockingFile(descriptor, now() - fromMs, now, closed), stats }
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }

  async read(into: Buffer, offset: number, length: number, position: number) {
    return { bytesRead: this.#timed(() => readSync(this.#descriptor, into, offset, length, position)) }
  }

  async stat(options: { readonly bigint: true }): Promise<BigIntStats> {
    return this.#timed(() => fstatSync(this.#descriptor, options))
  }

  async close(): Promise<void> {
    this.#closed(this.#spentMs)
    closeSync(this.#descriptor)
  }

  #timed<T>(call: () => T): T {
    const fromMs = this.#now()
    try {
      return call()
    } finally {
      this.#spentMs += this.#now() - fromMs
    }
  }
}

/** Throws the error of opening something else; links are refused where they are not followed. */
function refuseUnlessFile(stats: { isSymbolicLink(): boolean; isFile(): boolean }): void {
  if (stats.isSymbolicLink()) throw Object.assign(new Error('a link'), { code: 'ELOOP' })
  if (!stats.isFile()) throw notRegularFile()
}

/** Closing it would release the lock (host/host-lock.ts). */
function refuseHostLock(path: string): void {
  if (basename(path) === hostLockFile) throw notRegularFile()
}

const notRegularFile = () => Object.assign(new Error('not a regular file'), { code: notRegularFileCode })

/** Whether a file couldn't be opened because it is a folder, FIFO, device or something else. */
export function isNotRegularFile(error: unknown): boolean {
  return errorCode(error) === notRegularFileCode
}

async function openUnleased(path: string, flags: number, onLeased?: () => void): Promise<FileHandle> {
  for (let waitedMs = 0; ; waitedMs += leasePollMs) {
    try {
      return await open(path, flags)
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN' || waitedMs >= leaseTimeoutMs) throw error
      onLeased?.()
      await delay(leasePollMs)
    }
  }
}

/**
 * Reads a whole small file, such as a description or settings. Rejects like `openRegularFile`, and with the
 * code EFBIG if the file is larger than `maxBytes`.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  await using handle = await openRegularFile(path)
  const { size } = await handle.stat()
  if (size > maxBytes) throw Object.assign(new Error('file too large'), { code: 'EFBIG' })
  const bytes = Buffer.allocUnsafe(size)
  return bytes.subarray(0, await readFull(handle, bytes, size, 0))
}

/**
 * Reads until there are `length` bytes or the file ends, since a single read may return less and readers that
 * compare checksums must split the file alike. Returns the number of bytes read, 0 at the end.
 */
export async function readFull(
  handle: Pick<ReadableFile, 'read'>,
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

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null
}
