import { expect, test } from 'vitest'
import { completeMultipart, initiateMultipart } from '../../../electron/cloud/multipart.ts'
import { success } from '../../../electron/contract/failures.ts'
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
