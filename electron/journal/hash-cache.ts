import type { DatabaseSync } from 'node:sqlite'
import type { Environment } from '../platform/environment.ts'
import { isUntouched, type FileIdentity } from '../platform/files/file-identity.ts'
import { createWrite } from './journal-write.ts'

/** About 6 MB in the journal. Beyond this the hashes that were not used for longest are dropped. */
const maxHashes = 20_000
/** Looking for hashes beyond the limit reads the whole index, so it is exceeded by this share in between. */
const excessShare = 0.01

/** A file and its identity at the time it was hashed. */
export interface HashedFile {
  readonly path: string
  readonly identity: FileIdentity
}

/**
 * Caches the SHA-256 of files by path, size, times and inode, so that files that are added again are not
 * hashed again. Hashes that can't be written to the disk are kept until the process ends.
 */
export interface HashCache {
  find(path: string, identity: FileIdentity): string | null
  /** As `find`, without counting as a use: for looking at many files at once. */
  peek(path: string, identity: FileIdentity): string | null
  remember(path: string, identity: FileIdentity, sha256: string): void
  /** Files that had these bytes, most recently used first. The caller checks whether they are unchanged. */
  filesWith(sha256: string): readonly HashedFile[]
}

export function createHashCache(
  database: DatabaseSync,
  environment: Environment,
  maxCount = maxHashes,
): HashCache {
  // A file whose hash a power failure has undone is hashed again.
  const write = createWrite(database, environment, { isFlushed: false })
  const find = database.prepare(
    'SELECT * FROM hashes WHERE path = ? AND size_bytes = ? AND mtime_ns = ? AND inode = ?',
  )
  const touch = database.prepare('UPDATE hashes SET used_at_ms = ? WHERE path = ?')
  const put = database.prepare('INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?, ?, ?)')
  const prune = database.prepare(
    'DELETE FROM hashes WHERE path IN (SELECT path FROM hashes ORDER BY used_at_ms DESC, rowid DESC LIMIT -1 OFFSET ?)',
  )
  const withBytes = database.prepare(
    'SELECT * FROM hashes WHERE sha256 = ? ORDER BY used_at_ms DESC LIMIT 20',
  )

  /**
   * Hashes that could not be written, by path, so that a file is not hashed at each retry while the disk is
   * full.
   */
  const unwritten = new Map<string, { readonly identity: FileIdentity; readonly sha256: string }>()
  let writesUntilPrune = 0

  function peek(path: string, identity: FileIdentity): string | null {
    const cached = unwritten.get(path)
    if (cached && isUntouched(cached.identity, identity)) return cached.sha256
    const { sizeBytes, mtimeNs, inode } = identity
    const line = find.get(path, sizeBytes, String(mtimeNs), String(inode))
    return line && isUntouched(identityOfLine(line), identity) ? String(line['sha256']) : null
  }

  return {
    peek,
    find(path, identity) {
      const sha256 = peek(path, identity)
      if (sha256 !== null && !unwritten.has(path)) write(() => touch.run(environment.now(), path))
      return sha256
    },
    remember(path, identity, sha256) {
      const { sizeBytes, mtimeNs, inode, ctimeNs } = identity
      unwritten.delete(path)
      const written = write(() => {
        const numbers = [sizeBytes, String(mtimeNs), String(inode)]
        put.run(path, ...numbers, sha256, environment.now(), ctimeNs === undefined ? null : String(ctimeNs))
        if (writesUntilPrune === 0) prune.run(maxCount)
      })
      if (!written.ok) unwritten.set(path, { identity, sha256 })
      else if (writesUntilPrune === 0) writesUntilPrune = Math.floor(maxCount * excessShare)
      else writesUntilPrune -= 1
    },
    filesWith: (sha256) =>
      withBytes.all(sha256).map((line) => ({
        path: String(line['path']),
        identity: identityOfLine(line),
      })),
  }
}

function identityOfLine(line: Readonly<Record<string, unknown>>): FileIdentity {
  return {
    sizeBytes: Number(line['size_bytes']),
    mtimeNs: BigInt(String(line['mtime_ns'])),
    inode: BigInt(String(line['inode'])),
    ...(line['ctime_ns'] === null ? {} : { ctimeNs: BigInt(String(line['ctime_ns'])) }),
  }
}
