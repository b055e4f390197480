import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import type { Totals } from '../../../../electron/contract/uploads.ts'
import { translatorFor } from '../../../../electron/messages/messages.ts'
import { trayMenuTemplate, type TrayContent } from '../../../../electron/desktop/tray/tray-menu.ts'

const none: Totals = {
  ...{ running: 0, waiting: 0, needsYou: 0, paused: 0, registeredToday: 0 },
  ...{ totalBytes: 0, movedBytes: 0, bytesPerSecond: null, secondsLeft: null },
}
const quiet: Conditions = {
  hold: null,
  whenDone: 'nothing',
  ending: null,
  limit: { bytesPerSecond: null, isFromQuietHours: false, untilMs: null },
  overridden: null,
  power: { isOnBattery: false, percent: null },
  network: { metered: 'unknown', line: null },
}

function menu(given: Partial<TrayContent> = {}) {
  const did: unknown[] = []
  const note =
    (name: string) =>
    (...args: readonly unknown[]) =>
      void did.push([name, ...args])
  const actions = {
    ...{ open: note('open'), pauseAll: note('pauseAll'), resumeAll: note('resumeAll') },
    ...{ sendAnyway: note('sendAnyway'), setLimit: note('setLimit'), setWhenDone: note('setWhenDone') },
    ...{ showInFolder: note('showInFolder'), copyModelId: note('copyModelId') },
    ...{ openLibrary: note('openLibrary'), showSettings: note('showSettings'), quit: note('quit') },
  }
  const content = {
    ...{ summary: { totals: none, allPaused: false }, conditions: quiet },
    ...{ limitBytesPerSecond: null, recentUploads: [] },
    ...given,
  }
  const template = trayMenuTemplate(content, actions, { t: translatorFor('en'), locale: 'en', nowMs: 0 })
  const all = template.flatMap((item) => [item, ...below(item)])
  return {
    did,
    ids: template.flatMap(({ id }) => id ?? []),
    item(id: string) {
      const found = all.find((item) => item.id === id)
      if (!found) throw new Error(`there is no item ${id}`)
      return found
    },
    press(id: string) {
      const click = all.find((item) => item.id === id)?.click as (() => void) | undefined
      click?.()
    },
  }
}

type Item = ReturnType<typeof trayMenuTemplate>[number]
function below({ submenu }: Item): Item[] {
  return Array.isArray(submenu) ? submenu.flatMap((item) => [item, ...below(item)]) : []
}

test('with nothing to do it opens the app, pauses, limits, and quits', () => {
  const { ids, press, did } = menu()
  expect(ids).toEqual(['sum', 'open', 'pause-all', 'limit', 'when-done', 'settings', 'quit'])
  for (const id of ['open', 'pause-all', 'settings', 'quit']) press(id)
  expect(did).toEqual([['open'], ['pauseAll'], ['showSettings'], ['quit']])
})

test('while all is paused it offers to go on instead', () => {
  const { ids, press, did } = menu({ summary: { totals: none, allPaused: true } })
  expect(ids).not.toContain('pause-all')
  press('resume-all')
  expect(did).toEqual([['resumeAll']])
})

test('where each file is paused by itself it offers to go on, as long as nothing else runs or waits', () => {
  const paused = { ...none, paused: 2 }
  const { ids, press, did } = menu({ summary: { totals: paused, allPaused: false } })
  expect(ids).not.toContain('pause-all')
  press('resume-all')
  expect(did).toEqual([['resumeAll']])
  const { ids: others } = menu({ summary: { totals: { ...paused, waiting: 1 }, allPaused: false } })
  expect(others).toContain('pause-all')
})

test('a limit of the person’s own stands among the usual ones and is marked', () => {
  const { item, press, did } = menu({ limitBytesPerSecond: 3_000_000 })
  expect([item('limit-3000000').checked, item('limit-none').checked]).toEqual([true, false])
  press('limit-5000000')
  press('limit-none')
  expect(did).toEqual([
    ['setLimit', 5_000_000],
    ['setLimit', null],
  ])
})

test('what is done at the end is marked, and can be called off while it counts down', () => {
  const conditions: Conditions = {
    ...quiet,
    whenDone: 'sleep',
    ending: { atMs: 60_000, sent: 1, needsYou: 0 },
  }
  const { item, ids, press, did } = menu({ conditions })
  expect([item('when-done-sleep').checked, item('when-done-quit').checked]).toEqual([true, false])
  expect(ids).toContain('call-off')
  press('call-off')
  press('when-done-quit')
  expect(did).toEqual([
    ['setWhenDone', 'nothing'],
    ['setWhenDone', 'quit'],
  ])
})

test('what came last is shown, with its folder and its id; no name is as wide as the screen or makes a key', () => {
  const long = `Rock & Roll ${'x'.repeat(60)}`
  const { item, press, did, ids } = menu({
    recentUploads: [
      { id: 'row-1', name: long, modelId: 'model-1' },
      { id: 'row-2', name: 'Old', modelId: null },
    ],
  })
  expect(ids).toContain('last')
  expect(item('recent-1').label).toMatch(/^Rock && Roll x+…$/)
  expect(item('recent-1').label?.length).toBeLessThanOrEqual(41)
  press('recent-1-folder')
  press('recent-1-copy')
  press('recent-2-library')
  expect(did).toEqual([['showInFolder', 'row-1'], ['copyModelId', 'model-1'], ['openLibrary']])
  expect(() => item('recent-2-copy')).toThrow()
})
