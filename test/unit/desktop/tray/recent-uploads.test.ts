import { createRecentUploads } from '../../../../electron/desktop/tray/recent-uploads.ts'
import { success } from '../../../../electron/contract/failures.ts'
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

test('uploads that only leave the list stay, and those removed from the history don’t', async () => {
  let history = [registered('b', 2), registered('a', 1)]
  const recent = createRecentUploads(
    fakeEngine({ calls: { history: async () => success({ rows: history, nextBeforeMs: null }) } }),
  )
  await recent.reload()
  const names = () => recent.list().map(({ name }) => name)
  await recent.applyPatch({ changed: [], removed: ['a', 'b'] })
  expect(names()).toEqual(['b', 'a'])
  history = [registered('a', 1)]
  await recent.applyPatch({ changed: [], removed: ['b'] })
  expect(names()).toEqual(['a'])
})
