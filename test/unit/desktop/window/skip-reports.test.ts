import { expect, test } from 'vitest'
import type { AddReport } from '../../../../electron/contract/uploads.ts'
import { createSkipReports } from '../../../../electron/desktop/window/skip-reports.ts'
import { standingClock } from '../../../support/hand-clock.ts'

const collectMs = 100

function setup() {
  const sent: AddReport[] = []
  const { timers, advance } = standingClock()
  const reports = createSkipReports({ timers, send: (report) => void sent.push(report) })
  return {
    ...reports,
    advance,
    skip: (...names: readonly string[]) =>
      names.forEach((fileName) => reports.add({ fileName, accountId: `of ${fileName}` })),
    names: () => sent.map(({ skipped }) => skipped.map(({ name }) => name)),
    sent,
  }
}

test('reports uploads together that are skipped shortly after each other', () => {
  const { skip, advance, names, sent } = setup()
  skip('a')
  advance(collectMs - 1)
  skip('b')
  expect(sent).toEqual([])
  advance(1)
  skip('c')
  advance(collectMs)
  expect(names()).toEqual([['a', 'b'], ['c']])
  const skipped = [{ name: 'c', reason: 'path-taken' }]
  expect(sent[1]).toEqual({ added: 0, refused: 0, skipped, wereQueued: true })
})
