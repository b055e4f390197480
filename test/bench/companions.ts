import process from 'node:process'
import { findMissingCompanions } from '../../electron/conflicts/missing-companions.ts'
import type { LibraryModel } from '../../electron/contract/library.ts'
import type { Recognition } from '../../electron/contract/recognition.ts'

/**
 * How long the main thread compares a drop with a team's library for missing companions: the worst case, in which
 * every file needs something and no name of the library shows what it is.
 */
const families = ['Flux.1', 'SDXL', 'Wan', 'Qwen-Image', 'Hunyuan Video', 'Z-Image', 'SD3.5', 'Chroma']
const fileTypes = ['diffusion_models', 'loras', 'controlnet']
const libraryTypes = ['checkpoints', 'loras', 'vae', 'text_encoders', 'clip_vision', 'diffusion_models']

const recognition = (index: number): Recognition => ({
  format: 'safetensors',
  modelType: fileTypes[index % fileTypes.length] ?? null,
  base: families[index % families.length] ?? null,
  reason: { key: 'reason.header', params: {} },
  tensorCount: 1,
  dtype: 'F16',
})
const model = (index: number): LibraryModel => ({
  id: `model-${index}`,
  displayName: `Some model ${index}`,
  modelType: libraryTypes[index % libraryTypes.length] ?? '',
  modelPath: `models/${libraryTypes[index % libraryTypes.length]}/studio/some-model-${index}.safetensors`,
  sizeBytes: 1,
  sha256: null,
  status: 'active',
  createdAtMs: null,
  storageKey: null,
})

for (const [fileCount, modelCount] of [
  [300, 1_000],
  [10_000, 5_000],
] as const) {
  const files = Array.from({ length: fileCount }, (_, index) => ({
    id: `file-${index}`,
    fileName: `file-${index}.safetensors`,
    recognition: recognition(index),
  }))
  const models = Array.from({ length: modelCount }, (_, index) => model(index))
  const times = Array.from({ length: 5 }, () => {
    const startMs = performance.now()
    findMissingCompanions(files, { models, records: files, recognitions: new Map() })
    return performance.now() - startMs
  })
  const medianMs = times.sort((one, other) => one - other)[2] ?? 0
  process.stdout.write(`${fileCount} files, ${modelCount} models: ${medianMs.toFixed(1)} ms\n`)
}
