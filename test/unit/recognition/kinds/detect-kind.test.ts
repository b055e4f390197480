import { expect, test } from 'vitest'
import type { Header } from '../../../../electron/recognition/formats/header.ts'
import { detectKind } from '../../../../electron/recognition/kinds/detect-kind.ts'
import { parseSafetensors } from '../../../../electron/recognition/formats/safetensors.ts'
import { families } from '../../../fixtures/families.ts'
import type { Family } from '../../../fixtures/family.ts'
import { safetensorsHeader } from '../../../fixtures/model-files.ts'
import type { FixtureTensors } from '../../../fixtures/model-files.ts'

function headerOf(tensors: FixtureTensors, metadata: Readonly<Record<string, string>> = {}): Header {
  const read = parseSafetensors(safetensorsHeader(tensors, metadata).header.subarray(8))
  if (!read.ok) throw new Error(read.problem)
  return read.value
}

test('recognises every family by its tensors', () => {
  const all = Object.entries<Family>(families).filter(([, { folder }]) => folder === undefined)
  const expected = Object.fromEntries(
    all.map(([name, { modelType, base, variant = null }]) => [name, { modelType, base, variant }]),
  )
  const detected = Object.fromEntries(
    all.map(([name, family]) => {
      const kind = detectKind(headerOf(family.tensors, family.metadata))
      return [name, kind && { modelType: kind.modelType, base: kind.base, variant: kind.variant ?? null }]
    }),
  )
  expect(detected).toEqual(expected)
})

test('names a tensor of the file as evidence', () => {
  for (const [name, { tensors }] of Object.entries(families)) {
    expect(Object.keys(tensors), name).toContain(detectKind(headerOf(tensors))?.evidence)
  }
})

test('returns null for unknown tensors', () => {
  expect(detectKind(headerOf({ 'some.layer.weight': { dtype: 'F32', shape: [300, 300] } }))).toBeNull()
  expect(detectKind(headerOf({}))).toBeNull()
})

test('recognises a diffusion model of unknown family as one', () => {
  const kind = detectKind(headerOf({ 'model.diffusion_model.new.weight': { dtype: 'F32', shape: [3, 3] } }))
  expect(kind).toEqual({
    modelType: 'diffusion_models',
    base: null,
    variant: null,
    evidence: 'model.diffusion_model.new.weight',
  })
})

test('takes the base from the metadata when the tensors don’t show it', () => {
  const tensors = families['LoHa of unknown base'].tensors
  expect(detectKind(headerOf(tensors, { ss_base_model_version: 'sdxl_base_v1-0' }))?.base).toBe('SDXL')
  expect(detectKind(headerOf(tensors, { 'modelspec.architecture': 'stable-diffusion-v1/lora' }))?.base).toBe(
    'SD1',
  )
})

test('takes the type from the metadata when the tensors are unknown', () => {
  const tensors: FixtureTensors = { 'odd.weight': { dtype: 'F32', shape: [300, 300] } }
  expect(detectKind(headerOf(tensors, { 'modelspec.architecture': 'flux-1-dev/lora' }))).toEqual({
    modelType: 'loras',
    base: 'Flux.1',
    evidence: 'modelspec.architecture',
  })
})
