import { mkdir, mkdtemp, realpath, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectFiles } from '../../../electron/discovery/scan/collect-files.ts'
import { addGroup } from '../../../electron/recognition/group-evidence.ts'
import type { FileToInspect } from '../../../electron/recognition/found-file.ts'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { smallZip, writeSafetensors, writeText } from '../../fixtures/model-files.ts'
import { imported, pickleOf, torchZip } from '../../fixtures/pickles.ts'

let root: string
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'linked-')))
})
afterEach(() => rm(root, { recursive: true, force: true }))
const at = (name: string) => join(root, name)

/** A diffusers model with a companion file, found in `drop`. */
async function findCompanion(write: (path: string) => Promise<unknown>) {
  await writeText(at('drop/sdxl/model_index.json'), '{}')
  await mkdir(at('drop/sdxl/tokenizer'))
  await write(at('drop/sdxl/tokenizer/vocab.json'))
  const { files } = await collectFiles([at('drop')])
  const file = files.find(({ name }) => name === 'vocab.json')
  if (!file) throw new Error('the companion was not found')
  return { file, failureNow: async () => (await inspectFile(file.path, file)).failure?.code }
}

async function replaceFolderByLink(folder: string, target: string): Promise<void> {
  await rename(folder, at('moved'))
  await symlink(target, folder)
}

test('looks for the other parts of a file only if no scan has found it and it has its own name', async () => {
  for (const part of [1, 2]) await writeText(at(`unet-0000${part}-of-00002.safetensors`), '')
  const file: FileToInspect = { path: at('unet-00001-of-00002.safetensors'), folder: '' }
  expect((await addGroup(file)).group).toMatchObject({ kind: 'shards' })
  const scanned = { ...file, place: root }
  const linked = { ...file, name: 'linked.safetensors' }
  expect(await addGroup(scanned)).toBe(scanned)
  expect(await addGroup(linked)).toBe(linked)
})

test('refuses a companion whose folder was replaced by a link to another place', async () => {
  const { failureNow } = await findCompanion((path) => writeText(path, '{}'))
  expect(await failureNow()).toBeUndefined()
  await writeText(at('home/vocab.json'), 'secret')
  await replaceFolderByLink(at('drop/sdxl/tokenizer'), at('home'))
  expect(await failureNow()).toBe('file-link')
})

test('accepts a companion whose folder was moved within the added folder', async () => {
  const { failureNow } = await findCompanion((path) => writeText(path, '{}'))
  await rename(at('drop/sdxl/tokenizer'), at('drop/tokenizer'))
  await symlink('../tokenizer', at('drop/sdxl/tokenizer'))
  expect(await failureNow()).toBeUndefined()
})

test('checks the place of a file that couldn’t be read when it was found', async () => {
  const { file, failureNow } = await findCompanion((path) => symlink(at('nowhere'), path))
  expect(file).toMatchObject({ failure: { code: 'file-missing' }, boundary: at('drop') })
  await writeText(at('home/vocab.json'), 'secret')
  await replaceFolderByLink(at('drop/sdxl/tokenizer'), at('home'))
  expect((await inspectFile(file.path, { ...file, failure: null })).failure?.code).toBe('file-link')
  expect(await failureNow()).toBe('file-missing')
  expect((await collectFiles([at('gone.safetensors')])).files).toMatchObject([{ boundary: root }])
})

/** What is said about each file that is found in `drop`. */
async function codesIn(folder: string) {
  const { files } = await collectFiles([at(folder)])
  const codes = files.map(async (file) => [file.name, (await inspectFile(file.path, file)).failure?.code])
  return (await Promise.all(codes)).toSorted()
}

test('asks about each file of a model outside of the added folder, with its real place', async () => {
  await writeText(at('disk/sdxl/model_index.json'), '{}')
  await writeSafetensors(at('disk/sdxl/vae/model.safetensors'))
  await mkdir(at('drop'))
  await symlink(at('disk'), at('drop/linked'))
  expect(await codesIn('drop')).toEqual([
    ['model.safetensors', 'file-outside'],
    ['model_index.json', 'file-outside'],
  ])
  const { files } = await collectFiles([at('drop')])
  const [file] = files
  expect((await inspectFile(file?.path ?? '', file)).failure?.params).toEqual({ path: file?.path })
})

test('asks about a model whose folder was replaced by a link after it was found', async () => {
  await writeSafetensors(at('drop/loras/a.safetensors'))
  const { files } = await collectFiles([at('drop')])
  const [file] = files
  await writeSafetensors(at('private/a.safetensors'))
  await replaceFolderByLink(at('drop/loras'), at('private'))
  expect((await inspectFile(file?.path ?? '', file)).failure?.params).toEqual({
    path: at('private/a.safetensors'),
  })
})

test('recognises PyTorch files without tensors in a linked folder', async () => {
  const detector = torchZip(pickleOf(imported('ultralytics.nn.tasks', 'DetectionModel')))
  await writeText(at('disk/yolo.pt'), detector)
  await writeText(at('disk/notes.pt'), smallZip())
  await writeSafetensors(at('disk/vae.safetensors'))
  await mkdir(at('drop'))
  await symlink(at('disk'), at('drop/linked'))
  expect(await codesIn('drop')).toEqual([
    ['notes.pt', 'file-link'],
    ['vae.safetensors', 'file-outside'],
    ['yolo.pt', 'file-link'],
  ])
})
