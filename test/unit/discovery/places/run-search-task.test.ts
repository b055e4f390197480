import { writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { runSearchTask, searchFolders } from '../../../../electron/discovery/places/run-search-task.ts'
import type { SearchMessage, SearchRequest } from '../../../../electron/discovery/places/search-messages.ts'
import {
  unresponsiveResult,
  type FolderSearchResult,
} from '../../../../electron/discovery/scan/search-folder.ts'
import { onnxOf } from '../../../fixtures/onnx-files.ts'
import { createModelFolder } from '../model-folder.ts'

const end = { kind: 'end', isComplete: true }

async function run(home: string, request: SearchRequest): Promise<readonly SearchMessage[]> {
  const messages: SearchMessage[] = []
  const computer = { platform: 'linux', home, environment: {} } as const
  await runSearchTask({ request, computer }, (message) => void messages.push(message))
  return messages
}

test('posts each place with its models', async () => {
  const home = createModelFolder('ComfyUI/models/vae/a.pt')
  const messages = await run(home, { kind: 'places' })
  const places = messages.flatMap((message) => (message.kind === 'place' ? [message.place] : []))
  expect(places.filter(({ path }) => path.startsWith(home))).toMatchObject([{ models: [{ name: 'a.pt' }] }])
  // Other disks of this computer are searched too, perhaps not completely.
  expect(messages.at(-1)?.kind).toBe('end')
})

test('posts the places of a yaml file, or that it lists none', async () => {
  const home = createModelFolder('heap/a.pt')
  const file = join(home, 'x.yaml')
  writeFileSync(file, 'mine:\n  loras: heap\n')
  const places = [{ kind: 'extra-paths', path: file, models: [{ modelType: 'loras' }] }]
  expect(await run(home, { kind: 'extra-paths', file })).toMatchObject([{ kind: 'extra-paths', places }, end])
  writeFileSync(file, 'hello')
  expect(await run(home, { kind: 'extra-paths', file })).toEqual([{ kind: 'extra-paths', places: null }, end])
})

test('posts the result of each folder', async () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const home = createModelFolder(...names.map((name) => `${name}/x.pt`))
  const folders = [...names, 'none'].map((name) => join(home, name))
  const messages = await run(home, { kind: 'folders', folders })
  const results = messages.map((message) =>
    message.kind === 'folder'
      ? [basename(message.folder), message.models.length, message.incompleteReason]
      : message,
  )
  expect(results.pop()).toEqual(end)
  expect(results.sort()).toEqual([...names.map((name) => [name, 1, null]), ['none', 0, 'gone']])
})

test('leaves out the other folders of a mount on which two don’t respond', async () => {
  const searched: string[] = []
  const messages: SearchMessage[] = []
  const folders = ['/none/a', '/none/b', '/none/c']
  const search = async (folder: string) => {
    searched.push(folder)
    return unresponsiveResult
  }
  await searchFolders(folders, (message) => void messages.push(message), search)
  expect(searched).toEqual(['/none/a', '/none/b'])
  expect(messages).toEqual(folders.map((folder) => ({ kind: 'folder', folder, ...unresponsiveResult })))
})

test('searches two folders of a mount at once, and one once another does not respond', async () => {
  const searched: string[] = []
  const posted: string[] = []
  const results = new Map<string, (result: FolderSearchResult) => void>()
  const search = (folder: string) => {
    searched.push(folder)
    return new Promise<FolderSearchResult>((resolve) => results.set(folder, resolve))
  }
  const healthy: FolderSearchResult = { models: [], incompleteReason: null, unread: [] }
  const folders = ['/none/a', '/none/b', '/none/c', '/none/d']
  const done = searchFolders(
    folders,
    (message) =>
      void (message.kind === 'folder' && posted.push(`${message.folder} ${message.incompleteReason}`)),
    search,
  )
  await expect.poll(() => searched).toEqual(['/none/a', '/none/b'])
  results.get('/none/a')?.(unresponsiveResult)
  await expect.poll(() => posted).toEqual(['/none/a too-slow'])
  expect(searched).toHaveLength(2)
  results.get('/none/b')?.(healthy)
  await expect.poll(() => searched).toEqual(['/none/a', '/none/b', '/none/c'])
  results.get('/none/c')?.(healthy)
  await expect.poll(() => searched).toEqual(folders)
  results.get('/none/d')?.(healthy)
  await done
  expect(posted.slice(1)).toEqual(['/none/b null', '/none/c null', '/none/d null'])
})

test('posts the models near each folder', async () => {
  const home = createModelFolder('models/vae/a.pt', 'models/unet/b.pt', 'other/c.pt')
  const folders = ['models/unet', 'other'].map((name) => join(home, name))
  const messages = await run(home, { kind: 'near', folders, modelTypes: ['vae'] })
  const paths = messages.map((message) =>
    message.kind === 'near' ? message.models.map(({ path }) => relative(home, path)) : message,
  )
  expect(paths).toEqual([['models/vae/a.pt', 'models/unet/b.pt'], ['other/c.pt'], end])
})

test('posts the external weights of a graph', async () => {
  const home = createModelFolder()
  const graph = join(home, 'x.onnx')
  writeFileSync(
    graph,
    onnxOf([{ name: 'w', shape: [2, 2], external: { location: 'x.onnx.data', length: 16 } }]),
  )
  expect(await run(home, { kind: 'weights', graph })).toEqual([
    { kind: 'weights', files: new Map([['x.onnx.data', 16]]) },
    end,
  ])
  expect(await run(home, { kind: 'weights', graph: join(home, 'none.onnx') })).toEqual([
    { kind: 'weights', files: null },
    end,
  ])
})

test('posts the models that each workflow needs', async () => {
  const home = createModelFolder('x.json')
  const file = join(home, 'y.json')
  writeFileSync(file, '{"nodes":[{"type":"VAELoader","widgets_values":["a.pt"]}]}')
  expect(await run(home, { kind: 'workflows', files: [join(home, 'x.json'), file] })).toMatchObject([
    { kind: 'workflow', file: join(home, 'x.json'), neededModels: null },
    { kind: 'workflow', file, neededModels: [{ name: 'a.pt' }] },
    end,
  ])
})
