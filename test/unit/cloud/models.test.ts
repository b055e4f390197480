import { expect, test } from 'vitest'
import { mayBeUnsupported, type CloudClient } from '../../../electron/cloud/client.ts'
import { getModelPage, listModels, type ListingPosition } from '../../../electron/cloud/models.ts'
import type { ModelWire } from '../../../electron/cloud/wire.ts'
import { failure, retryClassOf, type Failure } from '../../../electron/contract/failures.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'

/** More pages than may be requested: then this server ends its list, so that the test ends in any case. */
const lastPage = 3_000

/** The list of a server that returns `perPage` new models on every page. */
async function listFrom(perPage: number, model: (id: string) => unknown = (id) => ({ id })) {
  let pages = 0
  const client = createAnsweringClient(({ current_page: page }) => {
    pages += 1
    const count = Number(page) > lastPage ? 0 : perPage
    return { model_list: Array.from({ length: count }, (_, index) => model(`${page}-${index}`)) }
  })
  const models: ModelWire[] = []
  let failed: Failure | null = null
  for await (const result of listModels(client, deviceSigner, new AbortController().signal)) {
    if (result.ok) models.push(...result.value.models)
    else failed = result.failure
  }
  return { pages, models, failed }
}

test('stops requesting a list of models that does not end', async () => {
  const { pages, failed } = await listFrom(100)
  expect([pages, failed]).toEqual([501, failure('list-too-long', { count: 50_000 })])
  expect(failed && retryClassOf(failed)).toBe('never')
})

test('treats texts of a model that are far too long as absent', async () => {
  const long = 'a'.repeat(5_000)
  const { models } = await listFrom(1, (id) => ({
    id,
    display_name: long,
    model_type: long,
    storage_key: long,
    file_hash: long,
    model_path: long,
    model_status: long,
    created_at: long,
    updated_at: long,
    file_size: 5,
  }))
  expect(models[0]).toEqual({
    id: '1-0',
    display_name: '',
    model_type: '',
    storage_key: null,
    file_hash: null,
    model_path: null,
    model_status: null,
    created_at: null,
    updated_at: null,
    file_size: 5,
  })
})

const pageFrom = (answer: unknown) =>
  getModelPage(
    createAnsweringClient(() => answer),
    deviceSigner,
    1,
    new AbortController().signal,
  )

test.each([
  {},
  { page_meta: {} },
  { page_meta: { total_count: 3 } },
  { is_success: true },
  { models: null, page_meta: { total_count: 3 } },
  { model_list: {} },
])('does not read %j as an empty library', async (answer) => {
  const page = await pageFrom(answer)
  expect(page).toMatchObject({ ok: false, failure: { code: 'not-the-api' } })
  expect(!page.ok && mayBeUnsupported(page.failure)).toBe(false)
})

/** A server with ten pages of a hundred models, the pages that were requested, and how many at a time. */
function createPagedClient() {
  let running = 0
  let most = 0
  const pages: number[] = []
  const answering = createAnsweringClient(({ current_page: page }) => ({
    model_list: Array.from({ length: 100 }, (_, index) => ({ id: `${page}-${index}` })),
    page_meta: { total_count: 1_000 },
  }))
  const client: CloudClient = {
    ...answering,
    async send(request) {
      pages.push(Number(request.query?.['current_page']))
      running += 1
      most = Math.max(most, running)
      await new Promise(setImmediate)
      running -= 1
      return answering.send(request)
    },
  }
  return { client, pages, mostRunning: () => most }
}

test('names the position of each page, from which a listing may be continued', async () => {
  const positionsFrom = async (from?: ListingPosition) => {
    const positions: ListingPosition[] = []
    const { client } = createPagedClient()
    for await (const page of listModels(client, deviceSigner, new AbortController().signal, from))
      if (page.ok) positions.push(page.value.position)
    return positions
  }
  const all = await positionsFrom()
  expect(all.slice(0, 3)).toEqual([
    { page: 1, received: 0 },
    { page: 2, received: 100 },
    { page: 3, received: 200 },
  ])
  expect(await positionsFrom(all[7])).toEqual(all.slice(7))
})

test('a listing that ends aborts its other requests, unlike one that goes on', async () => {
  const signals: AbortSignal[] = []
  const { client } = createPagedClient()
  const recording: CloudClient = {
    ...client,
    send(request) {
      if (request.signal) signals.push(request.signal)
      return client.send(request)
    },
  }
  const pages = listModels(recording, deviceSigner, new AbortController().signal)
  await pages.next()
  await pages.next()
  expect([signals.length, signals.some(({ aborted }) => aborted)]).toEqual([5, false])
  await pages.return(undefined)
  expect(signals.every(({ aborted }) => aborted)).toBe(true)
})

test('requests the pages after the first in parallel, and stops requesting when the caller stops', async () => {
  const { client, pages, mostRunning } = createPagedClient()
  const ids: string[] = []
  for await (const page of listModels(client, deviceSigner, new AbortController().signal)) {
    if (page.ok) ids.push(...page.value.models.map(({ id }) => id))
  }
  expect([pages, mostRunning()]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4])
  expect(ids).toEqual(
    Array.from({ length: 1_000 }, (_, index) => `${Math.floor(index / 100) + 1}-${index % 100}`),
  )

  pages.length = 0
  for await (const page of listModels(client, deviceSigner, new AbortController().signal)) {
    if (page.ok && page.value.models[0]?.id === '2-0') break
  }
  expect(Math.max(...pages)).toBeLessThanOrEqual(6)
})
