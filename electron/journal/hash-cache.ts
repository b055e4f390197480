import type { DatabaseSync } from 'node:sqlite'
import type { Environment } from '../platform/environment.ts'
import { sameFile, type FileIdentity } from '../platform/file-identity.ts'

/** Some 6 MB of journal. A person with more models than this has the oldest of them hashed once more. */
const mostHashes = 20_000

/** A file as it was when its bytes were hashed. */
export interface HashedFile {
  readonly path: string
  readonly identity: FileIdentity
}

/**
 * The SHA-256 of files as they were when they were read, by path, size, time and inode: whoever drops a folder again has
 * nothing of it hashed again. It is a memory, not a record: what the disk won't take is known until the process ends.
 */
export interface HashCache {
  find(path: string, identity: FileIdentity): string | null
  remember(path: string, identity: FileIdentity, sha256: string): void
  /** Files that had these bytes, last used first; whether they still do is for the caller to see. */
  filesWith(sha256: string): readonly HashedFile[]
}

export function createHashCache(
  database: DatabaseSync,
  environment: Pick<Environment, 'now' | 'log'>,
  most = mostHashes,
): HashCache {
  const find = database.prepare(
    'SELECT sha256 FROM hashes WHERE path = ? AND size_bytes = ? AND mtime_ns = ? AND inode = ?',
  )
  const use = database.prepare('UPDATE hashes SET used_at_ms = ? WHERE path = ?')
  const put = database.prepare('INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?, ?)')
  const prune = database.prepare(
    'DELETE FROM hashes WHERE path IN (SELECT path FROM hashes ORDER BY used_at_ms DESC, rowid DESC LIMIT -1 OFFSET ?)',
  )
  const withBytes = database.prepare(
    'SELECT * FROM hashes WHERE sha256 = ? ORDER BY used_at_ms DESC LIMIT 20',
  )

  /** What the disk would not take, by path: a file that waits for room is not read anew at each try. */
  const unwritten = new Map<string, { readonly identity: FileIdentity; readonly sha256: string }>()

  function tryTo(work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      environment.log.warn('a hash could not be kept', { error: String(error) })
      return false
    }
  }

  return {
    find(path, identity) {
      const held = unwritten.get(path)
      if (held && sameFile(held.identity, identity)) return held.sha256
      const { sizeBytes, mtimeNs, inode } = identity
      const sha256 = find.get(path, sizeBytes, String(mtimeNs), String(inode))?.['sha256']
      if (typeof sha256 !== 'string') return null
      tryTo(() => use.run(environment.now(), path))
      return sha256
    },
    remember(path, identity, sha256) {
      const { sizeBytes, mtimeNs, inode } = identity
      unwritten.delete(path)
      const isKept = tryTo(() => {
        put.run(path, sizeBytes, String(mtimeNs), String(inode), sha256, environment.now())
        prune.run(most)
      })
      if (!isKept) unwritten.set(path, { identity, sha256 })
    },
    filesWith: (sha256) =>
      withBytes.all(sha256).map((line) => ({
        path: String(line['path']),
        identity: {
          sizeBytes: Number(line['size_bytes']),
          mtimeNs: BigInt(String(line['mtime_ns'])),
          inode: BigInt(String(line['inode'])),
        },
      })),
  }
}
