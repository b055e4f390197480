import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../../electron/contract/account.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { ModelFinder, type ModelFinderOptions } from '../../../../electron/discovery/places/model-finder.ts'
import type { Library } from '../../../../electron/library/library.ts'
import { standingClock } from '../../../support/hand-clock.ts'
import { createModelFolder } from '../model-folder.ts'

/** A finder of a team whose library can’t be listed. */
function setupFinder(change: Partial<ModelFinderOptions>) {
  const clock = standingClock()
  const library = {
    models: async () => failed(failure('offline')),
    cachedModels: () => [],
    subscribe: () => () => undefined,
  }
  const finder = new ModelFinder({
    worker: new URL('file:///none'),
    computer: { platform: 'linux', home: '/none', environment: {} },
    environment: {
      timers: clock.timers,
      startThread: () => {
        throw new Error('no more threads')
      },
    },
    mountQueue: { run: (_path, call) => call() },
    library: library as unknown as Library,
    accounts: { list: () => [{ id: 'alice', server: 'https://cloud.example' } as Account] },
    rows: { ids: () => [], get: () => undefined },
    choices: { get: () => null, set: () => {} },
    onFindingChange: () => undefined,
    onWorkflowChange: () => {},
    resolve: () => ({ accountId: 'alice', team: { id: 'studio', name: 'Studio' } }),
    knownFiles: { uploadedBefore: () => [], hashes: { peek: () => null, filesWith: () => [] } },
    enqueue: async () => success({ added: 0, refused: 0, skipped: [] }),
    found: {
      chosenTeam: () => ({ accountId: 'alice', teamId: 'studio' }),
      queuedPathsOf: () => [],
      enqueueFound: async () => success({ added: 0, refused: 0, skipped: [] }),
      isReviewed: () => true,
    },
    ...change,
  })
  onTestFinished(() => finder.close())
  return finder
}

test('names the server of uploads with its port, and no destination without a team or its account', () => {
  const team = { id: 'studio', name: 'Studio' }
  const destinationWith = (accountId: string | null) => {
    const finder = setupFinder({
      accounts: { list: () => [{ id: 'alice', server: 'https://cloud.example:8443/api' } as Account] },
      resolve: () => (accountId === null ? null : { accountId, team }),
    })
    return finder.destinationFor(null)
  }
  const choice = { accountId: 'alice', teamId: 'studio' }
  expect(destinationWith('alice')).toEqual({ choice, team, server: 'cloud.example:8443' })
  expect([destinationWith(null), destinationWith('bob')]).toEqual([null, null])
})

test('remembers dropped folders and passes on everything that is no workflow or yaml file', async () => {
  const folder = createModelFolder('loras/a.safetensors', 'b.safetensors', 'c.png', 'd.yaml')
  const remembered: string[] = []
  const finder = setupFinder({
    choices: { get: () => null, set: (_name, text) => void remembered.push(text) },
  })
  const at = (name: string) => join(folder, name)
  const enqueued: (readonly string[])[] = []
  const enqueue = async (paths: readonly string[]) => {
    enqueued.push(paths)
    return success({ added: 1, refused: 0, skipped: [{ name: 'x', reason: 'junk' }] })
  }
  const names = ['loras', 'b.safetensors', 'c.png', 'd.yaml']
  const report = await finder.processDropped(names.map(at), enqueue)
  expect(enqueued).toEqual([[at('loras'), at('b.safetensors')]])
  expect(remembered.join()).toContain(at('loras'))
  expect(report).toEqual(
    success({
      added: 1,
      refused: 0,
      skipped: [
        { name: 'x', reason: 'junk' },
        // No thread could be started to read it.
        { name: 'c.png', reason: 'workflow-unread' },
        { name: 'd.yaml', reason: 'no-model-folders' },
      ],
    }),
  )
  const none = await finder.processDropped([at('d.yaml')], enqueue)
  expect(none).toEqual(
    success({ added: 0, refused: 0, skipped: [{ name: 'd.yaml', reason: 'no-model-folders' }] }),
  )
  expect(enqueued).toHaveLength(1)
  const refused = failed(failure('offline'))
  expect(await finder.processDropped([at('loras')], async () => refused)).toEqual(refused)
})
