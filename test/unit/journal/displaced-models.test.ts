import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { registeredRecord, replacingState, uploadRecord } from '../../support/records.ts'

function openStore() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-displaced-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  return createUploadStore(database, createTestEnvironment(standingClock()))
}

const path = 'models/vae/a.safetensors'
const displacedPath = 'models/vae/a-2.safetensors'
const replacing = (asidePath: string | null) => ({
  modelId: 'old',
  name: 'Old',
  path,
  fate: 'disable' as const,
  asidePath,
})

test('a displaced model is listed once its upload is removed or no longer replaces it', () => {
  const upload = uploadRecord({ library: { replaces: replacing(displacedPath) } })
  const done = registeredRecord({ library: { replaces: { ...replacing('b-2'), modelId: 'replaced' } } })
  const store = openStore()
  store.add([upload, done])
  store.save([{ ...upload, failure: null }])
  expect(store.displacedModels()).toEqual([])
  store.save([{ ...upload, library: {} }])
  const displaced = {
    modelId: 'old',
    accountId: upload.accountId,
    teamId: upload.team.id,
    path,
    displacedPath,
  }
  expect(store.displacedModels()).toEqual([displaced])
  // A retry replaces it again.
  store.save([upload])
  expect(store.displacedModels()).toEqual([])
  store.save([{ ...upload, library: { replaces: replacing(null) } }])
  expect(store.displacedModels()).toEqual([displaced])
  store.save([upload])
  store.remove([upload.id, done.id])
  expect(store.displacedModels()).toEqual([displaced])
  store.removeDisplaced('old')
  expect(store.displacedModels()).toEqual([])
})

test('a displaced model is not listed if the new model is registered', () => {
  const store = openStore()
  const record = uploadRecord({ library: { replaces: replacing(displacedPath) } })
  store.add([record])
  store.save([{ ...record, state: replacingState('new') }])
  store.remove([record.id])
  expect(store.displacedModels()).toEqual([])
})
