import type { InputEvent } from 'electron'
import { onEachWindow } from './each-window.ts'

/** Input events that begin a click, a tap or a key press. */
const pressTypes: ReadonlySet<InputEvent['type']> = new Set([
  'mouseDown',
  'rawKeyDown',
  'keyDown',
  'touchStart',
  'pointerDown',
  'gestureTapDown',
])

/**
 * Watches the input of each window. The returned function gives the time of the last press by the given clock,
 * `-Infinity` if there was none.
 */
export function watchPresses(monotonicMs: () => number): () => number {
  let lastPressMs = -Infinity
  onEachWindow(({ webContents }) =>
    webContents.on('input-event', (_event, { type }) => {
      if (pressTypes.has(type)) lastPressMs = monotonicMs()
    }),
  )
  return () => lastPressMs
}
