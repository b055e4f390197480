import { expect, test } from 'vitest'
import { abortMultipart, completeMultipart, initiateMultipart } from '../../../electron/cloud/multipart.ts'
import type { CloudClient } from '../../../electron/cloud/client.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createAnsweringClient, createRecordingClient, deviceSigner } from '../../support/answering-client.ts'

const { signal } = new AbortController()

test('joins parts in their order and with the ETags that storage returned', async () => {
  const { client, requests } = createRecordingClient({})
  const upload = {
    uploadId: 'u',
    storageKey: 'k',
    parts: [10, 2, 1, 3].map((number) => ({ number, etag: `"${number}-X"` })),
  }
  expect(await completeMultipart(client, deviceSigner, upload, signal)).toEqual(success(undefined))
  const parts = [1, 2, 3, 10].map((number) => ({ part_number: number, etag: `"${number}-X"` }))
  expect(requests).toMatchObject([{ body: { upload_id: 'u', storage_key: 'k', parts } }])
})

test('aborts the named upload, and returns that it does not exist any more', async () => {
  const upload = { uploadId: 'u', storageKey: 'k' }
  const { client, requests } = createRecordingClient({})
  expect(await abortMultipart(client, deviceSigner, upload, signal)).toEqual(success(undefined))
  expect(requests).toMatchObject([{ body: { upload_id: 'u', storage_key: 'k' } }])
  const gone = failed(failure('not-found'))
  const failing: CloudClient = { ...client, send: async () => gone }
  expect(await abortMultipart(failing, deviceSigner, upload, signal)).toEqual(gone)
  expect(await completeMultipart(failing, deviceSigner, { ...upload, parts: [] }, signal)).toEqual(gone)
})

test.each([
  ['storage_key', 2_048, true],
  ['storage_key', 2_049, false],
  ['storage_key', 0, false],
  ['upload_id', 2_048, true],
  ['upload_id', 2_049, false],
  ['upload_id', 0, false],
])('accepts a %s of %i characters: %s', async (name, length, isAccepted) => {
  const answer = { upload_id: 'u', storage_key: 'k', part_size: 1, part_count: 1, [name]: 'a'.repeat(length) }
  const client = createAnsweringClient(() => answer)
  const opened = await initiateMultipart(client, deviceSigner, { storageKey: 'k', sizeBytes: 1 }, signal)
  expect(opened.ok).toBe(isAccepted)
})

test.each([
  [{ part_size: 1, part_count: 1 }, true],
  [{ part_size: 0, part_count: 1 }, false],
  [{ part_size: 1, part_count: 0 }, false],
  [{ part_size: 1.5, part_count: 1 }, false],
  [{ part_size: -1, part_count: -1 }, false],
])('accepts parts of the server as %o: %s', async (parts, isAccepted) => {
  const client = createAnsweringClient(() => ({ upload_id: 'u', storage_key: 'k', ...parts }))
  const opened = await initiateMultipart(client, deviceSigner, { storageKey: 'k', sizeBytes: 1 }, signal)
  expect(opened).toMatchObject(
    isAccepted
      ? { value: { uploadId: 'u', storageKey: 'k', partSizeBytes: 1, partCount: 1 } }
      : { failure: { code: 'not-the-api' } },
  )
})
