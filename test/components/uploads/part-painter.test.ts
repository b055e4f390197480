import { expect, onTestFinished, test } from 'vitest'
import type { PartMap } from '../../../electron/contract/upload-details.ts'
import '../../../renderer/styles/tokens.css'
import { layoutParts } from '../../../renderer/uploads/details/part-layout.ts'
import { PartPainter } from '../../../renderer/uploads/details/part-painter.ts'

const place = { width: 320, sizeBytes: 10_000 * 5_000_000 }
const layout = layoutParts(10_000, place.width)

function setup() {
  const canvas = document.createElement('canvas')
  document.body.append(canvas)
  onTestFinished(() => canvas.remove())
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser draws nothing')
  let cells = 0
  const clear = context.clearRect.bind(context)
  context.clearRect = (...where) => {
    cells += 1
    clear(...where)
  }
  const painter = new PartPainter(canvas)
  return {
    /** Draws and returns the number of drawn cells. */
    draw(states: string, flying: PartMap['flying'] = []): number {
      cells = 0
      painter.draw({ partSizeBytes: 5_000_000, states, flying }, layout, place)
      return cells
    },
    colourOf(index: number): string {
      const pitch = layout.cellWidth + layout.gap
      const [x, y] = [(index % layout.columns) * pitch, Math.floor(index / layout.columns) * pitch]
      return context.getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data.join()
    },
  }
}

test('redraws only changed parts and those in flight, out of 10,000', () => {
  const { draw } = setup()
  const waiting = 'w'.repeat(9_990)
  expect(draw(`ssssssffuw${waiting}`, [{ number: 7, bytes: 1 }])).toBe(10_000)
  // The seventh is sent, the eighth is in flight, the ninth has its URL.
  expect(
    draw(
      `sssssssffw${waiting}`,
      [8, 9].map((number) => ({ number, bytes: 2 })),
    ),
  ).toBe(3)
  expect(draw(`sssssssssw${waiting}`)).toBe(2)
  expect(draw(`sssssssssw${waiting}`)).toBe(0)
})

test('redraws everything when the colour scheme changes', () => {
  const { draw, colourOf } = setup()
  const states = `sbfwS${'w'.repeat(9_995)}`
  onTestFinished(() => {
    delete document.documentElement.dataset['theme']
  })
  const colours = () => [0, 1, 2, 3, 4].map(colourOf)
  document.documentElement.dataset['theme'] = 'light'
  draw(states)
  const light = colours()
  expect(new Set(light).size).toBe(5)
  document.documentElement.dataset['theme'] = 'dark'
  expect(draw(states)).toBe(10_000)
  const dark = colours()
  expect(dark.filter((colour) => light.includes(colour))).toEqual([])
})
