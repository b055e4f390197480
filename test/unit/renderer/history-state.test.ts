import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { HistoryState } from '../../../renderer/history/history-state.svelte.ts'
import { registeredRow } from '../../components/support/rows.ts'

const historyFilters = () => Promise.resolve(success({ teams: [], modelTypes: [] }))

interface Page {
  readonly rows: readonly UploadRow[]
  readonly nextBeforeMs: number | null
}

/** A history whose first page is Grain, and the requests that wait for an answer. */
async function setup() {
  const pages: PromiseWithResolvers<Page | null>[] = []
  const forgotten = Promise.withResolvers<null>()
  const history = new HistoryState(
    {
      async history() {
        const page = Promise.withResolvers<Page | null>()
        pages.push(page)
        const found = await page.promise
        return found ? success(found) : failed(failure('unexpected'))
      },
      historyFilters,
      async forget() {
        await forgotten.promise
        return success(undefined)
      },
    },
    () => Promise.resolve(),
  )
  const answer = (at: number, names: readonly string[], nextBeforeMs: number | null = null) =>
    pages[at]?.resolve({ rows: names.map((name) => registeredRow(name)), nextBeforeMs })
  const opened = history.open()
  answer(0, ['Grain'], 1)
  await opened
  return { history, pages, forgotten, answer, names: () => history.rows.map(({ id }) => id) }
}

test('a refresh that the next page has replaced is repeated after it', async () => {
  const { history, pages, answer, names } = await setup()
  void history.refresh()
  const more = history.more()
  answer(1, ['Flux', 'Grain'], 1)
  answer(2, ['Depth'])
  await more
  await expect.poll(() => pages.length).toBe(4)
  answer(3, ['Flux', 'Grain'], 1)
  await expect.poll(names).toEqual(['Flux', 'Grain', 'Depth'])
})

test('the next page does not restore a record that was removed while it was loaded', async () => {
  const { history, forgotten, answer, names } = await setup()
  const removed = history.forget(['Grain'])
  const more = history.more()
  forgotten.resolve(null)
  await removed
  answer(1, ['Depth'])
  await more
  expect(names()).toEqual(['Depth'])
})
