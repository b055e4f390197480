import { multipartOf, type UploadRecord, type UploadState } from './upload-record.ts'

/**
 * Which multipart uploads and stored objects this process has had for each of its uploads. What a queued upload
 * has had before was given up. What is in its row but not here was left to it by another process.
 */
export interface StorageHistory {
  /** Adds what the upload has in storage. */
  add(record: UploadRecord): void
  /** The same for a record read from the journal, unless this process has the upload already. */
  addRead(record: UploadRecord): void
  has(id: string, state: UploadState): boolean
  remove(id: string): void
}

function storageIdOf(state: UploadState): string | null {
  return multipartOf(state)?.uploadId ?? ('storageKey' in state ? state.storageKey : null)
}

export function createStorageHistory(): StorageHistory {
  const storageIds = new Map<string, readonly string[]>()

  function add({ id, state }: UploadRecord): void {
    const before = storageIds.get(id) ?? []
    const storageId = storageIdOf(state)
    storageIds.set(id, storageId === null || before.includes(storageId) ? before : [...before, storageId])
  }

  return {
    add,
    addRead(record) {
      if (!storageIds.has(record.id)) add(record)
    },
    has(id, state) {
      const storageId = storageIdOf(state)
      return storageId !== null && (storageIds.get(id)?.includes(storageId) ?? false)
    },
    remove: (id) => void storageIds.delete(id),
  }
}
