import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  findChange,
  findSameFile,
  verifySentFile,
  wasTouched,
} from '../../../electron/conflicts/same-file.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { UploadState } from '../../../electron/journal/upload-record.ts'
import { aborted, isAborted, type Attempt } from '../../../electron/platform/aborted.ts'
import { identityOf, readSample, type FileIdentity } from '../../../electron/platform/files/file-identity.ts'
import type { Hasher } from '../../../electron/transfer/hasher.ts'
import { uploadRecord } from '../../support/records.ts'
import { unreadableFile } from '../../support/unreadable-file.ts'

const { signal } = new AbortController()
const unsent: UploadState = { kind: 'queued', started: false }

/** A queued file, and what `findSameFile` returns when its identity was another one. */
async function setup() {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-same-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const folder = join(root, 'models')
  mkdirSync(folder)
  const path = join(folder, 'a.safetensors')
  writeFileSync(path, 'the bytes of a model')
  await using file = await open(path)
  const sample = await readSample(file, statSync(path).size)
  const identity = { ...identityOf(statSync(path, { bigint: true })), sample }
  const find = async (before: FileIdentity, state = unsent) => {
    const result = await findSameFile(uploadRecord({ path, identity: before, state }), signal)
    if (isAborted(result)) throw new Error('the check was not aborted')
    return result.ok ? result.value : result.failure.code
  }
  return { root, folder, path, identity, find }
}

test('accepts a file with another inode or device if its samples are the same', async () => {
  const { identity, find } = await setup()
  expect(await find(identity)).toBe(identity)
  expect(await find({ ...identity, inode: 1n })).toEqual(identity)
  expect(await find({ ...identity, device: 1n })).toEqual(identity)
  expect(await find({ ...identity, inode: 1n, sample: 'other' })).toBe('file-changed')
  expect(await find({ ...identity, device: 1n, sample: 'other' })).toBe('file-changed')
})

test('takes an unsent file of an older version’s record for another one if its inode differs', async () => {
  const { identity, find } = await setup()
  const { sizeBytes, mtimeNs, inode, device, sample } = identity
  const older = { sizeBytes, mtimeNs, inode }
  expect(await find(older)).toBe(older)
  expect(await find({ ...older, inode: 1n })).toBe('file-changed')
  // What was sent is compared with the file, so that it need not be sent again.
  expect(await find({ ...older, inode: 1n }, { kind: 'queued', started: true })).toEqual({
    ...older,
    device,
    sample,
  })
})

test('compares the samples of a file without an inode, or whose folder has become a link', async () => {
  const { identity, find, folder, root } = await setup()
  const withoutNumbers = { ...identity, inode: 0n }
  expect(await find(withoutNumbers)).toEqual(identity)
  expect(await find({ ...withoutNumbers, sample: 'other' })).toBe('file-changed')
  renameSync(folder, join(root, 'moved'))
  symlinkSync(join(root, 'moved'), folder, 'junction')
  expect(await find(identity)).toBe(identity)
  expect(await find({ ...identity, sample: 'other' })).toBe('file-changed')
})

// Only Linux has a file whose reads fail.
test.runIf(process.platform === 'linux').each([
  ['another inode', { inode: 1n }],
  ['another device', { device: 1n }],
  ['no inode', { inode: 0n }],
])('does not take a file with %s for a changed one if its samples can’t be read', async (_, numbers) => {
  const { path, identity } = unreadableFile()
  const record = uploadRecord({ path, identity: { ...identity, ...numbers, sample: 'a' } })
  const trouble = { ok: false, failure: { code: 'file-read-trouble', params: { problem: 'EIO' } } }
  expect(await findSameFile(record, signal)).toMatchObject(trouble)
  expect(await findChange(record, signal)).toMatchObject(trouble)
})

test.for<[string, Attempt<{ readonly sha256: string }>, unknown]>([
  ['with the bytes that were sent is the same', success({ sha256: 'sent' }), success(undefined)],
  ['with other bytes has changed', success({ sha256: 'other' }), failed(failure('file-changed'))],
  ['that cannot be read', failed(failure('file-unreadable')), failed(failure('file-unreadable'))],
  ['that is not needed any more', aborted, aborted],
])('a file %s', async ([, result, expected]) => {
  const { path, identity } = await setup()
  const hashed: string[] = []
  const hasher = {
    hash(job: { readonly path: string }) {
      hashed.push(job.path)
      return { result: Promise.resolve(result), uploadReached: () => {} }
    },
  } as unknown as Hasher
  expect(await verifySentFile(path, { sha256: 'sent', identity }, { hasher, signal })).toEqual(expected)
  expect(hashed).toEqual([path])
})

test('a file during its upload has changed, was mounted again, was touched, or none of these', async () => {
  const { path, identity } = await setup()
  const change = (before: FileIdentity) => findChange(uploadRecord({ path, identity: before }), signal)
  expect(await change(identity)).toEqual(success(undefined))
  expect(await change({ ...identity, inode: 1n })).toMatchObject({
    failure: { code: 'file-read-trouble', params: { problem: 'ESTALE' } },
  })
  expect(await change({ ...identity, ctimeNs: 1n })).toMatchObject({ failure: { code: 'hash-interrupted' } })
  for (const changed of [
    { ...identity, inode: 1n, sample: 'other' },
    { ...identity, mtimeNs: 1n },
    { ...identity, sizeBytes: 1 },
  ])
    expect(await change(changed)).toMatchObject({ failure: { code: 'file-changed' } })
  rmSync(path)
  expect(await change(identity)).toMatchObject({ failure: { code: 'file-missing' } })
})

test('a file with another ctime was touched if its size and time are the same', async () => {
  const { path, identity } = await setup()
  const touched = (before: FileIdentity) => wasTouched(uploadRecord({ path, identity: before }), signal)
  const { ctimeNs: _, ...older } = identity
  expect(await touched(identity)).toEqual(success(false))
  expect(await touched({ ...identity, ctimeNs: 1n })).toEqual(success(true))
  // It has changed, as the run reports.
  expect(await touched({ ...identity, ctimeNs: 1n, mtimeNs: 1n })).toEqual(success(false))
  expect(await touched(older)).toEqual(success(false))
})
