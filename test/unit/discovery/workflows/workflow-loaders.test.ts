import { expect, test } from 'vitest'
import { expectedModel } from '../../../../electron/discovery/workflows/workflow-loaders.ts'

test('finds the widget by its position if the workflow has no names', () => {
  const typeAt = (index: number) => expectedModel('Efficient Loader', null, { index }).modelType
  expect([0, 1, 2, 3, 4].map(typeAt)).toEqual(['checkpoints', 'vae', null, 'loras', null])
})

test('separates the type’s folder from folders inside it', () => {
  expect(expectedModel('FluxLoraLoader', 'lora_name')).toEqual({
    modelType: 'xlabs',
    subfolder: 'loras',
    source: 'loader',
  })
})
