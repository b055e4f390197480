import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packIcns, packIco } from './pack-icons.ts'
import { trayGlyph, trayStates } from './tray-glyph.ts'

// Draws every icon again from its SVG: `node build/make-icons.ts`, with rsvg-convert on PATH. What it writes is committed.

const here = import.meta.dirname
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024]
/** Up to this size the drawing with fewer parts is the clearer one. */
const smallUpTo = 48
/** Points of a panel's or menu bar's icon; `@2x` for screens of twice the density. */
const traySize = 22
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
  for (const state of trayStates) {
    writeTrayPngs(`${state}Template`, trayGlyph(state, '#000000', '#000000'))
    for (const [name, colour] of Object.entries(looks)) {
      const glyph = trayGlyph(state, colour, name === 'dark' ? '#c46a00' : '#ffb340')
      writeTrayPngs(`${state}-${name}`, glyph)
      const drawn = trayIcoSizes.map((size) => [size, drawText(glyph, size)] as const)
      writeFileSync(join(here, `tray/${state}-${name}.ico`), packIco(drawn))
    }
  }
}

function writeTrayPngs(name: string, glyph: string): void {
  writeFileSync(join(here, `tray/${name}.png`), drawText(glyph, traySize))
  writeFileSync(join(here, `tray/${name}@2x.png`), drawText(glyph, traySize * 2))
}

for (const folder of ['icons', 'tray']) {
  rmSync(join(here, folder), { recursive: true, force: true })
  mkdirSync(join(here, folder))
}
makeAppIcons()
makeTrayIcons()
