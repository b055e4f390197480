import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPanel } from '../../support/fake-bus.ts'
import { expect, test } from '../support/fixtures.ts'
import { answerBoxes, closeWindow, quit, windowState } from '../support/main-steps.ts'
import type { RunningApp } from '../support/running-app.ts'

// Displays are simulated in the app’s process; what a window manager does with the bounds is not tested here.

const keepSending = 0

/** Replaces the connected displays by ones of these widths, side by side. */
async function connect({ electron }: RunningApp, widths: readonly number[]): Promise<void> {
  await electron.evaluate(({ screen }, wide) => {
    const [first] = screen.getAllDisplays()
    const displays = wide.map((width, index) => {
      const bounds = { x: wide.slice(0, index).reduce((sum, one) => sum + one, 0), y: 0, width, height: 1080 }
      return { ...first, bounds, workArea: bounds } as Electron.Display
    })
    screen.getAllDisplays = () => displays
  }, widths)
}
const boundsOf = ({ electron }: RunningApp) =>
  electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())

test(
  'reopens on a visible display when its own is gone, and remembers both positions',
  { tag: '@host' },
  async ({ harness }) => {
    const panel = await openPanel()
    const app = await harness.start()
    const both = [1920, 2560]
    const there = { x: 2400, y: 100, width: 1200, height: 800 }
    await answerBoxes(app.electron, keepSending)
    await connect(app, both)
    await app.electron.evaluate(({ BrowserWindow }, bounds) => {
      BrowserWindow.getAllWindows()[0]?.setBounds(bounds)
    }, there)
    await closeWindow(app.electron)
    await expect.poll(() => windowState(app.electron)).toBe('hidden')
    await connect(app, [1920])
    await app.electron.evaluate(({ app: inside }) => inside.emit('activate'))
    await expect.poll(() => windowState(app.electron)).toBe('shown')
    expect(await boundsOf(app)).toEqual({ x: 360, y: 140, width: 1200, height: 800 })

    const own = { x: 10, y: 20, width: 700, height: 500 }
    await app.electron.evaluate(({ BrowserWindow }, bounds) => {
      BrowserWindow.getAllWindows()[0]?.setBounds(bounds)
    }, own)
    await closeWindow(app.electron)
    await expect.poll(() => windowState(app.electron)).toBe('hidden')
    // It quits with the other display connected again, while the window is still hidden.
    await connect(app, both)
    await quit(app.electron)
    expect(await app.ended).toBe(0)
    const kept = JSON.parse(readFileSync(join(harness.home, 'window.json'), 'utf8')) as {
      places: Record<string, { bounds: unknown }>
    }
    expect(Object.values(kept.places).map(({ bounds }) => bounds)).toEqual([there, own])
    panel.end()
  },
)
