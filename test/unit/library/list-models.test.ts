import { expect, test } from 'vitest'
import type { CloudClient } from '../../../electron/cloud/client.ts'
import { failed, failure } from '../../../electron/contract/failures.ts'
import {
  listAllModels,
  listNewModels,
  toLibraryModel,
  type KnownListing,
} from '../../../electron/library/list-models.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'
import { valueOf } from '../../support/engine.ts'

/** A server with these models in this order, `pageSize` on a page, that records the requested pages. */
function serverWith(ids: readonly string[], { pageSize = 100, total = ids.length as number | null } = {}) {
  const pages: number[] = []
  const client = createAnsweringClient(({ current_page: page }) => {
    pages.push(Number(page))
    const start = (Number(page) - 1) * pageSize
    return {
      model_list: ids.slice(start, start + pageSize).map((id) => ({ id })),
      ...(total === null ? {} : { page_meta: { total_count: total } }),
    }
  })
  return { access: { client, signer: deviceSigner }, pages }
}

const { signal } = new AbortController()
const idsOf = (count: number, prefix = 'old') =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

const complete = { interrupted: null, atMs: 1, onInterrupted: () => {} }

async function knownOf(ids: readonly string[], options = {}): Promise<KnownListing> {
  return valueOf(await listAllModels(serverWith(ids, options).access, complete, signal))
}

async function update(known: KnownListing, server: ReturnType<typeof serverWith>) {
  const { listing, isComplete } = valueOf(await listNewModels(server.access, { known, atMs: 2 }, signal))
  return { count: listing.models.size, isComplete, pages: server.pages, listing }
}

test.each([
  ['none', idsOf(1_000), [1, 10]],
  ['a few at the beginning', [...idsOf(40, 'new'), ...idsOf(1_000)], [1, 11]],
  ['exactly a page at the beginning', [...idsOf(100, 'new'), ...idsOf(1_000)], [1, 11]],
  ['several pages at the beginning', [...idsOf(230, 'new'), ...idsOf(1_000)], [1, 2, 3, 13]],
  ['a few at the end', [...idsOf(1_000), ...idsOf(40, 'new')], [1, 11]],
  ['several pages at the end', [...idsOf(1_000), ...idsOf(130, 'new')], [1, 12, 11]],
  ['a page and one more at the end', [...idsOf(1_000), ...idsOf(101, 'new')], [1, 12, 11]],
  ['five pages at the beginning', [...idsOf(500, 'new'), ...idsOf(1_000)], [1, 2, 3, 4, 5, 15]],
  ['five pages at the end', [...idsOf(1_000), ...idsOf(500, 'new')], [1, 15, 14, 13, 12, 11]],
  ['at both ends', [...idsOf(5, 'first'), ...idsOf(1_000), ...idsOf(5, 'last')], [1, 11]],
])('finds all new models on few pages: %s', async (_where, ids, pages) => {
  const result = await update(await knownOf(idsOf(1_000)), serverWith(ids))
  expect(result).toMatchObject({ count: ids.length, isComplete: true, pages })
})

test.each([
  ['a deleted one', idsOf(999)],
  ['one in the middle', [...idsOf(500), 'new', ...idsOf(1_000).slice(500)]],
  ['one that replaces a deleted one', [...idsOf(999), 'new']],
  ['more than the pages that are requested', [...idsOf(1_500, 'new'), ...idsOf(1_000)]],
])('says that changes may be missing: %s', async (_what, ids) => {
  const { isComplete, pages } = await update(await knownOf(idsOf(1_000)), serverWith(ids))
  expect([isComplete, pages.length <= 10]).toEqual([false, true])
})

test.each([
  ['without a total', idsOf(1_001), { total: null }],
  ['whose first page is empty', [], { total: 1_001 }],
])('requests one page of a server %s', async (_what, ids, options) => {
  const { isComplete, pages, listing } = await update(await knownOf(idsOf(1_000)), serverWith(ids, options))
  expect([isComplete, pages, listing.unlistedCount]).toEqual([false, [1], 0])
})

/** Reads a listing until the server fails at this page, then continues with another server. */
async function interruptAndContinue(
  ids: readonly string[],
  failsAtPage: number,
  laterIds: readonly string[],
) {
  let interrupted: KnownListing | null = null
  const keep = (listing: KnownListing) => void (interrupted = listing)
  const { access } = serverWith(ids)
  const failing: CloudClient = {
    ...access.client,
    send: async (request) =>
      request.query?.['current_page'] === failsAtPage
        ? failed(failure('server-trouble', { status: 500 }))
        : access.client.send(request),
  }
  const first = await listAllModels(
    { ...access, client: failing },
    { ...complete, onInterrupted: keep },
    signal,
  )
  expect(first.ok).toBe(false)
  const later = serverWith(laterIds)
  const listing = await listAllModels(later.access, { interrupted, atMs: 9, onInterrupted: keep }, signal)
  return { listing: valueOf(listing), pages: later.pages }
}

test('continues an interrupted listing at the page before', async () => {
  const ids = idsOf(1_000)
  const { listing, pages } = await interruptAndContinue(ids, 9, ids)
  expect([[...listing.models.keys()], pages]).toEqual([ids, [8, 9, 10]])
  expect(listing).toMatchObject({ completeAtMs: 1, listedAtMs: 9, unlistedCount: 0, continuesAt: null })
})

test.each([
  ['added', [...idsOf(70, 'new'), ...idsOf(1_000)], 1_000],
  ['deleted', idsOf(1_000).slice(70), 1_000],
])('misses no older model of an interrupted listing when others were %s since', async (_what, ids, count) => {
  const { listing } = await interruptAndContinue(idsOf(1_000), 9, ids)
  expect([listing.models.size, listing.unlistedCount]).toEqual([count, 0])
})

test('converts a listed model, with null for what is missing or has another format', () => {
  const bare = { id: 'm', display_name: 'M', model_type: 'vae' }
  const unknown = { modelPath: null, sizeBytes: null, sha256: null, createdAtMs: null, storageKey: null }
  const none = { id: 'm', displayName: 'M', modelType: 'vae', status: 'active', ...unknown }
  expect(toLibraryModel(bare)).toEqual(none)
  const hex = 'AB'.repeat(32)
  expect(
    toLibraryModel({
      ...bare,
      model_path: 'models/vae/m.pt',
      file_size: 5,
      file_hash: `sha256:${hex}`,
      storage_key: 'k',
      model_status: 'disabled',
      created_at: '2026-01-02T03:04:05Z',
    }),
  ).toEqual({
    ...none,
    modelPath: 'models/vae/m.pt',
    sizeBytes: 5,
    sha256: hex.toLowerCase(),
    storageKey: 'k',
    status: 'disabled',
    createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  })
  for (const file_hash of [hex, `md5:${hex}`, `sha256:${hex}0`, 'sha256:'])
    expect(toLibraryModel({ ...bare, file_hash, created_at: 'yesterday' })).toEqual(none)
})
