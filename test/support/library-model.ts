import type { LibraryModel } from '../../electron/contract/library.ts'

/** An active model without a known hash. Its id and name are its path, whose second part is its type. */
export const libraryModel = (modelPath: string, change: Partial<LibraryModel> = {}): LibraryModel => ({
  id: modelPath,
  displayName: modelPath,
  modelType: modelPath.split('/')[1] ?? '',
  modelPath,
  sizeBytes: 5,
  sha256: null,
  status: 'active',
  createdAtMs: null,
  storageKey: null,
  ...change,
})
