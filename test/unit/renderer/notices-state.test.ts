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

const showRenamed = (notices: NoticesState, name: string) =>
  notices.showWithUndo({ key: 'library.changed', params: { name }, onaction: async () => true })
const shownNames = ({ shown }: NoticesState) =>
  shown.flatMap((notice) => (notice.kind === 'undo' ? [notice.params['name']] : []))
const latest = ({ all }: NoticesState) => {
  const notice = all.at(-1)
  if (!notice) throw new Error('no notice')
  return notice
}

test('only the latest action can be undone; of an earlier drop, what was skipped stays', () => {
  const notices = new NoticesState()
  notices.report({ ...undoable('drop-1'), skipped: skipping.skipped })
  showRenamed(notices, 'A')
  expect(shownNames(notices)).toEqual(['A'])
  expect(reports(notices)).toEqual([{ added: 1, refused: 0, skipped: skipping.skipped, newIds: ['drop-1'] }])
  notices.withdrawUndo()
  expect(shownNames(notices)).toEqual([])
})

test('a notice whose undo is rejected is shown again, unless something else was done since', async () => {
  const notices = new NoticesState()
  for (const isNewest of [true, false]) {
    showRenamed(notices, 'A')
    const answer = Promise.withResolvers<boolean>()
    const undone = notices.undo(latest(notices), () => answer.promise)
    expect(shownNames(notices)).toEqual([])
    if (!isNewest) showRenamed(notices, 'B')
    answer.reject(new Error('no answer'))
    await expect(undone).rejects.toThrow('no answer')
    expect(shownNames(notices)).toEqual([isNewest ? 'A' : 'B'])
  }
})

test('shows two notices besides failures, the latest or those with an open list', () => {
  const notices = new NoticesState()
  notices.report(skipping)
  notices.keepOpen(latest(notices).id)
  notices.showError('undo.partly', { count: 1 })
  showRenamed(notices, 'A')
  notices.show('notice.copied')
  expect(notices.shown.map(({ kind }) => kind)).toEqual(['report', 'error', 'text'])
  notices.elapse(4_000)
  expect(notices.shown.map(({ kind }) => kind)).toEqual(['report', 'error', 'undo'])
})
