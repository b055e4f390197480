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
  return { workflows, id: id ?? '', clock, hanging, views, enqueuedAt }
}

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
