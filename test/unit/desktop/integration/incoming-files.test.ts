import { expect, test } from 'vitest'
import {
  failed,
  failure,
  success,
  type Failure,
  type Result,
} from '../../../../electron/contract/failures.ts'
import type { AddReport } from '../../../../electron/contract/uploads.ts'
import { createLaunchListener } from '../../../../electron/desktop/integration/incoming-files.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'

/** Files that arrive within this time are added together. */
const collectMs = 300

const report: AddReport = { added: 1, refused: 0, skipped: [] }

function setup(
  answer: () => Promise<Result<AddReport>> = async () => success(report),
  { canShow = true } = {},
) {
  const done: string[] = []
  const shown: Failure[] = []
  const start = Promise.withResolvers<void>()
  const environment = createTestEnvironment(standingClock())
  const errors: string[] = []
  const listener = createLaunchListener({
    engine: {
      addFromOutside(paths) {
        done.push(`add ${paths.join(' ')}`)
        return answer()
      },
    },
    started: start,
    window: { show: () => void done.push('show') },
    feed: { sendEvent: ((...event: unknown[]) => void done.push(JSON.stringify(event))) as never },
    dialogs: {
      async showFailure(met) {
        if (!canShow) throw new Error('the window is closed')
        shown.push(met)
      },
    },
    environment: {
      ...environment,
      log: { ...environment.log, error: (text) => void errors.push(text) },
    },
  })
  /** Lets the files that have arrived be added. */
  async function collect(): Promise<void> {
    await settle()
    environment.clock.advance(collectMs)
    await settle()
  }
  return {
    clock: environment.clock,
    listener,
    done,
    shown,
    errors,
    collect,
    start: () => start.resolve(),
  }
}

const settle = () => new Promise(setImmediate)

test('files that arrive one by one are added together, also those before the start', async () => {
  const { listener, done, start, collect, clock } = setup()
  const added = () => done.filter((step) => step.startsWith('add'))
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  for (const name of names) {
    listener.onFiles([name])
    await settle()
    clock.advance(collectMs - 1)
    if (name === 'c') start()
  }
  await settle()
  expect(added()).toEqual([])
  await collect()
  expect(added()).toEqual(['add a b c d e f'])
  listener.onFiles(['g'])
  await collect()
  expect(added()).toEqual(['add a b c d e f', 'add g'])
})

test('shows why files were not added', async () => {
  const { listener, done, shown, start, collect } = setup(async () => failed(failure('no-team')))
  start()
  listener.onFiles(['/models/a.safetensors'])
  await collect()
  expect(done).toEqual(['show', 'add /models/a.safetensors'])
  expect(shown).toMatchObject([{ code: 'no-team' }])
})
