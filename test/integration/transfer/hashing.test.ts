import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { workerFiles } from '../../../electron/cli/cli-environment.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { createHasher } from '../../../electron/transfer/hasher.ts'
import { createTestEnvironment, runningClock } from '../../support/hand-clock.ts'
import { projectFolder } from '../../support/temp-project.ts'

const mebibyte = 1024 * 1024

test('reports progress every 128 MiB, and is no more than 256 MiB ahead of the upload', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-hashing-'))
  const { hash: url } = workerFiles(join(projectFolder, 'electron/cli/main.ts'))
  const hasher = createHasher({ url, threads: 1, environment: createTestEnvironment(runningClock()) })
  onTestFinished(async () => {
    await hasher.close()
    rmSync(folder, { recursive: true })
  })
  const { signal } = new AbortController()
  const progress: number[] = []
  const ended: string[] = []
  const hash = async (name: string, sizeBytes: number) => {
    const path = join(folder, name)
    writeFileSync(path, '')
    truncateSync(path, sizeBytes)
    const identity = identityOf(await stat(path, { bigint: true }))
    const onProgress = (bytes: number) => void progress.push(bytes / mebibyte)
    const task = hasher.hash({ path, identity, segmentBytes: sizeBytes }, { signal, onProgress })
    return { ...task, result: task.result.finally(() => ended.push(name)) }
  }
  const large = await hash('large', 256 * mebibyte + 1)
  await expect.poll(() => progress).toEqual([128, 256])
  // The thread would end the first one before it begins this one.
  await (
    await hash('small', 1)
  ).result
  expect(ended).toEqual(['small'])
  large.uploadReached(1)
  expect((await large.result).ok).toBe(true)
  expect(progress).toEqual([128, 256])
})
