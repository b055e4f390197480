import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasThumbnail, readPreview } from '../../../../electron/recognition/metadata/preview.ts'
import { pngOf } from '../../../fixtures/pictures.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'preview-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const png = pngOf(4, 4, [1, 2, 3])
const url = `data:image/png;base64,${png.toString('base64')}`
const headerWith = (thumbnail: string) => ({
  tensors: new Map(),
  metadata: new Map([['modelspec.thumbnail', thumbnail]]),
})

async function writePicture(bytes: Buffer) {
  const picture = join(root, 'a.png')
  await writeFile(picture, bytes)
  return { picture, texts: [] }
}
const none = { picture: null, texts: [] }

test('shows the picture in the header, else the one beside the file', async () => {
  const sidecar = await writePicture(png)
  expect(await readPreview(headerWith(url), sidecar)).toEqual({ url, from: 'header' })
  expect(await readPreview(headerWith(url), none)).toEqual({ url, from: 'header' })
  const large = Buffer.concat([png, Buffer.alloc(3 * 1024 * 1024)]).toString('base64')
  expect((await readPreview(headerWith(`data:image/png;base64,${large}`), sidecar))?.from).toBe('header')
  const unusable = [
    'a text',
    `x${url}`,
    'data:image/png;base64,AAAA',
    `data:text/html;base64,${png.toString('base64')}`,
    // Larger than what is shown, although its beginning is a picture.
    url + 'A'.repeat(8 * 1024 * 1024),
  ]
  for (const header of [null, ...unusable.map(headerWith)]) {
    expect(await readPreview(header, sidecar)).toEqual({ url, from: 'sidecar' })
    expect(await readPreview(header, none)).toBeNull()
  }
})

test('shows no picture that is none, is too large or has gone', async () => {
  const large = Buffer.concat([png, Buffer.alloc(4 * 1024 * 1024 - png.length)])
  expect(await readPreview(null, await writePicture(large))).not.toBeNull()
  for (const bytes of [Buffer.from('<svg/>'), Buffer.concat([large, Buffer.alloc(1)])]) {
    expect(await readPreview(null, await writePicture(bytes))).toBeNull()
  }
  expect(await readPreview(null, { picture: join(root, 'gone.png'), texts: [] })).toBeNull()
})

test('recognises a picture in the header by the start of its URL', () => {
  expect(hasThumbnail(headerWith(url))).toBe(true)
  expect(hasThumbnail(headerWith('data:image/svg+xml;base64,'))).toBe(true)
  expect(hasThumbnail(headerWith('https://example.com/a.png'))).toBe(false)
  expect(hasThumbnail({ tensors: new Map(), metadata: new Map() })).toBe(false)
  expect(hasThumbnail(null)).toBe(false)
})
