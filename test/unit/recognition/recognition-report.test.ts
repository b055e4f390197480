import { mkdtemp, rm, symlink, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { confidenceOf, evidenceOf } from '../../../electron/contract/recognition.ts'
import { architectureSignature } from '../../../electron/recognition/architecture-signature.ts'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { tensorNames } from '../../../electron/recognition/kinds/tensor-names.ts'
import { createRecognitionReport } from '../../../electron/recognition/recognition-report.ts'
import { families } from '../../fixtures/families.ts'
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

test('no tensors have no signature, and thousands of names have one of the same length', () => {
  expect(architectureSignature(tensorNames(new Map()))).toBeNull()
  const info = { dtype: 'F16', shape: [2], sizeBytes: 4 }
  // Digits alone would all be one name.
  const letters = (index: number) => index.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')
  const many = new Map(Array.from({ length: 20_000 }, (_, index) => [letters(index), info]))
  expect(architectureSignature(tensorNames(many))).toMatch(/^[0-9a-f]{16}$/)
})

test('the signature depends on the first 5,000 different names', () => {
  const letters = (index: number) => index.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')
  const signatureWith = (count: number, width = 2) =>
    architectureSignature(
      tensorNames(
        new Map(
          Array.from({ length: count }, (_none, index) => [
            letters(index),
            { dtype: 'F16', shape: [2, index === 4_999 ? width : 2], sizeBytes: 8 },
          ]),
        ),
      ),
    )
  const signature = signatureWith(5_000)
  expect(signatureWith(5_001)).toBe(signature)
  expect(signatureWith(4_999)).not.toBe(signature)
  expect(signatureWith(5_001, 3)).not.toBe(signature)
})

test.each([
  ['loras/kohya.safetensors', 'high', ['content', 'folder']],
  ['vae/kohya.safetensors', 'medium', ['content', 'folder']],
  ['kohya.safetensors', 'high', ['content']],
])('the confidence of %s is %s', async (name, confidence, sources) => {
  const { tensors } = families['kohya SDXL LoRA']
  const { path } = await writeSafetensors(join(root, name), { tensors })
  const { recognition } = await inspectFile(path)
  expect(confidenceOf(recognition)).toBe(confidence)
  expect(evidenceOf(recognition).map(({ source }) => source)).toEqual(sources)
})

test.each([
  ['my-lora.safetensors', 'low', [{ source: 'name', sign: 'lora' }]],
  ['loras/file.safetensors', 'medium', [{ source: 'folder', sign: 'loras' }]],
  ['file.safetensors', 'none', []],
])('without known tensors the confidence of %s is %s', async (name, confidence, evidence) => {
  const tensors = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`unknown.${index}`, { dtype: 'F16', shape: [4] }]),
  )
  const { path } = await writeSafetensors(join(root, name), { tensors })
  const { recognition } = await inspectFile(path)
  expect(confidenceOf(recognition)).toBe(confidence)
  expect(evidenceOf(recognition)).toEqual(evidence)
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

test('a report of thousands of names is cut, and says by how much', async () => {
  const letters = (index: number) => index.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')
  const tensors = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, index) => [letters(index), { dtype: 'F16', shape: [4] }]),
  )
  const { path } = await writeSafetensors(join(root, 'a.safetensors'), { tensors })
  const report = await reportOf({ path, folder: '' })
  expect(report.length).toBeLessThan(10_000)
  expect(report).toMatch(/… \d+ more lines$/)
})

test('a report has whole lines of up to 9,000 characters together', async () => {
  /** Each tensor has a line of its own, and the last name makes the report as long as needed. */
  const reportWith = async (lastLength: number) => {
    const letters = (index: number) => index.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')
    const names = Array.from({ length: 80 }, (_none, index) => letters(index).padStart(100, 'x'))
    const tensors = [...names, 'y'.repeat(lastLength)].map(
      (name) => [name, { dtype: 'F16', shape: [4] }] as const,
    )
    const { path } = await writeSafetensors(join(root, 'a.safetensors'), {
      tensors: Object.fromEntries(tensors),
    })
    return reportOf({ path, folder: '' })
  }
  const others = (await reportWith(1)).length - 1
  // Each line counts with its line feed, also the last one.
  const whole = await reportWith(9_000 - 1 - others)
  expect([whole.length, whole.includes('more line')]).toEqual([8_999, false])
  expect(await reportWith(9_000 - others)).toMatch(/… 1 more lines$/)
})

test('a report shortens names of more than 120 characters', async () => {
  const [name, longName] = ['x'.repeat(120), 'y'.repeat(121)]
  const { path } = await writeSafetensors(join(root, 'a.safetensors'), {
    tensors: { [name]: { dtype: 'F16', shape: [4] }, [longName]: { dtype: 'F16', shape: [4] } },
  })
  const lines = (await reportOf({ path, folder: '' })).split('\n')
  expect(lines).toContain(`${name} [4] × 1`)
  expect(lines).toContain(`${'y'.repeat(119)}… [4] × 1`)
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

test('a link in place of the file has no report', async () => {
  const { path: target } = await writeSafetensors(join(root, 'private.safetensors'))
  await symlink(target, join(root, 'a.safetensors'))
  expect(await reportOf({ path: join(root, 'a.safetensors'), folder: '' })).toBe('file-link')
})
