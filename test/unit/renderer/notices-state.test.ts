import { expect, test } from 'vitest'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import { NoticesState } from '../../../renderer/ui/notices-state.svelte.ts'

const undoable = (drop: string): AddReport => ({ added: 1, refused: 0, skipped: [], drop, newIds: [drop] })
const skipping: AddReport = { added: 0, refused: 0, skipped: [{ name: 'a.txt', reason: 'junk' }] }

const reports = ({ all }: NoticesState) =>
  all.flatMap((notice) => (notice.kind === 'report' ? [notice.report] : []))

const later = (...names: readonly string[]): AddReport => ({
  added: 0,
  refused: 0,
  skipped: names.map((name) => ({ name, reason: 'path-taken' })),
  wereQueued: true,
})

test('files skipped after they had been queued are collected in one report until it is closed', () => {
  const notices = new NoticesState()
  notices.report(skipping)
  notices.report(later('a'))
  notices.report(undoable('drop-1'))
  notices.report(later('b', 'c'))
  expect(reports(notices)).toEqual([later('a', 'b', 'c'), undoable('drop-1')])
  notices.dismiss(notices.all[0]?.id ?? 0)
  notices.report(later('d'))
  expect(reports(notices)).toEqual([undoable('drop-1'), later('d')])
})

/** Shows the notices of renamed models. */
function showRenamed(notices: NoticesState, ...names: readonly string[]) {
  for (const name of names)
    notices.showWithUndo({ key: 'library.changed', params: { name }, onaction: async () => true })
}
const shownNames = ({ shown }: NoticesState) =>
  shown.flatMap((notice) => (notice.kind === 'undo' ? [notice.params['name']] : []))

test('an older undo of the same kind is not offered while the newer one runs', async () => {
  const notices = new NoticesState()
  notices.showWithUndo({ key: 'deadline.moved', params: { name: 'Flux' }, onaction: async () => true })
  showRenamed(notices, 'A', 'B')
  const isDone = Promise.withResolvers<boolean>()
  const undone = notices.undo(notices.latestUndo()?.id ?? 0, () => isDone.promise)
  expect(shownNames(notices)).toEqual(['Flux'])
  // Otherwise that of another kind would be undone before it.
  expect(notices.latestUndo()).toBeUndefined()
  isDone.resolve(true)
  await undone
  expect(shownNames(notices)).toEqual(['Flux', 'A'])
  expect(notices.latestUndo()).toMatchObject({ params: { name: 'A' } })
})
