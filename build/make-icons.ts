import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packIcns, packIco } from './pack-icons.ts'
import { progressSteps, trayGlyph, trayStates, type TrayState } from './tray-glyph.ts'

// Renders all icons from their SVG sources: `node build/make-icons.ts`, with rsvg-convert on PATH. The output
// is committed.

const here = import.meta.dirname
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024]
/** Sizes up to this one use the simplified drawing. */
const smallUpTo = 48
/** Icon size in a panel or menu bar, in points. */
const traySize = 22
/** Screen densities with their own image files; Electron selects the file by its suffix (native-image.md). */
const densities = [1, 1.25, 1.5, 2]
const icoSizes = [16, 24, 32, 48, 64, 128, 256]
const trayIcoSizes = [16, 20, 24, 32, 48]

function draw(svg: string, size: number): Buffer {
  return execFileSync('rsvg-convert', ['-w', String(size), '-h', String(size), svg])
}

function drawText(svg: string, size: number): Buffer {
  return execFileSync('rsvg-convert', ['-w', String(size), '-h', String(size)], { input: svg })
}

function makeAppIcons(): void {
  const pngs = new Map(
    sizes.map((size) => [size, draw(join(here, size <= smallUpTo ? 'icon-small.svg' : 'icon.svg'), size)]),
  )
  for (const [size, png] of pngs) writeFileSync(join(here, `icons/${size}x${size}.png`), png)
  writeFileSync(join(here, 'icon.ico'), packIco([...pngs].filter(([size]) => icoSizes.includes(size))))
  writeFileSync(join(here, 'icon.icns'), packIcns(pngs))
}

function makeTrayIcons(): void {
  const looks = { dark: '#1b1f24', light: '#f2f5f8' }
  for (const { name, state, step } of pictures()) {
    writeTrayPngs(`${name}Template`, trayGlyph(state, '#000000', '#000000', step), [1, 2])
    for (const [look, colour] of Object.entries(looks)) {
      const glyph = trayGlyph(state, colour, look === 'dark' ? '#c46a00' : '#ffb340', step)
      writeTrayPngs(`${name}-${look}`, glyph, densities)
      const drawn = trayIcoSizes.map((size) => [size, drawText(glyph, size)] as const)
      writeFileSync(join(here, `tray/${name}-${look}.ico`), packIco(drawn))
    }
  }
}

/** One picture per state, and one per progress step for the sending state. */
function pictures(): { name: string; state: TrayState; step?: number }[] {
  return trayStates.flatMap((state): { name: string; state: TrayState; step?: number }[] =>
    state === 'sending'
      ? Array.from({ length: progressSteps }, (_, step) => ({ name: `sending-${step}`, state, step }))
      : [{ name: state, state }],
  )
}

function writeTrayPngs(name: string, glyph: string, scales: readonly number[]): void {
  for (const scale of scales) {
    const end = scale === 1 ? '' : `@${scale}x`
    writeFileSync(join(here, `tray/${name}${end}.png`), drawText(glyph, Math.round(traySize * scale)))
  }
}

for (const folder of ['icons', 'tray']) {
  rmSync(join(here, folder), { recursive: true, force: true })
  mkdirSync(join(here, folder))
}
makeAppIcons()
makeTrayIcons()
