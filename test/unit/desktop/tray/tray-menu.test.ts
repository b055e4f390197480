import { expect, test } from 'vitest'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import { translatorFor } from '../../../../electron/messages/messages.ts'
import { trayMenuTemplate, type TrayContent } from '../../../../electron/desktop/tray/tray-menu.ts'
import { emptyTotals } from '../../../support/totals.ts'
import { idleConditions } from '../../../support/idle-conditions.ts'

function menu(given: Partial<TrayContent> = {}) {
  const clicked: unknown[] = []
  const record =
    (name: string) =>
    (...args: readonly unknown[]) =>
      void clicked.push([name, ...args])
  const actions = {
    open: record('open'),
    pauseAll: record('pauseAll'),
    resumeAll: record('resumeAll'),
    stopPausing: record('stopPausing'),
    sendAnyway: record('sendAnyway'),
    setLimit: record('setLimit'),
    setWhenDone: record('setWhenDone'),
    showInFolder: record('showInFolder'),
    copyModelId: record('copyModelId'),
    openLibrary: record('openLibrary'),
    showSettings: record('showSettings'),
    quit: record('quit'),
  }
  const content: TrayContent = {
    summary: { line: 'ok', totals: emptyTotals, allPaused: false },
    conditions: idleConditions,
    limitBytesPerSecond: null,
    recentUploads: [],
    ...given,
  }
  const template = trayMenuTemplate(content, actions, { t: translatorFor('en'), tag: 'en', nowMs: 0 })
  const all = template.flatMap((item) => [item, ...submenuItems(item)])
  return {
    clicked,
    ids: template.flatMap(({ id }) => id ?? []),
    item(id: string) {
      const found = all.find((item) => item.id === id)
      if (!found) throw new Error(`there is no item ${id}`)
      return found
    },
    click(id: string) {
      const click = all.find((item) => item.id === id)?.click as (() => void) | undefined
      click?.()
    },
  }
}

type Item = ReturnType<typeof trayMenuTemplate>[number]
function submenuItems({ submenu }: Item): Item[] {
  return Array.isArray(submenu) ? submenu.flatMap((item) => [item, ...submenuItems(item)]) : []
}

test('the summary names a pause reason, which can be overridden', () => {
  const conditions: Conditions = {
    ...idleConditions,
    hold: { kind: 'battery', percent: 9, belowPercent: 20 },
  }
  const summary = { line: 'ok', totals: { ...emptyTotals, waiting: 2 }, allPaused: false } as const
  const { item, ids, click, clicked } = menu({ conditions, summary })
  expect(ids.slice(0, 3)).toEqual(['sum', 'send-anyway', 'open'])
  expect(item('sum').label).toBe('On battery · 2 files resume with the charger')
  click('send-anyway')
  expect(clicked).toEqual([['sendAnyway']])
})

test('a pause reason is not shown while the user has paused everything, which its end doesn’t change', () => {
  const conditions: Conditions = {
    ...idleConditions,
    hold: { kind: 'battery', percent: 9, belowPercent: 20 },
  }
  const { ids } = menu({
    conditions,
    summary: { line: 'ok', totals: { ...emptyTotals, waiting: 2 }, allPaused: true },
  })
  expect(ids.slice(0, 2)).toEqual(['sum', 'open'])
})

test('the limit of quiet hours is shown above the choices while it is the lower one', () => {
  const shown = (limit: Conditions['limit']) => menu({ conditions: { ...idleConditions, limit } })
  const untilMs = new Date(0).setHours(21, 30)
  const { item } = shown({ bytesPerSecond: 2_000_000, isFromQuietHours: true, untilMs })
  expect(item('limit-quiet')).toMatchObject({
    label: expect.stringMatching(/^Up to 2 MB\/s until 9:30\sPM$/),
    enabled: false,
  })
  expect(submenuItems(item('limit')).map(({ id }) => id)).toEqual([
    'limit-quiet',
    undefined,
    'limit-none',
    ...[1, 2, 5, 10, 20, 50].map((megabytes) => `limit-${megabytes * 1_000_000}`),
  ])
  const own = shown({ bytesPerSecond: 2_000_000, isFromQuietHours: false, untilMs })
  expect(() => own.item('limit-quiet')).toThrow()
})

test('recent uploads have their actions, with names shortened and escaped', () => {
  const long = `Rock & Roll ${'x'.repeat(60)}`
  const { item, click, clicked, ids } = menu({
    recentUploads: [
      { id: 'row-1', name: long, modelId: 'model-1' },
      { id: 'row-2', name: 'Old', modelId: null },
    ],
  })
  expect(ids).toContain('last')
  expect(item('recent-1').label).toMatch(/^Rock && Roll x+…$/)
  expect(item('recent-1').label?.length).toBeLessThanOrEqual(41)
  click('recent-1-folder')
  click('recent-1-copy')
  click('recent-1-library')
  click('recent-2-folder')
  click('recent-2-library')
  expect(clicked).toEqual([
    ['showInFolder', 'row-1'],
    ['copyModelId', 'model-1'],
    ['openLibrary'],
    ['showInFolder', 'row-2'],
    ['openLibrary'],
  ])
  expect(() => item('recent-2-copy')).toThrow()
})
