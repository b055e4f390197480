import { expect, test } from 'vitest'
import { completeMultipart } from '../../../electron/cloud/multipart.ts'
import { success } from '../../../electron/contract/failures.ts'
import { createRecordingClient, deviceSigner } from '../../support/answering-client.ts'

test('joins parts in their order, however they were acknowledged, with ETags as storage returned them', async () => {
  const { client, requests } = createRecordingClient({})
  const upload = {
    uploadId: 'u',
    storageKey: 'k',
    parts: [10, 2, 1, 3].map((number) => ({ number, etag: `"${number}-X"` })),
  }
  const { signal } = new AbortController()
  expect(await completeMultipart(client, deviceSigner, upload, signal)).toEqual(success(undefined))
  const parts = [1, 2, 3, 10].map((number) => ({ part_number: number, etag: `"${number}-X"` }))
  expect(requests).toMatchObject([{ body: { upload_id: 'u', storage_key: 'k', parts } }])
})
