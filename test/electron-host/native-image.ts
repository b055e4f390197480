import { existsSync, readFileSync } from 'node:fs'
import { strict } from './strict.ts'

// IHDR is the first chunk of every PNG, with the width at byte 16 and the height at byte 20 (PNG
// specification, 11.2.2).
const pngWidthAt = 16
const pngHeightAt = 20

/** An image that is stored and measured but not displayed. */
export class NativeImage {
  readonly #png: Buffer
  readonly #scales = new Set([1])
  #template = false

  constructor(png: Buffer) {
    this.#png = png
  }

  isEmpty(): boolean {
    return this.#png.length === 0
  }

  toPNG(): Buffer {
    return this.#png
  }

  toDataURL(): string {
    return `data:image/png;base64,${this.#png.toString('base64')}`
  }

  getSize(): { width: number; height: number } {
    if (this.isEmpty()) return { width: 0, height: 0 }
    return { width: this.#png.readUInt32BE(pngWidthAt), height: this.#png.readUInt32BE(pngHeightAt) }
  }

  getScaleFactors(): number[] {
    return [...this.#scales]
  }

  addRepresentation({ scaleFactor = 1 }: { scaleFactor?: number }): void {
    this.#scales.add(scaleFactor)
  }

  setTemplateImage(template: boolean): void {
    this.#template = template
  }

  isTemplateImage(): boolean {
    return this.#template
  }

  /** Returns the same size, because the host does not scale images. */
  resize(): NativeImage {
    return this
  }
}

const empty = () => new NativeImage(Buffer.alloc(0))

function fromPath(path: string): NativeImage {
  if (!existsSync(path)) return empty()
  const image = new NativeImage(readFileSync(path))
  const [, stem = path, extension = ''] = /^(.*)(\.\w+)$/.exec(path) ?? []
  if (existsSync(`${stem}@2x${extension}`)) image.addRepresentation({ scaleFactor: 2 })
  if (stem.endsWith('Template')) image.setTemplateImage(true)
  return image
}

export const nativeImage = strict('nativeImage', {
  createEmpty: empty,
  createFromBuffer: (png: Buffer) => new NativeImage(png),
  createFromPath: fromPath,
  createFromDataURL: (url: string) => new NativeImage(Buffer.from(url.split(',')[1] ?? '', 'base64')),
})
