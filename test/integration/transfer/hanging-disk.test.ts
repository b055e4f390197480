import { createHash } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { findChange, findSameFile } from '../../../electron/conflicts/same-file.ts'
import {
  diskTimeoutFailure,
  identityBySample,
  identityOf,
  openWithTimeout,
  openSameFile,
} from '../../../electron/platform/files/file-identity.ts'
import { hangingFolders } from '../../../electron/platform/files/hanging-folders.ts'
import { createHasher, hashWholeFile } from '../../../electron/transfer/hasher.ts'
import { createThreadHash } from '../../../electron/transfer/sent-hash.ts'
import { runningClock, standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { hangFolderOf } from '../../support/hang-folder.ts'
import { leasedFile } from '../../support/leased-file.ts'
import { uploadRecord } from '../../support/records.ts'
import { startUploadWorkers } from '../../support/upload-workers.ts'
import { projectFolder } from '../../support/temp-project.ts'

const identityAt = async (path: string) => identityOf(await stat(path, { bigint: true }))

/** Whether this process has the file open. */
function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      // The descriptor of the listing itself is closed by now.
      return false
    }
  })
}

test('aborts a PUT at once while its disk hangs', async () => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()))
  const { path } = await leasedFile()
  const sent = await workers.put({ path, bytes: Buffer.alloc(1_000) }, 'http://127.0.0.1:9/')
  sent.abort()
  expect(await sent.answer).toEqual({ kind: 'aborted', sha256: null, flushedBytes: 0 })
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
  const file = await leasedFile()
  const hanging = await hashOf(file.path, stop.signal)
  await file.until('requested')
  const { path } = await startUploadWorkers(environment).createFile(10)
  const other = await hashOf(path, new AbortController().signal)
  expect(await other.result).toMatchObject({ ok: true })
  stop.abort()
  expect(await hanging.result).toEqual({ ok: false, kind: 'aborted' })
})

/**
 * The hash worker on a disk whose reads hang, or only those of files of `hangingBytes`. The first one is reported as
 * progress of the thread's first job.
 */
const hangingHashWorker = (url: URL, hangingBytes?: number) => {
  const program = `
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    import { parentPort } from 'node:worker_threads'
    await import(${JSON.stringify(url)})
    const { readSync } = fs
    fs.readSync = (fd, ...rest) => {
      const hangingBytes = ${JSON.stringify(hangingBytes ?? null)}
      if (hangingBytes !== null && fs.fstatSync(fd).size !== hangingBytes) return readSync(fd, ...rest)
      parentPort.postMessage({ kind: 'progress', id: 1, progress: { hashedBytes: 0 } })
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    }
    syncBuiltinESMExports()`
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`)
}

test('hashes single PUTs while the disk of a file that is sent in parts hangs', async () => {
  const { hash } = workerFiles(join(projectFolder, 'electron/cli/main.ts'))
  const environment = createTestEnvironment(runningClock())
  const hasher = createHasher({ url: hangingHashWorker(hash), threads: 1, environment })
  onTestFinished(() => hasher.close())
  const { path, bytes } = await startUploadWorkers(environment).createFile(10)
  const identity = await identityAt(path)
  const reading = Promise.withResolvers<number>()
  const stop = new AbortController()
  const options = { signal: stop.signal, onProgress: reading.resolve }
  hasher.hash({ path, identity, segmentBytes: 1_000_000 }, options)
  await reading.promise
  const stream = hasher.openStream()
  const sentHash = createThreadHash(stream.port)
  sentHash.add(bytes, () => {})
  expect(await sentHash.hex()).toBe(createHash('sha256').update(bytes).digest('hex'))
  sentHash.close()
  stream.close()
})

test('ends a hash whose disk does not respond, and hashes other files in another thread', async () => {
  const { hash } = workerFiles(join(projectFolder, 'electron/cli/main.ts'))
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const hasher = createHasher({
    url: hangingHashWorker(hash, 2_000),
    threads: 1,
    environment,
    maxReadMs: 60,
  })
  onTestFinished(() => hasher.close())
  const { createFile } = startUploadWorkers(createTestEnvironment(runningClock()))
  const [hanging, other] = [await createFile(2_000), await createFile(10)]
  const hashOf = async ({ path }: { readonly path: string }) => {
    const { signal } = new AbortController()
    return hashWholeFile({ path, identity: await identityAt(path) }, { hasher, signal })
  }
  const [hung, waiting] = [hashOf(hanging), hashOf(other)]
  expect(await hung).toMatchObject({
    ok: false,
    failure: { code: 'file-read-trouble', params: { problem: 'ETIMEDOUT' } },
  })
  clock.advance(5_000)
  expect(await waiting).toMatchObject({ ok: true })
})

test('refuses and closes another file at the same path', async () => {
  const { path } = await startUploadWorkers(createTestEnvironment(runningClock())).createFile(10)
  const identity = await identityAt(path)
  const opened = await openSameFile(path, identity)
  if (!opened.ok) throw new Error(opened.failure.code)
  expect(isOpen(path)).toBe(true)
  await opened.handle.close()
  expect(await openSameFile(path, { ...identity, mtimeNs: 0n })).toMatchObject({
    ok: false,
    failure: { code: 'file-changed' },
  })
  expect(isOpen(path)).toBe(false)
})

test('reports a disk that opens no file in time, and closes a file opened later', async () => {
  const file = await leasedFile()
  const identity = await identityAt(file.path)
  const { signal } = new AbortController()
  const opened = await openWithTimeout({ path: file.path, identity }, signal, 1)
  expect(opened).toMatchObject({
    ok: false,
    failure: { code: 'file-read-trouble', params: { problem: 'ETIMEDOUT' } },
  })
  expect(getEventListeners(signal, 'abort')).toEqual([])
  file.release()
  await file.until('opened')
  await file.until('closed')
})

test('waits for the lease of a file, and compares others of its folder meanwhile', async () => {
  const { path, release } = await leasedFile()
  const identity = await identityAt(path)
  const other = join(dirname(path), 'other.safetensors')
  writeFileSync(other, 'text')
  const { timers, advance } = standingClock()
  const leased = Promise.withResolvers<void>()
  const compare = (responded: () => void) =>
    identityBySample(path, identity, () => {
      responded()
      leased.resolve()
    })
  const compared = hangingFolders.withFolderTimeout(dirname(path), compare, timers, 1_000)
  await leased.promise
  advance(1_000)
  const record = uploadRecord({ path: other, identity: await identityAt(other) })
  expect(await findSameFile(record, new AbortController().signal)).toMatchObject({ ok: true })
  release()
  expect(await compared).toMatchObject({ ok: true })
})

test('reports a disk that does not let a queued file be compared in time, until it responds', async () => {
  const { path } = await startUploadWorkers(createTestEnvironment(runningClock())).createFile(10)
  const record = uploadRecord({ path, identity: await identityAt(path) })
  const { signal } = new AbortController()
  const trouble = { ok: false, failure: diskTimeoutFailure() }
  const end = await hangFolderOf(path)
  expect(await findSameFile(record, signal)).toEqual(trouble)
  expect(await findChange(record, signal)).toEqual(trouble)
  end()
  await expect.poll(() => findSameFile(record, signal)).toMatchObject({ ok: true })
})

test('aborts while waiting for a disk, and closes a file opened later', async () => {
  const file = await leasedFile()
  const identity = await identityAt(file.path)
  const stop = new AbortController()
  const opening = openWithTimeout({ path: file.path, identity }, stop.signal)
  await file.until('requested')
  stop.abort()
  expect(await opening).toBeNull()
  file.release()
  await file.until('opened')
  await file.until('closed')
})
