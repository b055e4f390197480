import { expect, test } from 'vitest'
import { layoutParts, partAt } from '../../../renderer/uploads/details/part-layout.ts'

const width = 320

test('one part takes the whole width, and few share one line', () => {
  expect(layoutParts(1, width)).toMatchObject({ columns: 1, cellWidth: width, height: 16 })
  const { columns, cellWidth, gap } = layoutParts(12, width)
  expect([columns, columns * cellWidth + (columns - 1) * gap]).toEqual([12, width])
})

test.each([2, 12, 65, 300, 1_500, 10_000])('%i parts have a cell each, within the width', (count) => {
  for (const room of [248, 320, 448, 900]) {
    const { columns, cellWidth, cellHeight, gap, height } = layoutParts(count, room)
    const lines = Math.ceil(count / columns)
    expect(columns * (cellWidth + gap) - gap).toBeLessThanOrEqual(room)
    expect(lines * (cellHeight + gap) - gap).toBe(height)
    expect(Math.min(cellWidth, cellHeight)).toBeGreaterThanOrEqual(2)
    expect(height).toBeLessThanOrEqual(170)
  }
})

test('fewer parts have larger cells', () => {
  const sides = [100, 500, 1_500, 10_000].map((count) => layoutParts(count, width).cellHeight)
  expect(sides).toEqual([...sides].sort((one, other) => other - one))
  expect(sides[0]).toBeGreaterThan(sides[3] ?? 0)
})

test('finds the part at a position, or none behind the last', () => {
  const layout = layoutParts(65, width)
  const pitch = layout.cellWidth + layout.gap
  expect(partAt(layout, 65, 1, 1)).toBe(0)
  expect(partAt(layout, 65, pitch + 1, pitch + 1)).toBe(layout.columns + 1)
  expect(partAt(layout, 65, width - 1, layout.height - 1)).toBeNull()
  expect(partAt(layout, 65, -1, 1)).toBeNull()
})
