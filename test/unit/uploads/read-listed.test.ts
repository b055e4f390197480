import { expect, test } from 'vitest'
import type { Access } from '../../../electron/accounts/accounts.ts'
import { readListed } from '../../../electron/uploads/read-listed.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'

/** Access to a library of this many models, `m1` and so on, with pages of 100. */
function setup(modelCount: number, { hasTotal = true, failingPage = 0 } = {}) {
  const pages: number[] = []
  const client = createAnsweringClient((query) => {
    const page = Number(query['current_page'])
    pages.push(page)
    if (page === failingPage) return []
    const ids = Array.from({ length: modelCount }, (_, index) => `m${index + 1}`)
    return {
      model_list: ids
        .slice((page - 1) * 100, page * 100)
        .map((id) => ({ id, display_name: id, model_type: 'loras' })),
      ...(hasTotal ? { page_meta: { total_count: modelCount } } : {}),
    }
  })
  const access: Pick<Access, 'client' | 'signer'> = { client, signer: deviceSigner }
  return {
    pages,
    read: (ids: readonly string[]) => readListed(access, new Set(ids), new AbortController().signal),
  }
}

const idsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => `m${first + index}`)

test('reads all pages of a library with one for five models or fewer', async () => {
  const { pages, read } = setup(300)
  expect([...(await read(idsFrom(286, 15))).keys()]).toEqual(idsFrom(286, 15))
  expect(pages).toEqual([1, 2, 3])
})

test('reads only the first page of a larger library', async () => {
  const { pages, read } = setup(301)
  expect([...(await read(idsFrom(95, 15))).keys()]).toEqual(idsFrom(95, 6))
  expect(pages).toEqual([1])
})

test('reads no further page once it has found all models', async () => {
  const { pages, read } = setup(300)
  expect((await read(idsFrom(1, 15))).size).toBe(15)
  expect(pages).toEqual([1])
})

test('reads only the first page of a library whose size the server does not say', async () => {
  const { pages, read } = setup(300, { hasTotal: false })
  expect((await read(idsFrom(1, 250))).size).toBe(100)
  expect(pages).toEqual([1])
})

test('keeps what it has read before a page that fails', async () => {
  const { pages, read } = setup(300, { failingPage: 2 })
  expect((await read(idsFrom(1, 250))).size).toBe(100)
  expect(pages).toContain(2)
})
