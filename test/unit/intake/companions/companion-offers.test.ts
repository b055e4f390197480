import { expect, test } from 'vitest'
import type { Recognition } from '../../../../electron/contract/recognition.ts'
import { CompanionOffers, type LocalFile } from '../../../../electron/intake/companions/companion-offers.ts'
import { parts } from '../../../../electron/recognition/companions/companion-parts.ts'
import { uploadRecord } from '../../../support/records.ts'

const recognition: Recognition = {
  ...uploadRecord().recognition,
  modelType: 'text_encoders',
  base: 'T5-XXL',
}
const file = (path: string, given: Partial<LocalFile> = {}): LocalFile => ({
  path,
  where: '/models',
  sizeBytes: 10,
  recognition,
  isNear: false,
  ...given,
})

function offered(files: readonly LocalFile[]): readonly string[] {
  const offers = new CompanionOffers()
  for (const one of files) offers.add(one)
  return offers.offersFor(parts.t5xxl).map(({ fileName }) => fileName)
}

test('offers near files first, then those that ComfyUI loads by itself, then the largest', () => {
  expect(
    offered([
      file('/a/small.safetensors', { sizeBytes: 5 }),
      file('/a/quantised.GGUF', { sizeBytes: 90 }),
      file('/a/large.safetensors', { sizeBytes: 20 }),
      file('/b/near.gguf', { isNear: true, sizeBytes: 1 }),
      file('/b/near.safetensors', { isNear: true, sizeBytes: 1 }),
    ]),
  ).toEqual(['near.safetensors', 'near.gguf', 'large.safetensors', 'small.safetensors', 'quantised.GGUF'])
})

test('finds an offered file by the id of its offer until everything is forgotten', () => {
  const offers = new CompanionOffers()
  const one = file('/t5.safetensors')
  offers.add(one)
  const [offer] = offers.offersFor(parts.t5xxl)
  expect(offers.fileOf(offer?.id ?? '')).toEqual(one)
  expect(offers.fileOf('unknown')).toBeNull()
  offers.clear()
  expect([offers.fileOf(offer?.id ?? ''), offers.offersFor(parts.t5xxl)]).toEqual([null, []])
})
