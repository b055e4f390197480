import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findSameFile } from '../../../electron/conflicts/same-file.ts'
import type { UploadState } from '../../../electron/journal/upload-record.ts'
import { identityOf, readSample, type FileIdentity } from '../../../electron/platform/files/file-identity.ts'
import { uploadRecord } from '../../support/records.ts'

const unsent: UploadState = { kind: 'queued', started: false }

/** A queued file, and what `findSameFile` returns when its identity was another one. */
async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-same-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'a.safetensors')
  writeFileSync(path, 'the bytes of a model')
  await using file = await open(path)
  const sample = await readSample(file, statSync(path).size)
  const identity = { ...identityOf(statSync(path, { bigint: true })), sample }
  const find = async (before: FileIdentity, state = unsent) => {
    const result = await findSameFile(uploadRecord({ path, identity: before, state }))
    return result.ok ? result.value : result.failure.code
  }
  return { identity, find }
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
  const { sizeBytes, mtimeNs, inode } = identity
  const older = { sizeBytes, mtimeNs, inode }
  expect(await find(older)).toBe(older)
  expect(await find({ ...older, inode: 1n })).toBe('file-changed')
  // What was sent is compared with the file, so that it need not be sent again.
  expect(await find({ ...older, inode: 1n }, { kind: 'queued', started: true })).toEqual(identity)
})
