import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { HistoryState } from '../../../renderer/history/history-state.svelte.ts'

test('an open history is loaded again at most once per second while uploads finish', async () => {
  const delays: { readonly ms: number; readonly end: () => void }[] = []
  let requestCount = 0
  const history = new HistoryState(
    {
      history: () => {
        requestCount += 1
        return Promise.resolve(success({ rows: [], nextBeforeMs: null }))
      },
      forget: () => Promise.resolve(success(undefined)),
    },
    (ms) => new Promise((resolve) => delays.push({ ms, end: resolve })),
  )
  void history.refresh()
  await expect.poll(() => delays.map(({ ms }) => ms)).toEqual([1_000])
  void history.refresh()
  void history.refresh()
  expect(requestCount).toBe(1)
  delays[0]?.end()
  await expect.poll(() => delays.length).toBe(2)
  expect(requestCount).toBe(2)
})
