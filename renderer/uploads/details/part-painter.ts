import type { PartMap } from '../../../electron/contract/upload-details.ts'
import { isAgain, partBytes, stateOf } from './part-states.ts'
import type { PartLayout } from './part-layout.ts'

const names = ['waiting', 'flying', 'before', 'sent', 'again'] as const
type Palette = Record<(typeof names)[number], string>

/** Minimum cell size for borders and marks, in CSS pixels. */
const roomyFrom = 6

/** Draws a part map incrementally: 10,000 parts are updated ten times a second. */
export class PartPainter {
  readonly #canvas: HTMLCanvasElement
  #drawn = ''
  #flying: readonly number[] = []
  #look = ''

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
  }

  /** Draws the changed cells, or all of them if layout, pixel ratio or colours have changed. */
  draw(
    map: PartMap,
    layout: PartLayout,
    place: { readonly width: number; readonly sizeBytes: number },
  ): void {
    const context = this.#canvas.getContext('2d')
    if (!context) return
    const styles = getComputedStyle(this.#canvas)
    const palette = Object.fromEntries(
      names.map((name) => [name, styles.getPropertyValue(`--part-${name}`)]),
    ) as Palette
    const scale = devicePixelRatio
    const look = JSON.stringify([layout, place.width, scale, palette, map.states.length])
    if (look !== this.#look) {
      this.#canvas.width = Math.ceil(place.width * scale)
      this.#canvas.height = Math.ceil(layout.height * scale)
      this.#look = look
      this.#drawn = ''
    }
    context.setTransform(scale, 0, 0, scale, 0, 0)
    const bytes = new Map(map.flying.map((part) => [part.number - 1, part.bytes]))
    const flying = [...bytes.keys()]
    const moving = new Set([...this.#flying, ...flying])
    for (let index = 0; index < map.states.length; index += 1) {
      const isSame = map.states.charCodeAt(index) === this.#drawn.charCodeAt(index)
      if (isSame && !moving.has(index)) continue
      const letter = map.states.charAt(index)
      const share = (bytes.get(index) ?? 0) / partBytes(map, index, place.sizeBytes)
      drawCell(context, { letter, share, palette, index, layout })
    }
    this.#drawn = map.states
    this.#flying = flying
  }
}

interface Cell {
  readonly letter: string
  /** Share of the part that was sent, 0–1, while it is in flight. */
  readonly share: number
  readonly palette: Palette
  readonly index: number
  readonly layout: PartLayout
}

function drawCell(context: CanvasRenderingContext2D, { letter, share, palette, index, layout }: Cell): void {
  const { columns, cellWidth: width, cellHeight: height, gap } = layout
  const x = (index % columns) * (width + gap)
  const y = Math.floor(index / columns) * (height + gap)
  const isRoomy = height >= roomyFrom
  const state = stateOf(letter)
  const fill = (colour: string, part = 1) => {
    context.fillStyle = colour
    context.fillRect(x, y, width * part, height)
  }
  context.clearRect(x, y, width, height)
  if (isAgain(letter) && !isRoomy) return fill(palette.again)
  if (state === 's') fill(palette.sent)
  else if (state === 'b') fill(palette.before)
  else if (state === 'f' && !isRoomy) fill(palette.flying)
  else fill(palette.waiting)
  if (!isRoomy) return
  if (state === 'f') {
    fill(palette.flying, Math.min(1, share))
    context.strokeStyle = palette.sent
    context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1)
  }
  if (state === 'u') {
    context.fillStyle = palette.before
    context.fillRect(x + width / 2 - 1, y + height / 2 - 1, 2, 2)
  }
  if (isAgain(letter)) {
    const side = Math.min(6, height * 0.6)
    context.fillStyle = palette.again
    context.beginPath()
    context.moveTo(x + width - side, y)
    context.lineTo(x + width, y)
    context.lineTo(x + width, y + side)
    context.fill()
  }
}
