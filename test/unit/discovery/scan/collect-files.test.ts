import { link, mkdir, mkdtemp, rm, symlink, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectFiles } from '../../../../electron/discovery/scan/collect-files.ts'
import { writeText } from '../../../fixtures/model-files.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'collect-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const at = (...parts: readonly string[]) => join(root, ...parts)
async function collect(...paths: readonly string[]) {
  const { files, skipped } = await collectFiles(paths.map((path) => at(path)))
  return {
    files: files.map(({ folder, name, failure }) =>
      [folder, name, ...(failure ? [failure.code] : [])].join(' | '),
    ),
    skipped: skipped.map(({ name, reason }) => `${name} | ${reason}`),
  }
}

test('skips junk, sidecars and downloads, each with its reason', async () => {
  for (const name of [
    '.DS_Store',
    'Thumbs.db',
    'put_loras_here',
    'a.png',
    'a.civitai.info',
    'b.safetensors.part',
    'optimizer.pt',
    '.c.safetensors.icloud',
    '.git/config.bin',
    '__pycache__/x.bin',
    '.cache/x.safetensors',
  ]) {
    await writeText(at('loras', name), 'x')
  }
  const { files, skipped } = await collect('loras')
  expect(files).toEqual([])
  expect(skipped.toSorted()).toEqual(
    [
      'loras/.DS_Store | junk',
      'loras/Thumbs.db | junk',
      'loras/put_loras_here | junk',
      'loras/a.png | not-a-model',
      'loras/a.civitai.info | not-a-model',
      'loras/b.safetensors.part | downloading',
      'loras/optimizer.pt | not-a-model',
      'loras/.c.safetensors.icloud | placeholder',
      'loras/.git/ | junk',
      'loras/__pycache__/ | junk',
      'loras/.cache/ | junk',
    ].toSorted(),
  )
})

test('skips images, notes and settings even if they were dropped themselves', async () => {
  const names = ['a.png', 'b.JPG', 'c.json', 'd.yaml', 'e.webp']
  for (const name of names) await writeText(at(name), 'x')
  expect(await collect(...names)).toEqual({
    files: [],
    skipped: names.map((name) => `${name} | not-a-model`),
  })
})

test('enters folders beside one for models unless two of them are as in ComfyUI', async () => {
  await writeText(at('mine/models/a.safetensors'), 'x')
  await writeText(at('mine/output/b.safetensors'), 'x')
  expect(await collect('mine')).toEqual({
    files: ['mine/models | a.safetensors', 'mine/output | b.safetensors'],
    skipped: [],
  })
  await mkdir(at('mine/input'))
  expect(await collect('mine')).toEqual({
    files: ['mine/models | a.safetensors'],
    skipped: ['mine/input/ | outside-models', 'mine/output/ | outside-models'],
  })
})

test('follows links, stops at a loop and counts a folder once', async () => {
  await writeText(at('drop/loras/a.safetensors'), 'x')
  await symlink(at('drop'), at('drop/loras/up'))
  await symlink(at('drop/loras'), at('drop/same'))
  await symlink(at('elsewhere.safetensors'), at('drop/named.safetensors'))
  await writeText(at('elsewhere.safetensors'), 'y')
  expect(await collect('drop')).toEqual({
    files: ['drop/loras | a.safetensors', 'drop | named.safetensors'],
    skipped: ['drop/loras/up/ | loop', 'drop/same/ | duplicate'],
  })
  const { files } = await collectFiles([at('drop')])
  expect(files[1]?.path).toBe(at('elsewhere.safetensors'))
})

test('returns a file with two names, or dropped twice, once', async () => {
  await writeText(at('drop/a.safetensors'), 'x')
  await link(at('drop/a.safetensors'), at('drop/b.safetensors'))
  expect(await collect('drop', 'drop/a.safetensors', 'drop')).toEqual({
    files: ['drop | a.safetensors'],
    skipped: ['drop/b.safetensors | duplicate', 'a.safetensors | duplicate', 'drop/ | duplicate'],
  })
})

test('returns missing files and files without a path with their failure', async () => {
  await mkdir(at('drop'))
  await symlink(at('nowhere'), at('drop/dead.safetensors'))
  await symlink(at('nowhere'), at('drop/dead.txt'))
  expect(await collect('drop', 'gone.safetensors')).toEqual({
    files: ['drop | dead.safetensors | file-missing', ' | gone.safetensors | file-missing'],
    skipped: ['drop/dead.txt | not-a-model'],
  })
  expect((await collectFiles([''])).files).toMatchObject([{ path: '', failure: { code: 'file-no-path' } }])
  await symlink('drop', at('linked'))
  const { files } = await collectFiles([at('linked/gone.safetensors')])
  expect(files.map(({ boundary }) => boundary)).toEqual([at('drop')])
})

// Root can read every folder.
// Elsewhere the system allows no longer paths.
test.runIf(process.platform === 'linux')(
  'skips a folder whose path is too long, with the reason',
  async () => {
    const long = Array.from({ length: 15 }, () => 'x'.repeat(250)).join('/')
    const deep = at(`drop/${long}`)
    await mkdir(deep, { recursive: true })
    await symlink(deep, at('deep'))
    await mkdir(at(`deep/${'y'.repeat(255)}/${'z'.repeat(100)}`), { recursive: true })
    await writeText(at('drop/a.safetensors'), 'x')
    const { files, skipped } = await collect('drop')
    // It can't be removed with its own path.
    await rm(at(`deep/${'y'.repeat(255)}`), { recursive: true })
    expect(files).toEqual(['drop | a.safetensors'])
    expect(skipped).toEqual([expect.stringMatching(/\/z+\/ \| folder-unreadable$/)])
  },
)

/** Writes a secret file and a folder with one, neither of them in a folder that is dropped. */
async function writeSecrets() {
  await writeText(at('home/id_ed25519'), 'secret')
  await writeText(at('home/keys/key.json'), '{"secret": 1}')
}

test('skips companions and folders of a model that are links to other places', async () => {
  await writeSecrets()
  await writeText(at('drop/pose.onnx'), 'x')
  await symlink(at('home/id_ed25519'), at('drop/pose.onnx.data'))
  await writeText(at('drop/sdxl/model_index.json'), '{}')
  await writeText(at('drop/sdxl/vae/model.safetensors'), 'x')
  await symlink(at('home/id_ed25519'), at('drop/sdxl/vae/config.json'))
  await symlink(at('home/keys'), at('drop/sdxl/tokenizer'))
  // A folder of links must not lead out of the model in two steps.
  await symlink('../../../home', at('drop/sdxl/vae/step'))
  const skipped = ['pose.onnx.data', 'sdxl/tokenizer/', 'sdxl/vae/config.json', 'sdxl/vae/step/']
  const found = await collect('drop')
  expect(found.skipped.toSorted()).toEqual(skipped.map((name) => `drop/${name} | link-outside`))
  expect(found.files).toEqual([
    'drop | pose.onnx',
    'drop/sdxl | model_index.json',
    'drop/sdxl/vae | model.safetensors',
  ])
  const { files } = await collectFiles([at('drop')])
  expect(files.at(-1)?.group?.files?.toSorted()).toEqual([
    'model_index.json',
    'vae/config.json',
    'vae/model.safetensors',
  ])
})

test('follows links inside a model that stay in the added or watched folder', async () => {
  await writeText(at('drop/sdxl/model_index.json'), '{}')
  await writeText(at('drop/shared/tokenizer/vocab.json'), '{}')
  await symlink('../shared/tokenizer', at('drop/sdxl/tokenizer'))
  const whole = ['sdxl | model_index.json', 'sdxl/tokenizer | vocab.json']
  expect((await collect('drop')).files).toEqual(whole.map((name) => `drop/${name}`))
  expect((await collect('drop/sdxl')).skipped).toEqual(['sdxl/tokenizer/ | link-outside'])
  const { files } = await collectFiles([at('drop/sdxl')], { addedFolderOf: () => at('drop') })
  expect(files.map(({ folder, name }) => `${folder} | ${name}`)).toEqual(whole)
  await symlink('drop', at('watched'))
  const watched = await collectFiles([at('watched/sdxl')], { addedFolderOf: () => at('watched') })
  expect([watched.files.length, watched.skipped]).toEqual([2, []])
})

test('finds a whole model in a linked folder, and follows no link out of that model', async () => {
  await writeSecrets()
  await writeText(at('disk/sdxl/model_index.json'), '{}')
  await writeText(at('disk/sdxl/tokenizer/vocab.json'), '{}')
  await symlink(at('home/id_ed25519'), at('disk/sdxl/tokenizer/merges.txt'))
  await mkdir(at('drop'))
  await symlink(at('disk'), at('drop/diffusers'))
  expect(await collect('drop')).toEqual({
    files: ['drop/diffusers/sdxl | model_index.json', 'drop/diffusers/sdxl/tokenizer | vocab.json'],
    skipped: ['drop/diffusers/sdxl/tokenizer/merges.txt | link-outside'],
  })
})

test('follows the links of a Hugging Face cache to blobs of the same model only', async () => {
  await writeSecrets()
  const snapshot = 'hub/models--org--sdxl/snapshots/0a1b'
  await writeText(at('hub/models--org--sdxl/blobs/11'), '{}')
  await writeText(at('hub/models--org--sdxl/blobs/22'), '{"a": 1}')
  await writeText(at('hub/models--org--other/blobs/33'), '{"a": 2}')
  await symlink(at('home/id_ed25519'), at('hub/models--org--sdxl/blobs/44'))
  await mkdir(at(snapshot, 'tokenizer'), { recursive: true })
  await symlink('../../blobs/11', at(snapshot, 'model_index.json'))
  await symlink('../../../blobs/22', at(snapshot, 'tokenizer/vocab.json'))
  await symlink('../../../../models--org--other/blobs/33', at(snapshot, 'tokenizer/other.json'))
  await symlink('../../../blobs/44', at(snapshot, 'tokenizer/secret.json'))
  await symlink(at('hub'), at('linked-hub'))
  for (const path of [snapshot, snapshot.replace('hub', 'linked-hub')]) {
    expect(await collect(path)).toEqual({
      files: ['0a1b/tokenizer | vocab.json', '0a1b | model_index.json'],
      skipped: ['0a1b/tokenizer/other.json | link-outside', '0a1b/tokenizer/secret.json | link-outside'],
    })
  }
})

test('adds the external weights of a dropped graph once, with the graph that needs them', async () => {
  for (const name of ['pose.onnx', 'pose.onnx.data', 'pose.onnx_data']) await writeText(at(name), 'x')
  const { files, skipped } = await collectFiles([at('pose.onnx'), at('pose.onnx.data')])
  expect(files).toMatchObject([
    {
      name: 'pose.onnx',
      group: { kind: 'external', files: ['pose.onnx', 'pose.onnx_data', 'pose.onnx.data'] },
    },
    { name: 'pose.onnx_data', requiredBy: { name: 'pose.onnx' }, mtimeNs: expect.any(BigInt) as bigint },
    { name: 'pose.onnx.data' },
  ])
  expect([files[0]?.requiredBy, files[2]?.requiredBy, skipped]).toEqual([undefined, undefined, []])
})

test('lists all files of a diffusers model, also missing ones, with each of its files', async () => {
  const components = { unet: ['diffusers', 'UNet'], vae: ['diffusers', 'AutoencoderKL'] }
  await writeText(at('sdxl/model_index.json'), JSON.stringify(components))
  await writeText(at('sdxl/unet/model.safetensors'), 'x')
  // On macOS, a file without blocks is only in a cloud drive.
  await writeText(at('sdxl/unet/cloud.safetensors'), '')
  await truncate(at('sdxl/unet/cloud.safetensors'), 1_000_000)
  await writeText(at('sdxl/unet/notes.pdf'), 'x')
  await symlink(at('nowhere'), at('sdxl/unet/dead.safetensors'))
  await writeText(at('sdxl/a/b/part.safetensors'), 'y')
  await writeText(at('sdxl/a/b/c/other.safetensors'), 'z')
  const { files } = await collectFiles([at('sdxl')], { platform: 'darwin' })
  const names = ['a/b/part.safetensors', 'model_index.json', 'unet/cloud.safetensors']
  const all = [...names, 'unet/dead.safetensors', 'unet/model.safetensors', 'vae/']
  expect(files.map(({ name, group }) => [name, group?.files?.toSorted()])).toEqual([
    ['other.safetensors', undefined],
    ['part.safetensors', all],
    ['model_index.json', all],
    ['model.safetensors', all],
    ['dead.safetensors', all],
  ])
})
