import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
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

test('refuses unfinished and later files when it is closed', async () => {
  inspector = new Inspector(realWorker, { timers: realTimers })
  const { path } = await writeSafetensors(join(root, 'a.safetensors'))
  const pending = Array.from({ length: 50 }, () => inspector.inspect({ path, folder: '' }))
  await inspector.close()
  pending.push(inspector.inspect({ path, folder: '' }))
  const codes = new Set((await Promise.all(pending)).map(({ failure }) => failure?.code))
  expect(codes).toEqual(new Set(['file-not-inspected']))
})
