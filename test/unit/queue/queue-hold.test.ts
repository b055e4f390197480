import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createQueueHold } from '../../../electron/queue/queue-hold.ts'

interface Options {
  readonly stored?: 'yes' | 'no' | null
  /** The journal accepts no change. */
  readonly isFull?: boolean
}

function setup({ stored = null, isFull = false }: Options = {}) {
  const holds: boolean[] = []
  const choices = { allPaused: stored as string | null }
  const hold = createQueueHold({
    queue: {
      async setHeld(isHeld) {
        holds.push(isHeld)
      },
      restart: async () => {},
    },
    choices: {
      get: () => choices.allPaused,
      set(_name, value) {
        if (isFull) return failed(failure('journal-full'))
        choices.allPaused = value
        return success(undefined)
      },
    },
    rows: { setHoldReason: () => {} },
  })
  return {
    hold,
    choices,
    isHeld: () => holds.at(-1),
  }
}

test('holds the queue until the start and after the stop, whatever the conditions', async () => {
  const { hold, isHeld } = setup()
  await hold.hold(null)
  expect(isHeld()).toBe(true)
  await hold.start({ ownsQueue: true })
  expect(isHeld()).toBe(false)
  await hold.stop()
  await hold.restartRuns(['a'])
  expect(isHeld()).toBe(true)
})

test('the pause of the user and the conditions are independent', async () => {
  const { hold, choices, isHeld } = setup()
  await hold.start({ ownsQueue: true })
  expect(await hold.pauseAll(true)).toEqual(success(undefined))
  expect([isHeld(), choices.allPaused]).toEqual([true, 'yes'])
  await hold.hold('battery')
  await hold.hold(null)
  expect([isHeld(), hold.isPausedByUser()]).toEqual([true, true])
  await hold.hold('battery')
  await hold.pauseAll(false)
  expect([isHeld(), hold.isPausedByUser(), choices.allPaused]).toEqual([true, false, 'no'])
  await hold.hold(null)
  expect(isHeld()).toBe(false)
})

test('reports a pause of the user that cannot be stored, and its end, both of which apply', async () => {
  const { hold, choices, isHeld } = setup({ isFull: true })
  await hold.start({ ownsQueue: true })
  const notSaved = failed(failure('settings-not-saved', {}, { detail: 'journal-full' }))
  expect([await hold.pauseAll(true), isHeld(), choices.allPaused]).toEqual([notSaved, true, null])
  expect([await hold.pauseAll(false), isHeld()]).toEqual([notSaved, false])
})
