import { expect, test } from 'vitest'
import type { Access } from '../../../electron/accounts/accounts.ts'
import { readListed } from '../../../electron/uploads/read-listed.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'

/** Access to a library of this many models, `m1` and so on, with pages of 100. */
function setup(
  modelCount: number,
  { total = modelCount as number | null, failingPage = 0, ignoresPage = false } = {},
) {
  const pages: number[] = []
  const client = createAnsweringClient((query) => {
    const page = Number(query['current_page'])
    pages.push(page)
    if (page === failingPage) return []
    const start = ignoresPage ? 0 : (page - 1) * 100
    const ids = Array.from({ length: modelCount }, (_, index) => `m${index + 1}`)
    return {
      model_list: ids.slice(start, start + 100).map((id) => ({ id, display_name: id, model_type: 'loras' })),
      ...(total === null ? {} : { page_meta: { total_count: total } }),
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

test('reads the last pages of a larger library if the models are not on the first one', async () => {
  const { pages, read } = setup(1_003)
  expect((await read(idsFrom(951, 50))).size).toBe(50)
  expect(pages).toEqual([1, 11, 10])
})

test('reads two pages of a server that ignores the page', async () => {
  const { pages, read } = setup(5_000, { ignoresPage: true })
  expect((await read(idsFrom(91, 30))).size).toBe(10)
  expect(pages).toEqual([1, 2])
})

test('keeps what it has read before a page of a larger library that fails', async () => {
  const { pages, read } = setup(1_950, { failingPage: 19 })
  expect((await read(idsFrom(1_851, 60))).size).toBe(10)
  expect(pages).toEqual([1, 20, 19])
})
