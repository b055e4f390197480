import { expect, test } from 'vitest'
import {
  folderSkipReason,
  hasModelExtension,
  isComfyUiFolder,
  isCompanionFile,
  isJunkFolder,
  isPartialDownload,
  skipReason,
  skipReasonInFolder,
} from '../../../electron/recognition/file-names.ts'

type SkipRow = [name: string, reason: ReturnType<typeof skipReasonInFolder>]

test.each<SkipRow>([
  ['model.safetensors', null],
  ['MODEL.SafeTensors', null],
  ...['.ckpt', '.pt', '.pt2', '.bin', '.pth', '.pkl', '.sft', '.gguf', '.onnx'].map((extension): SkipRow => [
    `m${extension}`,
    null,
  ]),
  ['readme.md', 'not-a-model'],
  ['model', 'not-a-model'],
  ['safetensors', 'not-a-model'],
  ...['part', 'crdownload', 'aria2', 'download', 'incomplete', 'partial', 'tmp'].map((suffix): SkipRow => [
    `m.safetensors.${suffix}`,
    'downloading',
  ]),
  ['M.SAFETENSORS.PART', 'downloading'],
  ['optimizer.bin', 'not-a-model'],
  ['Scheduler.pt', 'not-a-model'],
  ['scaler.pt', 'not-a-model'],
  ['training_args.bin', 'not-a-model'],
  ['random_states_0.pkl', 'not-a-model'],
  ['rng_state_1.pth', 'not-a-model'],
  ['optimizer.safetensors', null],
  ['my_optimizer.pt', null],
  ['.hidden.safetensors', 'junk'],
  ['Thumbs.db', 'junk'],
  ['ehthumbs.db', 'junk'],
  ['desktop.ini', 'junk'],
  ['Icon\r', 'junk'],
  ['put_loras_here', 'junk'],
  ['Put models here.txt', 'not-a-model'],
  ['.model.safetensors.icloud', 'placeholder'],
  ['.icloud', 'junk'],
  ['model.safetensors.nextcloud', 'placeholder'],
  ['model.safetensors.OwnCloud', 'placeholder'],
])('a file named %j in a folder is skipped as %s', (name, reason) => {
  expect(skipReasonInFolder(name)).toBe(reason)
})

test('a dropped file is skipped only if its name shows that it is no model, or not there', () => {
  const names = ['readme.md', 'm.part', 'optimizer.bin', '.m.safetensors', '.m.safetensors.icloud']
  expect(names.map(skipReason)).toEqual([null, null, null, 'junk', 'placeholder'])
})

test.each([
  ['.git', true],
  ['.GIT', true],
  ['__pycache__', true],
  ['__MACOSX', true],
  ['node_modules', true],
  ['site-packages', true],
  ['$RECYCLE.BIN', true],
  ['System Volume Information', true],
  ['lost+found', true],
  ['.hidden', false],
  ['models', false],
])('the folder %s is without models even if it is dropped: %s', (name, isJunk) => {
  expect(isJunkFolder(name)).toBe(isJunk)
  if (isJunk) expect(folderSkipReason(name, false)).toBe('junk')
})

test.each('custom_nodes datasets fonts input output temp user venv python_embeded Custom_Nodes'.split(' '))(
  'the folder %s is skipped only in ComfyUI’s own folder',
  (name) => {
    expect([folderSkipReason(name, true), folderSkipReason(name, false)]).toEqual(['outside-models', null])
  },
)

test('other folders are scanned, hidden ones are not', () => {
  for (const isBesideModels of [true, false]) {
    expect(folderSkipReason('models', isBesideModels)).toBeNull()
    expect(folderSkipReason('.cache', isBesideModels)).toBe('junk')
  }
})

test.each([
  ['models', 'custom_nodes'],
  ['models', 'folder_paths.py'],
  ['models', 'comfy'],
  ['models', 'extra_model_paths.yaml.example'],
  ['models', 'input', 'output'],
  ['models', 'output', 'user'],
  ['models', 'input', 'output', 'user'],
])('a folder with %s, %s … is ComfyUI’s own', (...names) => {
  expect(isComfyUiFolder(new Set(names))).toBe(true)
})

test.each([
  ['models'],
  ['models', 'input'],
  ['custom_nodes', 'input', 'output', 'user'],
  ['models', 'datasets', 'fonts'],
])('a folder with %s … is not ComfyUI’s own', (...names) => {
  expect(isComfyUiFolder(new Set(names))).toBe(false)
})

test('pictures, notes and settings are never models, whatever the case of their extensions', () => {
  const extensions = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'txt', 'md', 'json', 'yaml', 'yml', 'py']
  for (const extension of extensions) {
    const names = [`a.${extension}`, `a.${extension.toUpperCase()}`]
    expect(names.map(isCompanionFile), extension).toEqual([true, true])
    expect(names.some(hasModelExtension)).toBe(false)
  }
  expect(['a.dat', 'a.safetensors', 'png'].map(isCompanionFile)).toEqual([false, false, false])
})

test('only the last extension shows a partial download', () => {
  expect(['a.part', 'a.PART', 'a.part.safetensors', 'part'].map(isPartialDownload)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
