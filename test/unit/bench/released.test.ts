import { expect, test } from 'vitest'
import { compareWithRelease, ratioOf, ratiosByFamily, readReleased } from '../../bench/released.ts'
import { judged, notRun, table, told, type Row } from '../../bench/table.ts'

const wall = 'one PUT: wall ÷ curl'
const line: Row = { measure: 'line ÷ best', goal: '≥ 0.9', result: '0.80', verdict: 'MISS' }
const wallRow = (value: number) => judged({ measure: wall, atMost: 1.15, value })
const released = { version: '0.2.0', ratios: { sink: { [wall]: 1.2 }, line: { 'line ÷ best': 0.95 } } }

test('only quotients of two measurements are ratios', () => {
  const rows = [
    wallRow(1.234),
    told('many: wall ÷ curl -Z', '4.32'),
    line,
    judged({ measure: 'lag', atMost: 10, value: 1.5, unit: 'ms' }),
    { ...line, measure: 'one ÷ eight', goal: '0.95–1.05', result: '1.000' },
    notRun(wall, 'no gcc'),
  ]
  expect(rows.map(ratioOf)).toEqual([1.23, 4.32, 0.8, null, null, null])
  expect(
    ratiosByFamily([
      { family: 'many', rows },
      { family: 'lag', rows: rows.slice(3) },
    ]),
  ).toEqual({
    many: { [wall]: 1.23, 'many: wall ÷ curl -Z': 4.32, 'line ÷ best': 0.8 },
  })
})

test.each([
  [1.38, []],
  [1.39, [`${wall}: 1.20 in 0.2.0, 1.39 now`]],
  [0.5, []],
])('a ratio of %d beside 1.20 is worse only above 15 %%', (value, worse) => {
  const compared = compareWithRelease([{ family: 'sink', rows: [wallRow(value)] }], released)
  expect(compared.worse).toEqual(worse)
  expect(table(compared.rows)).toContain('| 1.20 ')
})

test('a ratio with a lower bound is worse the lower it is', () => {
  const worse = (result: string) =>
    compareWithRelease([{ family: 'line', rows: [{ ...line, result }] }], released).worse
  expect([worse('0.80'), worse('0.81'), worse('2.00')]).toEqual([
    ['line ÷ best: 0.95 in 0.2.0, 0.80 now'],
    [],
    [],
  ])
})

test('keeps the rows of a family that fails, and leaves out families that were not selected', () => {
  const failedRow = notRun('the sink', 'failed: see above')
  const { rows, worse } = compareWithRelease([{ family: 'sink', rows: [failedRow] }], released)
  expect(rows).toEqual([failedRow, { ...notRun(wall, 'not measured'), released: '1.20' }])
  expect(worse).toEqual([])
})

test('the stored release has ratios of families that exist', async () => {
  const { families } = await import('../../bench/rows/all.ts')
  const names = new Set(families.map(({ name }) => name))
  const released = Object.keys(readReleased().ratios)
  expect(released).not.toEqual([])
  expect(released.filter((name) => !names.has(name))).toEqual([])
})
