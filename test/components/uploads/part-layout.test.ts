import { expect, test } from 'vitest'
import { layoutParts, partAt } from '../../../renderer/uploads/details/part-layout.ts'

const width = 320

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

test('finds the part at a position, or none behind the last', () => {
  const layout = layoutParts(65, width)
  const pitch = layout.cellWidth + layout.gap
  expect(partAt(layout, 65, 1, 1)).toBe(0)
  expect(partAt(layout, 65, pitch + 1, pitch + 1)).toBe(layout.columns + 1)
  expect(partAt(layout, 65, width - 1, layout.height - 1)).toBeNull()
  expect(partAt(layout, 65, -1, 1)).toBeNull()
})
