import { deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { jpegSegment, u16 } from '../../../fixtures/workflow-media.ts'
import { png, pngChunk, tiff, webp } from '../../../fixtures/workflows.ts'
import { namesIn, workflow, workflowOf } from './names-in.ts'

const make = 0x010f
const model = 0x0110

test.each([
  ['without a language', '\0\0\0\0', ['a.pt']],
  ['with a language and a translated keyword', '\0\0en\0plan\0', ['a.pt']],
  ['whose keyword does not end', '\0\0en\0plan ', null],
])('reads an international text of a PNG %s', async (_what, head, names) => {
  expect(await namesIn(png(), pngChunk('iTXt', Buffer.from(`workflow\0${head}${workflow}`)))).toEqual(names)
})

test('reads texts of a PNG in UTF-8, and of an animation, but no other chunks', async () => {
  const text = Buffer.from(`workflow\0${workflowOf('é.pt')}`)
  expect(await namesIn(png(), pngChunk('comf', text))).toEqual(['é.pt'])
  expect(await namesIn(png(), pngChunk('tEXt', text))).toEqual(['é.pt'])
  expect(await namesIn(png(), pngChunk('prVt', text))).toBeNull()
})

test('returns what precedes a damaged chunk of a PNG', async () => {
  const damaged = pngChunk('tEXt', Buffer.from(`prompt\0${workflowOf('b.pt')}`))
  damaged.writeUInt32BE(0xfffffff0)
  expect(await namesIn(png([{ kind: 'tEXt', keyword: 'workflow', text: workflow }]), damaged)).toEqual([
    'a.pt',
  ])
})

test('ignores a text of a PNG beyond 16 MiB in total', async () => {
  const mebibytes = (count: number) => Buffer.alloc(count * 1024 ** 2, 'x')
  const packed = pngChunk('zTXt', Buffer.concat([Buffer.from('workflow\0\0'), deflateSync(mebibytes(10))]))
  const text = (name: string) => Buffer.from(`prompt\0${workflowOf(name)}`)
  const large = pngChunk('tEXt', Buffer.concat([text('b.pt'), Buffer.alloc(7 * 1024 ** 2)]))
  expect(await namesIn(png(), packed, large, pngChunk('tEXt', text('a.pt')))).toEqual(['a.pt'])
})

const exif = (text: string) =>
  jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), tiff([{ tag: make, text }], 'MM')]))
const [start, scan] = [u16(0xffd8), jpegSegment(0xda, Buffer.from([1, 1, 0]))]

test('reads the EXIF data of a JPEG behind other metadata, but nothing in the picture', async () => {
  const xmp = jpegSegment(0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>'))
  expect(await namesIn(start, xmp, exif(`workflow:${workflow}`), scan)).toEqual(['a.pt'])
  expect(await namesIn(start, xmp, scan, exif(`workflow:${workflow}`))).toBeNull()
})

test.each([
  ['a segment that is too long', u16(0xffe1), u16(0xffff)],
  ['a segment that is too short', u16(0xffe1), u16(0)],
  ['something else than a segment', u16(0xfe00), u16(2)],
])('returns what precedes %s in a JPEG', async (_what, ...damaged) => {
  const after = exif(`workflow:${workflowOf('b.pt')}`)
  expect(await namesIn(start, exif(`workflow:${workflow}`), ...damaged, after)).toEqual(['a.pt'])
})

test.each([
  ['JSON without the word that says what it is', [{ tag: make, text: workflowOf('b.pt') }]],
  ['the word without JSON', [{ tag: make, text: 'workflow: none' }]],
  ['no text', [{ tag: make, text: '' }]],
])('ignores a tag of EXIF data with %s', async (_what, tags) => {
  expect(await namesIn(webp([...tags, { tag: model, text: `prompt:${workflow}` }]))).toEqual(['a.pt'])
})

/** A WebP with two tags; `change` gets the position of its EXIF data and of its first entry. */
function webpWith(change: (bytes: Buffer, exifAt: number, entryAt: number) => void): Buffer {
  const bytes = webp([
    { tag: make, text: `workflow:${workflowOf('b.pt')}` },
    { tag: model, text: `prompt:${workflow}` },
  ])
  const exifAt = bytes.indexOf('II*\0', 0, 'latin1')
  change(bytes, exifAt, exifAt + 10)
  return bytes
}

test('ignores a tag of EXIF data that is not a text', async () => {
  // 7 is the type of undefined bytes, which only the user comment may have.
  expect(await namesIn(webpWith((bytes, _exifAt, at) => bytes.writeUInt16LE(7, at + 2)))).toEqual(['a.pt'])
})

test('ignores a text of EXIF data that ends behind the data', async () => {
  // The second entry's text is the last one of the data.
  const bytes = webpWith((changed, _exifAt, at) => {
    changed.writeUInt32LE(changed.readUInt32LE(at + 12 + 4) + 1, at + 12 + 4)
  })
  expect(await namesIn(bytes)).toEqual(['b.pt'])
})

test('returns what precedes EXIF data that ends early in a JPEG', async () => {
  for (const data of ['II', 'II*\0\x08\0\0\0', 'II*\0\x08\0\0\0\x01\0\x0f\x01']) {
    const cut = jpegSegment(0xe1, Buffer.from(`Exif\0\0${data}`, 'latin1'))
    expect(await namesIn(start, exif(`workflow:${workflow}`), cut, scan)).toEqual(['a.pt'])
  }
})

test('ends at a directory of EXIF data that refers to itself', async () => {
  const bytes = webpWith((changed, exifAt, at) => {
    changed.writeUInt16LE(0x8769, at)
    changed.writeUInt32LE(changed.readUInt32LE(exifAt + 4), at + 8)
  })
  expect(await namesIn(bytes)).toEqual(['a.pt'])
})

test('reads the entries of EXIF data that exist if their number is too large', async () => {
  const bytes = webpWith((changed, exifAt) => changed.writeUInt16LE(400, exifAt + 8))
  expect(await namesIn(bytes)).toEqual(['b.pt', 'a.pt'])
})
