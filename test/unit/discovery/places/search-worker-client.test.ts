import { execFileSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { closeSync, constants, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SearchWorkerClient } from '../../../../electron/discovery/places/search-worker-client.ts'
import type { SearchMessage, SearchRequest } from '../../../../electron/discovery/places/search-messages.ts'
import { onnxOf } from '../../../fixtures/onnx-files.ts'
import { standingClock } from '../../../support/hand-clock.ts'
import { createModelFolder } from '../model-folder.ts'

const scriptedWorker = new URL('./scripted-search-worker.ts', import.meta.url)
const runSteps = (...files: readonly string[]): SearchRequest => ({ kind: 'workflows', files })

/** Both ends of the FIFOs at the end of a test, until its threads have ended. */
const released: number[] = []

function setup(workerUrl = scriptedWorker) {
  const clock = standingClock()
  const client = new SearchWorkerClient(workerUrl, { platform: 'linux', home: '/', environment: {} }, clock)
  onTestFinished(async () => {
    await client.close()
    for (const descriptor of released.splice(0)) closeSync(descriptor)
  })
  /** Starts a search; `started` resolves with its first message. */
  function search(order: SearchRequest, signal?: AbortSignal) {
    const messages: string[] = []
    let start = () => {}
    const started = new Promise<void>((resolve) => (start = resolve))
    const onMessage = (message: SearchMessage) => {
      messages.push(message.kind === 'workflow' ? message.file : message.kind)
      start()
    }
    const done = client.search(order, { onMessage, ...(signal ? { signal } : {}) })
    return { messages, started, done }
  }
  return { clock, client, search }
}

test.each([
  ['was cut short', runSteps('one', 'incomplete')],
  ['crashes', runSteps('one', 'throw', 'complete')],
])('resolves as incomplete, after its messages, if a search %s', async (_what, order) => {
  const { clock, search } = setup()
  const { messages, done } = search(order)
  expect([await done, messages, clock.waits()]).toEqual([false, ['one'], []])
})

test.each([
  [60_000, runSteps('hang')],
  [180_000, { kind: 'folders', folders: [] } satisfies SearchRequest],
])('terminates an unresponsive thread after %i ms', async (limitMs, order) => {
  const { clock, search } = setup()
  const { started, done } = search(order)
  await started
  expect(clock.waits()).toEqual([limitMs])
  clock.advance(limitMs)
  expect([await done, clock.waits()]).toEqual([false, []])
})

test('ends the thread of an aborted search and passes on nothing more', async () => {
  const { clock, client } = setup()
  const abort = new AbortController()
  const messages: SearchMessage[] = []
  const onMessage = (message: SearchMessage) => {
    messages.push(message)
    abort.abort()
  }
  const done = client.search(runSteps('one', 'two', 'three', 'hang'), { signal: abort.signal, onMessage })
  expect([await done, messages.length, clock.waits()]).toEqual([false, 1, []])
  expect(getEventListeners(abort.signal, 'abort')).toEqual([])
})

/** A file that can't be opened until the test is finished, which keeps a thread from ending. */
function createHangingFile(): string {
  const fifo = join(createModelFolder('x.pt'), 'x.fifo')
  execFileSync('mkfifo', [fifo])
  // Opens both ends, which does not wait. They stay open, since a busy thread may not have tried to open it yet.
  onTestFinished(() => void released.push(openSync(fifo, constants.O_RDWR)))
  return fifo
}

const testWithFifos = test.skipIf(process.platform === 'win32')

testWithFifos('ends an aborted search although its thread hangs', async () => {
  const { clock, search } = setup()
  const abort = new AbortController()
  const { started, done } = search(runSteps(createHangingFile(), 'one'), abort.signal)
  await started
  abort.abort()
  expect([await done, clock.waits()]).toEqual([false, []])
  expect(getEventListeners(abort.signal, 'abort')).toEqual([])
})

testWithFifos('ends a search after its time limit although its thread hangs', async () => {
  const { clock, search } = setup()
  const { started, done } = search(runSteps(createHangingFile(), 'one'))
  await started
  clock.advance(60_000)
  expect([await done, clock.waits()]).toEqual([false, []])
})

testWithFifos('searches a folder again only once the search that hangs in it has ended', async () => {
  const { clock, client } = setup()
  const searched: string[] = []
  const folders = [createHangingFile(), 'other']
  const onMessage = (message: SearchMessage) =>
    void (message.kind === 'folder' && searched.push(message.folder))
  const searchAll = () => client.search({ kind: 'folders', folders }, { onMessage })
  const first = searchAll()
  await expect.poll(() => searched).toEqual(['started', 'other'])
  clock.advance(180_000)
  expect(await first).toBe(false)
  const alone = client.search({ kind: 'folders', folders: folders.slice(0, 1) }, { onMessage })
  expect(clock.waits()).toEqual([1_000])
  clock.advance(1_000)
  expect([await alone, clock.waits()]).toEqual([false, []])
  const second = searchAll()
  clock.advance(1_000)
  await expect.poll(() => searched).toEqual(['started', 'other', 'started', 'other'])
  clock.advance(180_000)
  expect(await second).toBe(false)
})

testWithFifos('waits on close for a hanging thread only for a limited time', async () => {
  const { clock, client, search } = setup()
  const { started, done } = search(runSteps(createHangingFile(), 'one'))
  await started
  const closed = client.close()
  expect([await done, clock.waits()]).toEqual([false, [1_000]])
  clock.advance(1_000)
  await closed
  expect(clock.waits()).toEqual([])
})

test('returns the models of a folder and the external weights of a graph, until it is closed', async () => {
  const { client } = setup(new URL('../../../../electron/discovery/places/search-worker.ts', import.meta.url))
  const folder = createModelFolder('vae/a.pt')
  const graph = join(folder, 'x.onnx')
  writeFileSync(
    graph,
    onnxOf([{ name: 'w', shape: [2, 2], external: { location: 'x.onnx.data', length: 16 } }]),
  )
  expect(await client.searchFolder(join(folder, 'vae'))).toMatchObject({
    models: [{ path: join(folder, 'vae/a.pt') }],
    incompleteReason: null,
  })
  expect(await client.readExternalWeights(graph)).toEqual(new Map([['x.onnx.data', 16]]))
  await client.close()
  expect(await client.searchFolder(folder)).toEqual({
    models: [],
    incompleteReason: 'too-slow',
    unread: [],
  })
  expect(await client.readExternalWeights(graph)).toBeNull()
})
