import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  findSidecars,
  hasDownloadBeside,
  isSidecar,
  modelStems,
} from '../../../electron/recognition/sidecars.ts'
import { writeText } from '../../fixtures/model-files.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sidecars-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))
const at = (name: string) => join(root, name)

const pictures = ['.preview.png', '.preview.jpg', '.preview.webp', '.png', '.jpg', '.jpeg', '.webp']
const texts = ['.cm-info.json', '.civitai.info', '.metadata.json', '.json']

test('a sidecar has the name of a model and one of the known endings, in any case', () => {
  const stems = modelStems(['Cat.safetensors', 'dog.v2.ckpt', 'notes.txt'])
  expect([...stems]).toEqual(['cat', 'dog.v2'])
  for (const ending of [...pictures, ...texts]) {
    const names = [`cat${ending}`, `CAT${ending.toUpperCase()}`, `dog.v2${ending}`, `other${ending}`, ending]
    expect(
      names.map((name) => isSidecar(name, stems)),
      ending,
    ).toEqual([true, true, true, false, false])
  }
  expect(['cat.txt', 'notes.json', 'cat.safetensors'].some((name) => isSidecar(name, stems))).toBe(false)
})

test('finds the picture that takes precedence and all descriptions in their order', async () => {
  await writeText(at('cat.safetensors'), '')
  for (const ending of texts.toReversed()) await writeText(at(`cat${ending}`), '{}')
  for (const ending of pictures.toReversed()) {
    await writeText(at(`cat${ending}`), '')
    expect(await findSidecars({ path: at('cat.safetensors') })).toEqual({
      picture: at(`cat${ending}`),
      texts: texts.map((one) => at(`cat${one}`)),
    })
  }
})

test('finds sidecars beside the link, and beside the file only if the link has none', async () => {
  const link = { path: at('blobs/1f'), name: 'cat.safetensors', place: at('models') }
  await writeText(at('blobs/1f'), '')
  await writeText(at('models/cat.safetensors'), '')
  expect(await findSidecars(link)).toEqual({ picture: null, texts: [] })
  await writeText(at('blobs/1f.png'), '')
  expect(await findSidecars(link)).toEqual({ picture: at('blobs/1f.png'), texts: [] })
  await writeText(at('models/cat.json'), '{}')
  expect(await findSidecars(link)).toEqual({ picture: null, texts: [at('models/cat.json')] })
  await writeText(at('models/cat.png'), '')
  expect(await findSidecars(link)).toEqual({
    picture: at('models/cat.png'),
    texts: [at('models/cat.json')],
  })
})

test.each(['.part', '.crdownload', '.aria2', '.download', '.incomplete', '.partial', '.tmp'])(
  'a file with %s behind its name shows that a model is being downloaded',
  async (suffix) => {
    expect(await hasDownloadBeside(at('cat.safetensors'))).toBe(false)
    await writeText(at(`cat${suffix}`), '')
    expect(await hasDownloadBeside(at('cat.safetensors'))).toBe(false)
    await writeText(at(`cat.safetensors${suffix}`), '')
    expect(await hasDownloadBeside(at('cat.safetensors'))).toBe(true)
  },
)
