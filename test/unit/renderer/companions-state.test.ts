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
