import { expect, test } from 'vitest'
import type { CloudClient } from '../../../electron/cloud/client.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { findRegistered, register } from '../../../electron/uploads/register.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'
import { standingClock } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'

const storageKey = 'key-of-this-upload'

const registrationWith = (client: CloudClient) => ({
  record: uploadRecord(),
  access: { client, signer: deviceSigner, kind: 'device' as const },
  stored: { storageKey, sha256: 'a'.repeat(64) },
  timers: standingClock().timers,
  signal: new AbortController().signal,
})
const findWith = (client: CloudClient) => findRegistered(registrationWith(client))

/** A server whose list of models does not end; `own` is the page with this upload's model. */
const withEndlessList = (own: number | null) =>
  createAnsweringClient(({ current_page: page }) => ({
    model_list: Array.from({ length: 100 }, (_, index) => ({
      id: `${page}-${index}`,
      storage_key: page === own && index === 50 ? storageKey : `${page}-${index}`,
    })),
  }))

test('finds the model of an upload in a list that does not end', async () => {
  expect(await findWith(withEndlessList(30))).toEqual(success('30-50'))
})

test('treats an upload as not registered when a list that does not end lacks it', async () => {
  expect(await findWith(withEndlessList(null))).toEqual(success(null))
})

test('treats an upload as not registered when a page of the list is too long', async () => {
  const client = { ...withEndlessList(null), send: async () => failed(failure('response-too-long')) }
  expect(await findWith(client)).toEqual(success(null))
})

test('finds the registered model when the response to registering is too long', async () => {
  const list = withEndlessList(1)
  const client: CloudClient = {
    ...list,
    send: async (request) =>
      request.method === 'POST' ? failed(failure('response-too-long')) : list.send(request),
  }
  expect(await register(registrationWith(client))).toEqual(success('1-50'))
})

test('does not decide whether an upload is registered while the server fails', async () => {
  const trouble = failed(failure('server-trouble', { status: 503 }))
  expect(await findWith({ ...withEndlessList(null), send: async () => trouble })).toEqual(trouble)
})
