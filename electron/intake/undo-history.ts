import { randomUUID } from 'node:crypto'
import { isStarted, type UploadRecord } from '../journal/upload-record.ts'

/** Beyond this the uploads that were removed first are forgotten; their records take about 2 KB each. */
const maxRemoved = 50_000

/**
 * What the user can undo in this session. It is in memory only: in the journal, uploads are removed at once,
 * so that no restart brings them back.
 */
export interface UndoHistory {
  /** Remembers the new rows of a drop; returns its id. */
  rememberDrop(ids: readonly string[]): string
  /** Remembers the files that were approved together, like a drop; returns its id. */
  rememberApproval(ids: readonly string[]): string
  /** The rows of a drop or an approval; none if it is not known. */
  findDrop(drop: string): Drop
  /** Remembers removed uploads of which nothing was sent. */
  rememberRemoved(records: readonly UploadRecord[]): void
  findRemoved(ids: readonly string[]): readonly UploadRecord[]
  forgetRemoved(ids: readonly string[]): void
  /** Forgets the removed uploads of accounts that have signed out. */
  forgetAccounts(isOfThem: (accountId: string) => boolean): void
}

interface Drop {
  readonly ids: readonly string[]
  /** Undoing an approval returns the files to the review, with what the user has edited there. */
  readonly isApproval: boolean
}

export function createUndoHistory(): UndoHistory {
  const drops = new Map<string, Drop>()
  const removed = new Map<string, UploadRecord>()
  function remember(drop: Drop): string {
    const id = randomUUID()
    drops.set(id, drop)
    return id
  }
  return {
    rememberDrop: (ids) => remember({ ids, isApproval: false }),
    rememberApproval: (ids) => remember({ ids, isApproval: true }),
    findDrop: (drop) => drops.get(drop) ?? { ids: [], isApproval: false },
    rememberRemoved(records) {
      for (const record of records) if (isRestorable(record)) removed.set(record.id, record)
      for (const id of removed.keys()) {
        if (removed.size <= maxRemoved) break
        removed.delete(id)
      }
    },
    findRemoved: (ids) => ids.flatMap((id) => removed.get(id) ?? []),
    forgetRemoved: (ids) => ids.forEach((id) => removed.delete(id)),
    forgetAccounts(isOfThem) {
      for (const { id, accountId } of removed.values()) if (isOfThem(accountId)) removed.delete(id)
    },
  }
}

/** Neither storage nor the library has anything of it that removing it has abandoned. */
const isRestorable = ({ state, library }: UploadRecord) =>
  state.kind === 'queued' && !isStarted(state) && !library?.replaces?.asidePath
