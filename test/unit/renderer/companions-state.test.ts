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
  /** Requests of an open row. Searches of this computer, and all of them if it is silent, never end. */
  const requests: string[] = []
  let isSilent = false
  const delays: { readonly ms: number; readonly end: () => void }[] = []
  const state = new CompanionsState(
    {
      companions: ({ id, isSearched }) => {
        requests.push(isSearched ? `search for ${id}` : id)
        return isSearched || isSilent ? new Promise(() => {}) : Promise.resolve(success(lacking))
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
    requests,
    setSilent: (value: boolean) => (isSilent = value),
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
  const { state, delays, requests, change } = setup()
  change()
  let close = state.open('Flux')
  await expect.poll(() => state.value?.id).toBe('Flux')
  for (let count = 0; count < 3; count++) {
    close()
    close = state.open('Flux')
  }
  expect(requests).toEqual(['Flux'])
  delays[0]?.end()
  await expect.poll(() => requests).toEqual(['Flux', 'Flux'])
  close()
  state.open('SDXL')
  expect(requests).toEqual(['Flux', 'Flux', 'SDXL'])
})

test('what an upload brings is shown although this computer is still being searched', async () => {
  const { state, delays, requests, change } = setup()
  const close = state.open('Flux')
  await expect.poll(() => requests).toEqual(['Flux', 'search for Flux'])
  expect(state.value).toEqual({ id: 'Flux', missing: [t5], isSearching: true })
  change()
  close()
  state.open('Flux')
  delays[0]?.end()
  await expect.poll(() => state.value).toEqual({ id: 'Flux', missing: [], isSearching: false })
})

test('a row that was closed before its response is loaded at once when it is opened again', () => {
  const { state, requests, setSilent } = setup()
  setSilent(true)
  state.open('Flux')()
  state.open('Flux')
  expect(requests).toEqual(['Flux', 'Flux'])
})
