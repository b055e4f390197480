import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { CompanionsState } from '../../../renderer/uploads/companions-state.svelte.ts'

const t5 = {
  key: 't5',
  role: 'text-encoder',
  base: 'T5-XXL',
  isCertain: true,
  usualName: null,
  offers: [],
} as const

/** What the queue lacks, with a delay that a test ends. */
function setup() {
  let lacking: readonly (typeof t5)[] = [t5]
  let requestCount = 0
  const opened: string[] = []
  const delays: { readonly ms: number; readonly end: () => void }[] = []
  const state = new CompanionsState(
    {
      companions: ({ id }) => {
        opened.push(id)
        return Promise.resolve(success([]))
      },
      missingCompanions: () => {
        requestCount += 1
        const missing = lacking.map(({ key }) => key)
        return Promise.resolve(success({ companions: lacking, files: [{ id: 'Flux', missing }] }))
      },
    },
    (ms) => new Promise((resolve) => delays.push({ ms, end: resolve })),
  )
  return {
    state,
    delays,
    opened,
    requestCount: () => requestCount,
    change: () => (lacking = []),
  }
}

test('changes of the list while it waits cause one more request after the delay', async () => {
  const { state, delays, requestCount, change } = setup()
  void state.loadList(2)
  await expect.poll(() => delays.length).toBe(1)
  expect(state.byId.get('Flux')).toEqual([t5])
  change()
  void state.loadList(2)
  void state.loadList(2)
  expect(requestCount()).toBe(1)
  delays[0]?.end()
  await expect.poll(() => delays.length).toBe(2)
  expect([requestCount(), state.byId.get('Flux')]).toEqual([2, []])
})

test('the delay is a second, and longer for more than 2,000 rows', async () => {
  const { state, delays } = setup()
  void state.loadList(10)
  await expect.poll(() => delays.length).toBe(1)
  void state.loadList(10_000)
  delays[0]?.end()
  await expect.poll(() => delays.map(({ ms }) => ms)).toEqual([1_000, 5_000])
})

test('an open row that changes all the time is loaded once per delay, and another one at once', async () => {
  const { state, delays, opened } = setup()
  const reopen = () => state.open('Flux')
  let close = reopen()
  await expect.poll(() => delays.length).toBe(1)
  for (let change = 0; change < 3; change++) {
    close()
    close = reopen()
  }
  expect(opened).toEqual(['Flux'])
  delays[0]?.end()
  await expect.poll(() => delays.length).toBe(2)
  expect(opened).toEqual(['Flux', 'Flux'])
  close()
  state.open('SDXL')
  await expect.poll(() => delays.length).toBe(3)
  delays[1]?.end()
  delays[2]?.end()
  await Promise.resolve()
  expect(opened).toEqual(['Flux', 'Flux', 'SDXL'])
})
