import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createConflictCheck } from '../../../electron/conflicts/check-before-upload.ts'
import { failed, success, type Failure, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { IndexedModels } from '../../../electron/library/model-index.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export interface ConflictCheckSetup {
  /** Resolves when the library is listed. */
  readonly listing?: Promise<void>
  /** How long ago all models were listed, in ms. */
  readonly listedAgoMs?: number
  /** Models that exist but are not in the listing. */
  readonly unlisted?: readonly LibraryModel[]
  /** The present state of a listed model, if it has changed since. */
  readonly current?: Result<LibraryModel>
  /** Called before a file is hashed for the first time. */
  readonly onHash?: (path: string) => void
  /** Why no file can be hashed. */
  readonly hashFailure?: Failure
  readonly written?: Result<void>
}

/** A conflict check of real files against a library with these models; records which files are hashed. */
export function setupConflictCheck(
  models: readonly LibraryModel[] = [],
  {
    listing = Promise.resolve(),
    listedAgoMs = 0,
    unlisted = [],
    current,
    onHash = () => {},
    hashFailure,
    written = success(undefined),
  }: ConflictCheckSetup = {},
) {
  const { rows, store, environment, folder, breakJournal } = rowsOnJournal()
  const hashed: string[] = []
  const lookedUp: string[] = []
  const maxAges: (number | undefined)[] = []
  const duplicates: { readonly id: string; readonly model: LibraryModel }[] = []
  const deletedIds = new Set<string>()
  const listedAtMs = environment.now() - listedAgoMs
  async function model(_choice: unknown, id: string) {
    lookedUp.push(id)
    if (current?.ok === false && current.failure.code === 'not-found') deletedIds.add(id)
    return current ?? success([...models, ...unlisted].find((one) => one.id === id) as LibraryModel)
  }
  const { check, takeWaiters } = createConflictCheck({
    rows,
    environment,
    replacedFate: () => 'disable',
    onSkipped: () => {},
    library: {
      async indexedListing(_choice, age) {
        maxAges.push(age?.maxAgeMs)
        await listing
        return success({
          models: new IndexedModels(models.filter(({ id }) => !deletedIds.has(id))),
          listedAtMs,
          completeAtMs: listedAtMs,
          failure: null,
        })
      },
      model,
      recentModel: model,
    },
    hashes: {
      async sha256Of({ path, identity }, { onProgress }) {
        if (!hashed.includes(path)) onHash(path)
        onProgress(identity.sizeBytes)
        hashed.push(path)
        if (hashFailure) return failed(hashFailure)
        return success(sha256Of(readFileSync(path)))
      },
    },
    onDuplicate(id, _sha256, model) {
      duplicates.push({ id, model })
      return written
    },
  })
  return {
    clock: environment.clock,
    environment,
    folder,
    hashed,
    lookedUp,
    maxAges,
    duplicates,
    store,
    breakJournal,
    add(name: string, bytes: Buffer, given: Partial<UploadRecord> = {}) {
      const path = join(folder, name)
      writeFileSync(path, bytes)
      const record = uploadRecord({ path, identity: identityOf(statSync(path, { bigint: true })), ...given })
      expect(rows.add([record]).ok).toBe(true)
      return record
    },
    check: (id: string, signal = new AbortController().signal) => check(id, signal),
    takeWaiters,
    rows,
    recordOf: (id: string) => rows.get(id)?.record,
    setSent: (id: string, sentBytes: number) => rows.progress(id, { sentBytes }),
  }
}

export const proceed = { kind: 'proceed' }
export const bytesOf = (sizeBytes: number, fill: number) => Buffer.alloc(sizeBytes, fill)
export const modelOf = (id: string, bytes: Buffer): LibraryModel => ({
  id,
  displayName: id,
  modelType: 'vae',
  modelPath: `models/vae/${id}.safetensors`,
  sizeBytes: bytes.length,
  sha256: sha256Of(bytes),
  status: 'active',
  createdAtMs: null,
  storageKey: null,
})

export const targetAt = (modelPath: string) => ({ displayName: 'x', modelType: 'loras', modelPath })
