import { mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { createRecognitionReport } from '../../../electron/recognition/recognition-report.ts'
import { writeSafetensors, writeText, type FixtureTensors } from '../../fixtures/model-files.ts'

async function reportOf(...file: Parameters<typeof createRecognitionReport>): Promise<string> {
  const report = await createRecognitionReport(...file)
  return report.ok ? report.value : report.failure.code
}

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'report-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** A LoRA of some blocks with its rank. */
function lora(rank: number, blocks: number, width = 3072, dtype = 'F16'): FixtureTensors {
  const layers = Array.from({ length: blocks }, (_, block) => [
    [`lora_unet_double_blocks_${block}_img_attn_proj.lora_down.weight`, [rank, width]],
    [`lora_unet_double_blocks_${block}_img_attn_proj.lora_up.weight`, [width, rank]],
  ])
  return Object.fromEntries(layers.flat().map(([name, shape]) => [name, { dtype, shape }]))
}

async function signatureOf(tensors: FixtureTensors): Promise<string | undefined> {
  const { path } = await writeSafetensors(join(root, 'a.safetensors'), { tensors })
  return (await inspectFile(path)).recognition.signature
}

test('the signature depends on the architecture, not on rank, precision or number of blocks', async () => {
  const signature = await signatureOf(lora(16, 19))
  expect(signature).toMatch(/^[0-9a-f]{16}$/)
  expect(await signatureOf(lora(128, 4))).toBe(signature)
  expect(await signatureOf(lora(16, 19, 3072, 'F32'))).toBe(signature)
  expect(await signatureOf(lora(16, 19, 4096))).not.toBe(signature)
  expect(await signatureOf({ ...lora(16, 19), 'other.weight': { dtype: 'F16', shape: [2] } })).not.toBe(
    signature,
  )
})

test('a report has the architecture and nothing private', async () => {
  const { path } = await writeSafetensors(join(root, 'Anna private.safetensors'), {
    tensors: lora(16, 19),
    metadata: {
      'modelspec.architecture': 'flux-1-dev/lora',
      ss_base_model_version: '/home/anna/models/flux1.safetensors',
      'modelspec.title': 'Anna',
      prompt: 'a portrait of Anna',
      ss_tag_frequency: '{"10_anna": {"anna": 3}}',
    },
  })
  const report = await reportOf({ path, folder: 'Anna' })
  expect(report.split('\n')).toEqual(
    expect.arrayContaining([
      'type: loras',
      'base model: Flux.1',
      'confidence: high',
      'modelspec.architecture: flux-1-dev/lora',
      'lora_unet_double_blocks_#_img_attn_proj.lora_down.weight [16, 3072] × 19',
    ]),
  )
  expect(report).not.toMatch(/anna|portrait|home/i)
})

test('a file without tensors has a report, and one that is gone has none', async () => {
  const { path } = await writeText(join(root, 'notes.bin'), 'not a model')
  expect(await reportOf({ path, folder: '' })).toContain('architecture: none')
  const gone = { path: join(root, 'gone.safetensors'), folder: '' }
  expect(await reportOf(gone)).toBe('file-missing')
})

test('a file that is only in a cloud drive has no report', async () => {
  const { path } = await writeText(join(root, 'online.safetensors'), '')
  await truncate(path, 5_000_000)
  expect(await reportOf({ path, folder: '' }, 'darwin')).toBe('file-placeholder')
})
