import { DatabaseSync } from 'node:sqlite'
import type { AcknowledgedPart, PartOwner } from '../platform/acknowledged-part.ts'
import { sqliteCode } from '../platform/files/sqlite-code.ts'
import { journalFile } from './journal-file.ts'

/** How long to wait for another thread's or process's lock, in ms; the thread sends nothing meanwhile. */
const lockTimeoutMs = 1_000
/** Between attempts to get the lock, in ms. SQLite itself would sleep for up to 100 ms while the lock is free. */
const lockRetryMs = 1
/** SQLITE_BUSY (sqlite.org/rescode.html). */
const busyCode = 5
/**
 * How long after a failure nothing is tried, in ms. After one of the lock, the thread may send for as long as it
 * has waited; one of the disk is not over soon.
 */
const pauseMs = { afterLock: lockTimeoutMs, afterError: 10_000 }

/** Writes a part; see `createPartRecorder`. */
interface PartRecorder {
  (part: AcknowledgedPart & PartOwner): boolean
  /** Closes the journal; no part may follow. */
  close(): void
}

/**
 * Writes parts to the journal on the thread that receives storage's responses, so that a killed process loses
 * none of them while its main thread is busy. The disk is not flushed here: the kernel keeps the data of a
 * killed process, and `PartsStore.flush` follows for a power failure.
 * @returns a function that returns whether the part was written. It is not if the row has no longer this
 *   multipart upload, or if the journal can't be written or recently could not: then the main thread tries again.
 */
export function createPartRecorder(
  folder: string,
  nowMs: () => number = () => performance.now(),
): PartRecorder {
  let journal: ReturnType<typeof openForParts> | null = null
  let pausedUntilMs = -Infinity
  try {
    // Not with the first part, which would wait for it.
    journal = withLock(() => openForParts(folder))
  } catch {
    // Tried again with the first part.
  }
  function recordPart({ rowId, multipartId, number, etag, checksum }: AcknowledgedPart & PartOwner): boolean {
    if (nowMs() < pausedUntilMs) return false
    try {
      return withLock(() => {
        journal ??= openForParts(folder)
        return journal.insert.run(number, etag, checksum, rowId, multipartId).changes === 1
      })
    } catch (error) {
      pausedUntilMs = nowMs() + (isLocked(error) ? pauseMs.afterLock : pauseMs.afterError)
      return false
    }
  }
  return Object.assign(recordPart, { close: () => journal?.database.close() })
}

/** Runs `work` until it gets the lock; throws its error, also that the journal is still locked. */
function withLock<T>(work: () => T): T {
  const endMs = performance.now() + lockTimeoutMs
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isLocked(error) || performance.now() >= endMs) throw error
      Atomics.wait(neverChanged, 0, 0, lockRetryMs)
    }
  }
}

const isLocked = (error: unknown) => sqliteCode(error) === busyCode

const neverChanged = new Int32Array(new SharedArrayBuffer(4))

function openForParts(folder: string) {
  const database = new DatabaseSync(journalFile(folder), { timeout: 0 })
  // A checkpoint flushes the disk several times: the main thread does it.
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = ON')
  const insert = database.prepare(
    `INSERT OR REPLACE INTO parts (upload, number, etag, checksum)
     SELECT id, ?, ?, ? FROM uploads WHERE id = ? AND multipart ->> 'uploadId' = ? AND phase <> 'registered'`,
  )
  return { database, insert }
}
