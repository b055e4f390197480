import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'
import { registeredRecord, uploadRecord } from '../../support/records.ts'

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-moved-aside-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  return createUploadStore(database, 'me', testPorts(standingClock()))
}

test('a model that was moved aside is owed its path once its upload goes, or turns from it', () => {
  const replaces = (asidePath: string | null) => ({
    ...{ modelId: 'old', name: 'Old', path: 'models/vae/a.safetensors', fate: 'disable' as const },
    asidePath,
  })
  const aside = uploadRecord({ library: { replaces: replaces('models/vae/a-2.safetensors') } })
  const done = registeredRecord({ library: { replaces: { ...replaces('b-2'), modelId: 'replaced' } } })
  const store = setup()
  store.add([aside, done])
  store.save([{ ...aside, failure: null }])
  expect(store.displacedModels()).toEqual([])
  store.save([{ ...aside, library: {} }])
  const owed = {
    ...{ modelId: 'old', accountId: aside.accountId, teamId: aside.team.id },
    ...{ path: 'models/vae/a.safetensors', asidePath: 'models/vae/a-2.safetensors' },
  }
  expect(store.displacedModels()).toEqual([owed])
  // Another try means to take its place again.
  store.save([aside])
  expect(store.displacedModels()).toEqual([])
  store.save([{ ...aside, library: { replaces: replaces(null) } }])
  expect(store.displacedModels()).toEqual([owed])
  store.save([aside])
  store.remove([aside.id, done.id])
  expect(store.displacedModels()).toEqual([owed])
  store.removeDisplaced('old')
  expect(store.displacedModels()).toEqual([])
})

test('a model that was moved aside for one that is registered is owed nothing', () => {
  const replaces = {
    ...{ modelId: 'old', name: 'Old', path: 'models/vae/a.safetensors', fate: 'disable' as const },
    asidePath: 'models/vae/a-2.safetensors',
  }
  const store = setup()
  const record = uploadRecord({ library: { replaces } })
  store.add([record])
  store.save([{ ...record, modelId: 'new' }])
  store.remove([record.id])
  expect(store.displacedModels()).toEqual([])
})
