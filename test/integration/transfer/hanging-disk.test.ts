import { execFileSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { closeSync, constants, openSync, mkdtempSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { identityOf, openWithTimeout, openSameFile } from '../../../electron/platform/file-identity.ts'
import { createHasher } from '../../../electron/transfer/hasher.ts'
import { runningClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { startUploadWorkers } from '../../support/upload-workers.ts'
import { projectFolder } from '../../support/temp-project.ts'

/** A path that hangs when opened, like a file on an unreachable network disk. */
function hangingFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-hanging-'))
  const path = join(folder, 'model.safetensors')
  execFileSync('mkfifo', [path])
  onTestFinished(async () => {
    // Releases a thread that hangs while opening it, and stays open for one that is about to.
    openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    await rm(folder, { recursive: true })
  })
  return path
}

/** Whether the file is open for reading, or a reader waits; opening it for writing releases the reader. */
function hasReader(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENXIO' })
    return false
  }
}

const identityAt = async (path: string) => identityOf(await stat(path, { bigint: true }))

test('aborts a PUT at once while its disk hangs', async () => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()))
  const sent = await workers.put({ path: hangingFile(), bytes: Buffer.alloc(1_000) }, 'http://127.0.0.1:9/')
  sent.abort()
  expect(await sent.answer).toEqual({ kind: 'aborted', checksum: 0, flushedBytes: 0 })
})

test('aborts a hash at once while its disk hangs, and hashes other files meanwhile', async () => {
  const { hash: url } = workerFiles(join(projectFolder, 'electron/cli/main.ts'))
  const environment = createTestEnvironment(runningClock())
  const hasher = createHasher({ url, threads: 1, environment })
  onTestFinished(() => hasher.close())
  const hashOf = async (path: string, signal: AbortSignal) => {
    const identity = await identityAt(path)
    return hasher.hash({ path, identity, segmentBytes: 1_000_000 }, { signal, onProgress: () => {} })
  }
  const stop = new AbortController()
  const hanging = await hashOf(hangingFile(), stop.signal)
  const { path } = await startUploadWorkers(environment).createFile(10)
  const other = await hashOf(path, new AbortController().signal)
  expect(await other.result).toMatchObject({ ok: true })
  stop.abort()
  expect(await hanging.result).toEqual({ ok: false, kind: 'aborted' })
})

test('refuses and closes another file at the same path', async () => {
  const path = hangingFile()
  const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const opened = await openSameFile(path, { ...(await identityAt(path)), mtimeNs: 0n })
  closeSync(both)
  expect(opened).toMatchObject({ ok: false, failure: { code: 'file-changed' } })
  expect(hasReader(path)).toBe(false)
})

test('reports a disk that opens no file in time, and closes a file opened later', async () => {
  const path = hangingFile()
  const identity = await identityAt(path)
  const { signal } = new AbortController()
  const opened = await openWithTimeout({ path, identity }, signal, 1)
  expect(opened).toMatchObject({
    ok: false,
    failure: { code: 'file-read-trouble', params: { problem: 'ETIMEDOUT' } },
  })
  expect(getEventListeners(signal, 'abort')).toEqual([])
  await expect.poll(() => hasReader(path)).toBe(true)
  await expect.poll(() => hasReader(path)).toBe(false)
})

test('aborts while waiting for a disk, and closes a file opened later', async () => {
  const path = hangingFile()
  const identity = await identityAt(path)
  const stop = new AbortController()
  const opening = openWithTimeout({ path, identity }, stop.signal)
  stop.abort()
  expect(await opening).toBeNull()
  await expect.poll(() => hasReader(path)).toBe(true)
  await expect.poll(() => hasReader(path)).toBe(false)
})
