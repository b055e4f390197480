import { mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { WorkflowView } from '../../../../electron/contract/discovery.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { MountQueue } from '../../../../electron/discovery/scan/mounts.ts'
import { localModelAt } from '../../../../electron/discovery/scan/walk-models.ts'
import type { NeededModel } from '../../../../electron/discovery/workflows/needed-models.ts'
import { Workflows, type WorkflowsOptions } from '../../../../electron/discovery/workflows/workflows.ts'
import { standingClock } from '../../../support/hand-clock.ts'
import { libraryModel } from '../../../support/library-model.ts'
import { createModelFolder } from '../model-folder.ts'

const needed = (name: string): NeededModel => ({
  name,
  modelType: 'loras',
  typeSource: 'loader',
  url: null,
  sha256: null,
  isOff: false,
  nodes: [],
})

/** A workflow that needs models of these names. Calls about files in folders named `share` never return. */
async function openWorkflow({
  names,
  paths = [],
  recent = [],
  change = {},
  sha256 = null,
}: {
  readonly names: readonly string[]
  /** Of earlier uploads. */
  readonly paths?: readonly string[]
  /** Recent folders, each with one model. */
  readonly recent?: readonly string[]
  readonly change?: Partial<WorkflowsOptions>
  /** Of each model. */
  readonly sha256?: string | null
}) {
  const clock = standingClock()
  const queue = new MountQueue(clock.timers, async () => () => '/')
  const requestedNames: (readonly string[])[] = []
  const hanging: string[] = []
  const views: WorkflowView[] = []
  const signals: AbortSignal[] = []
  /** The number of views when files had been enqueued. */
  const enqueuedAt: number[] = []
  const searchWorker: Pick<WorkflowsOptions['searchWorker'], 'search' | 'searchFolder'> = {
    async search(request, { onMessage, signal }) {
      if (signal) signals.push(signal)
      await setImmediate()
      if (request.kind === 'workflows')
        onMessage({
          kind: 'workflow',
          file: 'w.json',
          neededModels: names.map((name) => ({ ...needed(name), sha256 })),
        })
      for (const folder of request.kind === 'folders' ? request.folders : []) {
        const model = await localModelAt(join(folder, 'recent.safetensors'))
        const models = model ? [model] : []
        onMessage({ kind: 'folder', folder, models, incompleteReason: null, unread: [] })
      }
      return true
    },
    searchFolder: async () => ({ models: [], incompleteReason: null, unread: [] }),
  }
  const workflows = new Workflows({
    mountQueue: {
      run: (path, call) =>
        queue.run(path, () => {
          if (basename(dirname(path)) !== 'share') return call()
          hanging.push(path)
          return new Promise(() => {})
        }),
    },
    timers: clock.timers,
    searchWorker: searchWorker as WorkflowsOptions['searchWorker'],
    foundPlaces: {
      searchUninterrupted: async () => {},
      allModels: () => [],
      isSearchComplete: () => true,
    },
    recentFolders: { list: () => recent, add: () => {} },
    library: { models: async () => failed(failure('offline')) },
    destinationFor: () => null,
    queuedUploadsFor: () => [],
    knownFiles: {
      uploadedBefore: (fileNames) => (requestedNames.push(fileNames), paths),
      hashes: { peek: () => null, filesWith: () => [] },
    },
    async enqueue(files) {
      await setImmediate()
      enqueuedAt.push(views.length)
      return success({ added: files.length, refused: 0, skipped: [] })
    },
    onChange: (view) => void views.push(view),
    displayPath: (path) => path,
    ...change,
  })
  const { id } = await workflows.open(['w.json'])
  return { workflows, id: id ?? '', clock, hanging, views, signals, requestedNames, enqueuedAt }
}

/** Places whose search ends in the next turn of the event loop. */
const slowPlaces: WorkflowsOptions['foundPlaces'] = {
  searchUninterrupted: async () => void (await setImmediate()),
  allModels: () => [],
  isSearchComplete: () => true,
}

test('looks up earlier uploads by lower-case name and leaves out those that are gone', async () => {
  const root = createModelFolder('b.safetensors')
  mkdirSync(join(root, 'c.safetensors'))
  const paths = ['a', 'b', 'c'].map((name) => join(root, `${name}.safetensors`))
  const names = ['Faces/B.safetensors', 'A.safetensors', 'c.safetensors']
  const { workflows, id, requestedNames } = await openWorkflow({ names, paths })
  await workflows.whenComplete(id)
  expect(requestedNames).toEqual([['b.safetensors', 'a.safetensors', 'c.safetensors']])
  expect(workflows.view(id)?.needs.map(({ where }) => where)).toEqual([paths[1], null, null])
})

test('finds other models and ends while files of earlier uploads are on a share that is gone', async () => {
  const root = createModelFolder('recent.safetensors')
  const paths = [1, 2, 3, 4, 5].map((number) => `/share/${number}/a.safetensors`)
  const names = ['a.safetensors', 'recent.safetensors']
  const { workflows, id, clock, hanging, views } = await openWorkflow({ names, paths, recent: [root] })
  await expect.poll(() => clock.waits()).toEqual([10_000, 15_000])
  const stands = () => views.at(-1)?.needs.map(({ stand }) => stand)
  await expect.poll(stands).toEqual(['nowhere', 'here'])
  clock.advance(10_000)
  await expect.poll(() => hanging).toEqual(['/share/1', '/share/2'])
  expect(workflows.view(id)?.isLooking).toBe(true)
  clock.advance(5_000)
  await workflows.whenComplete(id)
  expect([workflows.view(id)?.isLooking, stands(), hanging.length]).toEqual([false, ['nowhere', 'here'], 2])
})

test('ends the search of a workflow that is closed, and reports nothing more about it', async () => {
  const { workflows, id, signals, views } = await openWorkflow({ names: ['a.pt'], recent: ['/none'] })
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  const complete = workflows.whenComplete(id)
  const viewCount = views.length
  workflows.close(id)
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  await complete
  expect([workflows.view(id), views.length]).toEqual([null, viewCount])
})

test('asks for no known hashes once the workflow is closed', async () => {
  let count = 0
  const hashes = { peek: () => null, filesWith: () => ((count += 1), []) }
  const knownFiles = { uploadedBefore: () => [], hashes }
  const wanted = { names: ['a.pt'], sha256: 'a'.repeat(64) }
  const open = await openWorkflow({ ...wanted, change: { knownFiles } })
  await open.workflows.whenComplete(open.id)
  // At once, and after the search.
  expect(count).toBe(2)
  const closed = await openWorkflow({ ...wanted, change: { knownFiles, foundPlaces: slowPlaces } })
  const before = count
  const complete = closed.workflows.whenComplete(closed.id)
  closed.workflows.closeAll()
  await complete
  expect(count).toBe(before)
})

test('keeps the latest five workflows open', async () => {
  const { workflows, id } = await openWorkflow({ names: ['a.pt'] })
  const others: string[] = []
  for (let count = 0; count < 4; count += 1) others.push((await workflows.open(['w.json'])).id ?? '')
  expect(workflows.view(id)?.id).toBe(id)
  const last = (await workflows.open(['w.json'])).id ?? ''
  const open = [id, ...others, last].map((one) => workflows.view(one) !== null)
  expect(open).toEqual([false, true, true, true, true, true])
})

test('shows when the library was listed and why it could not be listed again', async () => {
  const requested: unknown[] = []
  const choice = { accountId: 'me', teamId: 'team' }
  const destination = { choice, team: { id: 'team', name: 'Studio' }, serverUrl: 'https://a.example' }
  const { workflows, id, views } = await openWorkflow({
    names: ['a.pt'],
    change: {
      destinationFor: () => destination as never,
      library: {
        models: async (_choice, options) => {
          requested.push(options)
          await setImmediate()
          const reason = requested.length === 2 ? failure('offline') : null
          const models = requested.length === 3 ? [] : [libraryModel('models/loras/a.pt')]
          return success({ models, listedAtMs: 7, completeAtMs: 7, failure: reason })
        },
      },
    },
  })
  await workflows.whenComplete(id)
  expect(workflows.view(id)).toMatchObject({
    libraryFailure: null,
    libraryListedAtMs: 7,
    team: { id: 'team' },
  })
  expect(views.at(-1)?.needs).toMatchObject([{ stand: 'in-library', isFolder: false }])
  await workflows.listLibraryAgain(id)
  expect(views.at(-1)).toMatchObject({ libraryFailure: { code: 'offline' }, libraryListedAtMs: 7 })
  workflows.refresh()
  await expect.poll(() => views.at(-1)?.libraryFailure).toBeNull()
  expect(views.at(-1)?.needs).toMatchObject([{ stand: 'nowhere' }])
  expect(requested).toEqual([{ maxAgeMs: 60_000 }, { maxAgeMs: 0 }, {}])
})

test('names the folders whose search ended early or did not begin, but none that is gone', async () => {
  const searchWorker = {
    async search(request: { kind: string }, { onMessage }: { onMessage: (message: unknown) => void }) {
      if (request.kind === 'workflows')
        onMessage({ kind: 'workflow', file: 'w.json', neededModels: [needed('a.pt')] })
      else
        for (const [folder, incompleteReason] of [
          ['/whole', null],
          ['/gone', 'gone'],
          ['/huge', 'too-many'],
        ])
          onMessage({ kind: 'folder', folder, models: [], incompleteReason, unread: [] })
      return true
    },
  } as unknown as WorkflowsOptions['searchWorker']
  const recent = ['/whole', '/gone', '/huge', '/slow']
  const { workflows, id, views } = await openWorkflow({ names: [], recent, change: { searchWorker } })
  await workflows.whenComplete(id)
  expect(views.at(-1)).toMatchObject({
    isLooking: false,
    unseen: [
      { where: '/huge', why: 'too-many' },
      { where: '/slow', why: 'too-slow' },
    ],
  })
})

test('names all files of which a workflow consists, by the first', async () => {
  const { workflows } = await openWorkflow({
    names: [],
    change: {
      searchWorker: {
        async search(_request: unknown, { onMessage }: { onMessage: (message: unknown) => void }) {
          for (const file of ['/d/a.json', '/d/b.png', '/d/c.png'])
            onMessage({ kind: 'workflow', file, neededModels: file === '/d/c.png' ? null : [needed('a.pt')] })
          return true
        },
      } as unknown as WorkflowsOptions['searchWorker'],
    },
  })
  const two = await workflows.open(['/d/a.json', '/d/b.png', '/d/c.png', '/d/hangs.png'])
  expect(two).toMatchObject({ files: ['/d/a.json', '/d/b.png'], unread: ['/d/hangs.png'] })
  expect(workflows.view(two.id ?? '')?.fileName).toBe('a.json + 1')
  const one = await workflows.open(['/d/a.json', '/d/c.png'])
  expect(workflows.view(one.id ?? '')?.fileName).toBe('a.json')
  expect(await workflows.open(['/d/c.png'])).toEqual({ id: null, files: [], unread: [] })
})

test('uses no file for a model if there is none at the picked path', async () => {
  const { workflows, id } = await openWorkflow({ names: ['a.pt'] })
  await workflows.whenComplete(id)
  expect(await workflows.locateModel(id, '0', '/none/a.pt')).toEqual(failed(failure('file-unreadable')))
  expect(await workflows.locateModel(id, '1', '/none/a.pt')).toEqual(success(undefined))
  expect(workflows.view(id)?.needs[0]?.stand).toBe('nowhere')
})

test('shows a file that the user picks for a model', async () => {
  const { workflows, id, views } = await openWorkflow({ names: ['a.pt'] })
  await workflows.whenComplete(id)
  const path = join(createModelFolder('loras/b.pt'), 'loras/b.pt')
  await workflows.locateModel(id, '0', path)
  expect(views.at(-1)?.needs).toMatchObject([{ stand: 'here', by: 'hand', where: path }])
})

test('looks for all models in a folder that the user picks, and remembers it', async () => {
  const root = createModelFolder('recent.safetensors')
  const remembered: string[] = []
  const { workflows, id, views } = await openWorkflow({
    names: ['recent.safetensors'],
    change: { recentFolders: { list: () => [], add: (folder) => void remembered.push(folder) } },
  })
  await workflows.whenComplete(id)
  expect(views.at(-1)).toMatchObject({ isLooking: false, needs: [{ stand: 'nowhere' }] })
  const search = workflows.searchFolder(id, root)
  expect([remembered, views.at(-1)?.isLooking]).toEqual([[root], true])
  await search
  expect(views.at(-1)).toMatchObject({ isLooking: false, needs: [{ stand: 'here' }] })
  await workflows.searchFolder('closed', '/other')
  expect(remembered).toEqual([root])
})

test('says whether the usual places were searched once the search has ended', async () => {
  const foundPlaces = { ...slowPlaces, isSearchComplete: () => false }
  const { workflows, id } = await openWorkflow({ names: ['a.pt'], change: { foundPlaces } })
  expect(workflows.view(id)).toMatchObject({ isLooking: true, isUsualSeen: true })
  await workflows.whenComplete(id)
  expect(workflows.view(id)).toMatchObject({ isLooking: false, isUsualSeen: false })
})

test('enqueues only the requested models, after a question unless all were picked', async () => {
  const root = createModelFolder('recent.safetensors', 'picked/b.pt')
  const enqueued: string[] = []
  const questions: number[] = []
  const destination = {
    choice: { accountId: 'me', teamId: 'team' },
    team: { id: 'team', name: 'Studio' },
    server: 'a.example',
  }
  const { workflows, id } = await openWorkflow({
    names: ['recent.safetensors', 'b.pt', 'c.pt'],
    recent: [root],
    change: {
      destinationFor: () => destination as never,
      enqueue: async (files) => {
        enqueued.push(...files.map(({ path }) => basename(path)))
        return success({ added: files.length, refused: 0, skipped: [] })
      },
    },
  })
  await workflows.whenComplete(id)
  await workflows.locateModel(id, '1', join(root, 'picked/b.pt'))
  const confirm = async ({ count }: { readonly count: number }) => {
    questions.push(count)
    return true
  }
  await workflows.enqueueModels(id, ['1', '2'], confirm)
  expect([enqueued, questions]).toEqual([['b.pt'], []])
  await workflows.enqueueModels(id, ['0', '1'], confirm)
  expect([enqueued, questions]).toEqual([['b.pt', 'recent.safetensors', 'b.pt'], [2]])
  const none = success({ added: 0, refused: 0, skipped: [] })
  expect(await workflows.enqueueModels('closed', ['0'], confirm)).toEqual(none)
})

test.each(['found', 'picked'])('shows that a %s model was enqueued only once it was', async (how) => {
  const root = createModelFolder('recent.safetensors')
  const recent = how === 'found' ? [root] : []
  const { workflows, id, views, enqueuedAt } = await openWorkflow({ names: ['recent.safetensors'], recent })
  await workflows.whenComplete(id)
  if (how === 'picked') await workflows.locateModel(id, '0', join(root, 'recent.safetensors'))
  const viewCount = views.length
  const report = await workflows.enqueueModels(id, ['0'], async () => true)
  expect(report).toEqual(success({ added: 1, refused: 0, skipped: [] }))
  expect([enqueuedAt, views.length]).toEqual([[viewCount], viewCount + 1])
})
