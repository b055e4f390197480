import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { loadWorkerFiles, startWorker } from '../../../../electron/platform/threads/worker-file.ts'

/** A thread that posts a text and its data. */
const program = (text: string) =>
  `import { parentPort, workerData } from 'node:worker_threads'; parentPort.postMessage(['${text}', workerData])`

/** Worker files as they were built, by name. */
function setup(built: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-worker-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
    vi.unstubAllGlobals()
  })
  const hashes = Object.entries(built).map(([name, text]) => [
    name,
    createHash('sha256').update(text).digest('hex'),
  ])
  vi.stubGlobal('__WORKER_HASHES__', Object.fromEntries(hashes))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  for (const [name, text] of Object.entries(built)) write(name, text)
  return { write, urlOf: (name: string) => pathToFileURL(join(folder, name)) }
}

async function postedBy(url: URL): Promise<unknown> {
  const worker = startWorker(url, { workerData: 'data' })
  const [message] = (await once(worker, 'message')) as unknown[]
  await worker.terminate()
  return message
}

test('a thread starts from a file that is as it was built', async () => {
  const { urlOf } = setup({ 'hash.js': program('built') })
  expect(loadWorkerFiles([urlOf('hash.js')])).toBeNull()
  expect(await postedBy(urlOf('hash.js'))).toEqual(['built', 'data'])
})

test('a thread reads a user’s archive as a file, as Electron does with this setting', async () => {
  // Built files declare `process`.
  const text = `import { parentPort } from 'node:worker_threads'; const process = globalThis.process; parentPort.postMessage(process.noAsar)`
  const { urlOf } = setup({ 'hash.js': text })
  expect(await postedBy(urlOf('hash.js'))).toBe(true)
})

test('a thread starts from the file as it was loaded, although an update has replaced it', async () => {
  const { urlOf, write } = setup({ 'hash.js': program('built') })
  loadWorkerFiles([urlOf('hash.js')])
  write('hash.js', program('updated'))
  expect(loadWorkerFiles([urlOf('hash.js')])).toBeNull()
  expect(await postedBy(urlOf('hash.js'))).toEqual(['built', 'data'])
})

test('names the first file that was changed after the build', () => {
  const { urlOf, write } = setup({ 'hash.js': '1', 'put.js': '2', 'find.js': '3' })
  const load = () => loadWorkerFiles(['hash.js', 'put.js', 'find.js'].map(urlOf))
  write('put.js', 'changed')
  write('find.js', 'changed')
  expect(load()).toBe('put.js')
  write('put.js', '2')
  expect(load()).toBe('find.js')
  write('find.js', '3')
  expect(load()).toBeNull()
})

test('names a file that is missing or was not built', () => {
  const { urlOf, write } = setup({ 'hash.js': '1' })
  write('other.js', '1')
  expect(loadWorkerFiles([urlOf('other.js')])).toBe('other.js')
  expect(loadWorkerFiles([urlOf('missing.js')])).toBe('missing.js')
})

test('no thread starts from a changed file', () => {
  const { urlOf, write } = setup({ 'hash.js': program('built') })
  write('hash.js', program('changed'))
  expect(() => startWorker(urlOf('hash.js'))).toThrow('a file of the app was changed: hash.js')
})
