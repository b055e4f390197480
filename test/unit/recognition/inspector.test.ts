import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Timers } from '../../../electron/platform/environment.ts'
import { collectFiles } from '../../../electron/discovery/scan/collect-files.ts'
import { realTimers } from '../../../electron/platform/system-environment.ts'
import { startWorker } from '../../../electron/platform/threads/worker-file.ts'
import { Inspector } from '../../../electron/recognition/inspector.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { writeComfyFolder } from '../../fixtures/models-folder.ts'
import { standingClock } from '../../support/hand-clock.ts'

const realWorker = new URL('../../../electron/recognition/inspect-worker.ts', import.meta.url)
const crashingWorker = new URL('./crashing-worker.ts', import.meta.url)

let root: string
let inspector: Inspector
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'inspector-'))
})
afterEach(async () => {
  await inspector.close()
  await rm(root, { recursive: true, force: true })
})

test('inspects every file of a models folder, valid or not', async () => {
  inspector = new Inspector(realWorker, { timers: realTimers })
  const { files } = await collectFiles([await writeComfyFolder(root)])
  const results = await Promise.all(
    files.map(async (file) => {
      const { recognition, target, failure } = await inspector.inspect(file)
      return [
        file.name,
        recognition.modelType,
        recognition.base,
        target.modelPath,
        failure?.code ?? 'accepted',
      ]
    }),
  )
  expect(results).toEqual([
    [
      'flux1-dev.safetensors',
      'diffusion_models',
      'Flux.1',
      'models/diffusion_models/flux1-dev.safetensors',
      'accepted',
    ],
    ['easy.safetensors', 'embeddings', 'SD1', 'models/embeddings/easy.safetensors', 'accepted'],
    ['denied.safetensors', 'loras', null, 'models/loras/denied.safetensors', 'file-web-page'],
    ['empty.safetensors', 'loras', null, 'models/loras/empty.safetensors', 'file-empty'],
    ['flux_detail.safetensors', 'loras', 'Flux.1', 'models/loras/flux_detail.safetensors', 'accepted'],
    ['hollow.safetensors', 'loras', null, 'models/loras/hollow.safetensors', 'file-hollow'],
    ['pointer.safetensors', 'loras', null, 'models/loras/pointer.safetensors', 'file-pointer'],
    ['painter.safetensors', 'loras', 'SDXL', 'models/loras/SDXL/painter.safetensors', 'accepted'],
    ['4x_Sharp.pth', 'upscale_models', null, 'models/upscale_models/4x_Sharp.pth', 'accepted'],
    ['cut.safetensors', 'vae', 'SD / SDXL', 'models/vae/cut.safetensors', 'file-cut-short'],
  ])
})

test('keeps the failure of a file that the scan refused', async () => {
  inspector = new Inspector(realWorker, { timers: realTimers })
  const { files } = await collectFiles([''])
  const [file] = files
  expect(file && (await inspector.inspect(file)).failure).toEqual({ code: 'file-no-path', params: {} })
})

test('refuses only the files that crash the worker', async () => {
  inspector = new Inspector(crashingWorker, { timers: realTimers })
  const paths: string[] = []
  for (let number = 0; number < 40; number += 1) {
    const name = { 5: 'exit', 9: 'throw', 30: 'exit-too' }[number] ?? `valid-${number}`
    paths.push((await writeSafetensors(join(root, `${name}.safetensors`))).path)
  }
  const failures = await Promise.all(
    paths.map(async (path) => (await inspector.inspect({ path, folder: '' })).failure),
  )
  const refused = failures.flatMap((failure, index) =>
    failure ? [[index, failure.code, failure.detail ?? '']] : [],
  )
  expect(refused).toEqual([
    [5, 'unexpected', ''],
    [9, 'unexpected', 'a bug'],
    [30, 'unexpected', ''],
  ])
  // Six workers start one after the other, each from source: on a busy machine that takes a second each.
}, 30_000)

test('inspects many files on two threads, and refuses only the files that crash one', async () => {
  let threadCount = 0
  const startThread: typeof startWorker = (...args) => {
    threadCount += 1
    return startWorker(...args)
  }
  inspector = new Inspector(crashingWorker, { timers: realTimers, startThread })
  const { path } = await writeSafetensors(join(root, 'valid.safetensors'))
  const crashing = await writeSafetensors(join(root, 'exit.safetensors'))
  const inspect = (count: number, crashingIndex = -1) =>
    Promise.all(
      Array.from({ length: count }, (_none, index) =>
        inspector.inspect({ path: index === crashingIndex ? crashing.path : path, folder: '' }),
      ),
    )
  await inspect(300)
  expect(threadCount).toBe(1)
  await inspect(150)
  expect(threadCount).toBe(2)
  const failures = (await inspect(300, 150)).map(({ failure }) => failure?.code ?? 'accepted')
  expect(failures.flatMap((code, index) => (code === 'accepted' ? [] : [[index, code]]))).toEqual([
    [150, 'unexpected'],
  ])
}, 30_000)

test('inspects all files on one thread if the system can’t start a second', async () => {
  let startedCount = 0
  const startThread: typeof startWorker = (...args) => {
    startedCount += 1
    if (startedCount > 1) throw new Error('EAGAIN')
    return startWorker(...args)
  }
  inspector = new Inspector(crashingWorker, { timers: realTimers, startThread })
  const { path } = await writeSafetensors(join(root, 'valid.safetensors'))
  const inspections = Array.from({ length: 450 }, () => inspector.inspect({ path, folder: '' }))
  const failures = (await Promise.all(inspections)).map(({ failure }) => failure)
  expect([startedCount > 1, new Set(failures)]).toEqual([true, new Set([null])])
})

test('refuses only the file that exceeds the time limit', async () => {
  const pendingTimeouts = new Set<() => void>()
  const timers: Timers = {
    after(_delayMs, callback) {
      pendingTimeouts.add(callback)
      return () => pendingTimeouts.delete(callback)
    },
  }
  inspector = new Inspector(crashingWorker, { timers })
  const paths: string[] = []
  for (const name of ['a', 'endless', 'b', 'c']) {
    paths.push((await writeSafetensors(join(root, `${name}.safetensors`))).path)
  }
  const results = Promise.all(
    paths.map(async (path) => (await inspector.inspect({ path, folder: '' })).failure?.code ?? 'accepted'),
  )
  // The file is tried twice: with the others, then alone.
  for (let round = 0; round < 2; round += 1) {
    const begun = join(root, 'endless.safetensors.begun')
    await expect.poll(() => existsSync(begun), { timeout: 10_000 }).toBe(true)
    await rm(begun)
    // Alone, it holds up no other file.
    if (round === 1) await expect.poll(() => pendingTimeouts.size, { timeout: 10_000 }).toBe(1)
    const [expire] = pendingTimeouts
    expire?.()
  }
  expect(await results).toEqual(['accepted', 'file-look-late', 'accepted', 'accepted'])
  expect(pendingTimeouts.size).toBe(0)
}, 30_000)

test.skipIf(process.platform === 'win32')(
  'closes although a thread is blocked by a file of an unreachable disk',
  async () => {
    const fifo = join(root, 'fifo')
    execFileSync('mkfifo', [fifo])
    // With an encoding, opening and reading are one call, in which the thread can't be ended.
    const code = `require('node:worker_threads').parentPort.on('message', () =>
    require('node:fs').readFileSync(${JSON.stringify(fifo)}, 'utf8'))`
    const clock = standingClock()
    const startThread = () => new Worker(code, { eval: true })
    inspector = new Inspector(realWorker, { timers: clock.timers, startThread })
    const inspected = inspector.inspect({ path: fifo, folder: '' })
    // Can be opened once the thread has opened it, which then waits for bytes.
    const open = () => openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    let writer = 0
    await expect.poll(() => (writer = open()), { timeout: 10_000 }).toBeGreaterThan(0)
    const closed = inspector.close()
    expect((await inspected).failure?.code).toBe('file-not-inspected')
    clock.advance(1_000)
    await closed
    closeSync(writer)
  },
)

/** Creates an inspector that ends its thread at once after an inspection; returns how many it has started. */
function countThreads() {
  let count = 0
  const startThread: typeof startWorker = (...args) => {
    count += 1
    return startWorker(...args)
  }
  const idle = { afterInspectionMs: 1, otherwiseMs: 600_000 }
  inspector = new Inspector(realWorker, { timers: realTimers, startThread }, idle)
  return () => count
}
/** Timers of one duration fire in the order in which they were started. */
const afterIdleTimer = () => setTimeout(1)

test('starts a new worker after an idle time, and not between files', async () => {
  const threadCount = countThreads()
  const { path } = await writeSafetensors(join(root, 'a.safetensors'))
  const inspectTwice = () => Promise.all([1, 2].map(() => inspector.inspect({ path, folder: '' })))
  await inspectTwice()
  expect(threadCount()).toBe(1)
  await afterIdleTimer()
  await inspectTwice()
  expect(threadCount()).toBe(2)
})

test('keeps a worker that was started early for the first file, also after others', async () => {
  const threadCount = countThreads()
  const { path } = await writeSafetensors(join(root, 'a.safetensors'))
  for (let count = 1; count <= 2; count += 1) {
    inspector.warm()
    await afterIdleTimer()
    await inspector.inspect({ path, folder: '' })
    expect(threadCount()).toBe(count)
    await afterIdleTimer()
  }
})

test('keeps an idle worker when files are announced', async () => {
  const threadCount = countThreads()
  const { path } = await writeSafetensors(join(root, 'a.safetensors'))
  await inspector.inspect({ path, folder: '' })
  inspector.warm()
  await afterIdleTimer()
  await inspector.inspect({ path, folder: '' })
  expect(threadCount()).toBe(1)
})

test.each<[string, (path: string) => Promise<unknown>]>([
  ['the details of a file', (path) => inspector.readDetails({ path, folder: '' })],
  ['the header of a file alone', (path) => inspector.inspect({ path, folder: '', isHeaderOnly: true })],
])('keeps a worker for other files after it has read %s', async (_what, read) => {
  const threadCount = countThreads()
  const { path } = await writeSafetensors(join(root, 'a.safetensors'))
  await read(path)
  await afterIdleTimer()
  await read(path)
  expect(threadCount()).toBe(1)
})

test('a worker started after a crash outlives the old worker’s idle timer', async () => {
  const idle = { afterInspectionMs: 5, otherwiseMs: 5 }
  inspector = new Inspector(crashingWorker, { timers: realTimers }, idle)
  const { path } = await writeSafetensors(join(root, 'valid.safetensors'))
  const crashing = await writeSafetensors(join(root, 'exit.safetensors'))
  expect((await inspector.inspect({ path: crashing.path, folder: '' })).failure?.code).toBe('unexpected')
  inspector.warm()
  expect((await inspector.inspect({ path, folder: '' })).failure).toBeNull()
})

test('refuses unfinished and later files when it is closed', async () => {
  inspector = new Inspector(realWorker, { timers: realTimers })
  const { path } = await writeSafetensors(join(root, 'a.safetensors'))
  const pending = Array.from({ length: 50 }, () => inspector.inspect({ path, folder: '' }))
  await inspector.close()
  pending.push(inspector.inspect({ path, folder: '' }))
  const codes = new Set((await Promise.all(pending)).map(({ failure }) => failure?.code))
  expect(codes).toEqual(new Set(['file-not-inspected']))
})
