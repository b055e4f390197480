import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSidecars } from '../../../../electron/recognition/metadata/sidecar-text.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sidecars-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** The facts in files with these contents, in order. */
async function factsIn(...contents: readonly unknown[]) {
  const paths = await Promise.all(
    contents.map(async (content, index) => {
      const path = join(root, `${index}.json`)
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
      return path
    }),
  )
  return readSidecars(paths)
}

const noFacts = {
  title: null,
  author: null,
  description: null,
  licence: null,
  triggerWords: [],
  trainingBase: null,
}

test.each([
  [
    'Stability Matrix',
    { ModelName: 'Ferry', ModelDescription: '<p>A\n ferry</p>', TrainedWords: ['ferry'], BaseModel: 'SDXL' },
    { title: 'Ferry', description: 'A ferry', triggerWords: ['ferry'], trainingBase: 'SDXL' },
  ],
  [
    'a helper for Civitai',
    {
      model: { name: 'Ferry' },
      creator: { username: 'mira' },
      description: 'A ferry',
      license: 'MIT',
      trainedWords: ['ferry', ' ', 'boat'],
      baseModel: 'SDXL',
    },
    {
      title: 'Ferry',
      author: 'mira',
      description: 'A ferry',
      licence: 'MIT',
      triggerWords: ['ferry', 'boat'],
      trainingBase: 'SDXL',
    },
  ],
  ['A1111', { 'activation text': 'ferry, , boat' }, { triggerWords: ['ferry', 'boat'] }],
  ['a manager of ComfyUI', { model_name: 'Ferry' }, { title: 'Ferry' }],
])('reads the fields that %s writes', async (_tool, content, facts) => {
  expect(await factsIn(content)).toEqual({ ...noFacts, ...facts })
})

test('takes each fact from the first file that has it', async () => {
  const all = (value: string) => ({
    ModelName: value,
    creator: { username: value },
    description: value,
    license: value,
    trainedWords: [value],
    baseModel: value,
  })
  const facts = (value: string) => ({
    title: value,
    author: value,
    description: value,
    licence: value,
    triggerWords: [value],
    trainingBase: value,
  })
  expect(await factsIn(all('first'), all('second'))).toEqual(facts('first'))
  expect(await factsIn({ trainedWords: [] }, all('second'))).toEqual(facts('second'))
})

test('reads nothing from a file that is missing, too large or no object', async () => {
  const large = JSON.stringify({ ModelName: 'Ferry' }).padEnd(1024 * 1024)
  expect((await factsIn(large)).title).toBe('Ferry')
  for (const content of [`${large} `, '[]', 'null', '{ broken']) {
    expect(await factsIn(content)).toEqual(noFacts)
  }
  expect(await readSidecars([join(root, 'gone.json')])).toEqual(noFacts)
})
