import { expect, test } from 'vitest'
import { withModelType } from '../../../electron/contract/uploads.ts'

const target = { displayName: 'A', modelType: 'loras', modelPath: 'models/loras/sdxl/a.pt' }

test.each([
  ['moves a path in the folder of the type', 'models/loras/sdxl/a.pt', 'vae', 'models/vae/sdxl/a.pt'],
  ['keeps a path in another folder', 'models/mine/a.pt', 'vae', 'models/mine/a.pt'],
  ['keeps a path in a folder that only begins alike', 'models/loras2/a.pt', 'vae', 'models/loras2/a.pt'],
  ['keeps the path for the same type', 'models/loras/a..pt', 'loras', 'models/loras/a..pt'],
  ['makes the moved path valid', 'models/loras/a..pt', 'vae', 'models/vae/a.pt'],
])('another type %s', (_what, modelPath, modelType, expected) => {
  expect(withModelType({ ...target, modelPath }, modelType)).toEqual({
    displayName: 'A',
    modelType,
    modelPath: expected,
  })
})
