import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../../electron/contract/library.ts'
import { createComparison } from '../../../../electron/discovery/places/compare-with-library.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import { libraryModel } from '../../../support/library-model.ts'

const identity = { sizeBytes: 5, mtimeNs: 1n, inode: 1n }
const file = (path: string, change: Partial<LocalModel> = {}): LocalModel => ({
  path,
  sizeBytes: 5,
  mtimeMs: 0,
  modelType: 'loras',
  name: path,
  identity,
  ...change,
})
const compare = (models: readonly LibraryModel[], hash: string | null = null, queued: string[] = []) =>
  createComparison({ models, queuedPaths: new Set(queued), knownHash: () => hash })

test('only equal hashes show that the team has a model', () => {
  const model = libraryModel('models/loras/other.safetensors', { sha256: 'aa' })
  expect(compare([model], 'aa')([file('/m/a.safetensors')])).toBe('in-library')
  expect(compare([model], 'bb')([file('/m/other.safetensors')])).toBe('new')
  expect(compare([model])([file('/m/a.safetensors')])).toBe('new')
})

test('a file that is in the queue under its real path is recognised', () => {
  const linked = file('/link/a', { realPath: '/disk/a' })
  expect(compare([], null, ['/disk/a'])([linked])).toBe('queued')
  expect(compare([], null, ['/link/a'])([linked])).toBe('new')
})
