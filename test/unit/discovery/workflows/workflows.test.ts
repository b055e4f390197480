import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { NeededModel } from '../../../../electron/discovery/workflows/needed-models.ts'
import { findUploadedBefore } from '../../../../electron/discovery/workflows/workflows.ts'
import { createModelFolder } from '../model-folder.ts'

const needed = (name: string): NeededModel => ({
  name,
  modelType: 'loras',
  typeSource: 'loader',
  url: null,
  sha256: null,
  isOff: false,
  nodes: [],
})

test('looks up earlier uploads by lower-case name and leaves out those that are gone', async () => {
  const root = createModelFolder('b.safetensors')
  mkdirSync(join(root, 'c.safetensors'))
  const requestedNames: (readonly string[])[] = []
  const found = await findUploadedBefore(
    [needed('Faces/B.safetensors'), needed('A.safetensors')],
    (names) => (requestedNames.push(names), ['a', 'b', 'c'].map((name) => join(root, `${name}.safetensors`))),
  )
  expect(requestedNames).toEqual([['b.safetensors', 'a.safetensors']])
  expect(found.map(({ path }) => path)).toEqual([join(root, 'b.safetensors')])
})
