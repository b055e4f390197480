import { createRecentUploads } from '../../../../electron/desktop/tray/recent-uploads.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import { setImmediate } from 'node:timers/promises'
import { fakeEngine } from '../../../support/fake-engine.ts'
import { registeredRecord } from '../../../support/records.ts'
import { toUploadRow } from '../../../../electron/journal/row-view.ts'
import type { UploadRow } from '../../../../electron/contract/uploads.ts'
import { test, expect } from 'vitest'

/** An upload that is finished at this time; its id is its name. */
function registered(id: string, finishedAtMs: number): UploadRow {
  const row = toUploadRow(registeredRecord(), null)
  return { ...row, id, finishedAtMs, target: { ...row.target, displayName: id } }
}

/** The recent uploads of a history, which may change. */
async function setup(...history: UploadRow[]) {
  const state = { history, isReadable: true }
  const engine = fakeEngine({
    calls: {
      async history({ limit }) {
        await setImmediate()
        if (!state.isReadable) return failed(failure('unexpected'))
        return success({ rows: state.history.slice(0, limit), nextBeforeMs: null })
      },
    },
  })
  const recent = createRecentUploads(engine)
  await recent.reload()
  return { recent, state, names: () => recent.list().map(({ name }) => name) }
}

test('lists five uploads although more finished at the same time', async () => {
  const engine = fakeEngine({
    calls: {
      history: async () =>
        success({ rows: ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => registered(id, 1)), nextBeforeMs: 1 }),
    },
  })
  const recent = createRecentUploads(engine)
  await recent.reload()
  expect(recent.list()).toHaveLength(5)
})

test('uploads that only leave the list stay, and those removed from the history don’t', async () => {
  const { recent, state, names } = await setup(registered('b', 2), registered('a', 1))
  await recent.applyPatch({ changed: [], removed: ['a', 'b'] })
  expect(names()).toEqual(['b', 'a'])
  state.history = [registered('a', 1)]
  await recent.applyPatch({ changed: [], removed: ['b'] })
  expect(names()).toEqual(['a'])
})
