import { expect, test } from 'vitest'
import { partsIn } from '../../../../electron/discovery/workflows/media-parts.ts'
import { textsOfJpeg, textsOfPng } from '../../../../electron/discovery/workflows/workflow-image.ts'
import {
  textsOfFlac,
  textsOfIsoMedia,
  textsOfMatroska,
  textsOfMp3,
} from '../../../../electron/discovery/workflows/workflow-media.ts'
import { bufferSource, type ByteSource } from '../../../../electron/recognition/formats/byte-source.ts'
import * as media from '../../../fixtures/workflow-media.ts'
import { png, pngChunk, tiff } from '../../../fixtures/workflows.ts'
import { namesIn, workflow, workflowOf } from './names-in.ts'

const { box, element, flacBlock, isoMedia, oggPage, u16, u32, u32le, vorbisComments } = media

const u64 = (value: number) => Buffer.concat([u32(0), u32(value)])
const movie = media.movie('workflow', workflow)
const head = isoMedia('isom')

test.each([
  [
    'a box with a size of 64 bits',
    [u32(1), Buffer.from('mdat'), u64(116), Buffer.alloc(100)],
    box('moov', movie),
  ],
  ['a movie that reaches to the end of the file', [], Buffer.concat([u32(0), Buffer.from('moov'), movie])],
  ['user data outside of the movie', [box('free')], media.userData({ workflow })],
])('reads the workflow of a video with %s', async (_what, before, last) => {
  expect(await namesIn(head, ...before, last)).toEqual(['a.pt'])
})

test('ignores values of a video that are no text or too short', async () => {
  const other = box('name', Buffer.alloc(8), Buffer.from(workflowOf('b.pt')))
  const values = [box('data', u32(1)), other, box('data', u32(1), u32(0), Buffer.from(workflow))]
  const meta = box('meta', box('hdlr', Buffer.alloc(25)), box('ilst', box('\xa9cmt', ...values)))
  expect(await namesIn(head, box('moov', meta))).toEqual(['a.pt'])
})

test('ignores JSON more than 40 characters behind the start of a comment', async () => {
  const withPrefix = (length: number) => namesIn(media.flac({ comment: 'x'.repeat(length) + workflow }))
  expect([await withPrefix(40), await withPrefix(41)]).toEqual([['a.pt'], null])
})

const itemInfo = (version: number, id: Buffer, type: string) =>
  box('infe', u32(version << 24), id, u16(0), Buffer.from(`${type}\0`))

test.each([
  [
    'positions relative to a base',
    (at: number, length: number) => [
      box('iinf', u32(0), u16(2), itemInfo(2, u16(1), 'av01'), itemInfo(2, u16(2), 'Exif')),
      // Version 1, with four bytes for each number: base and offset, and the index that offsets may have.
      box(
        'iloc',
        ...[u32(1 << 24), Buffer.from([0x44, 0x44]), u16(2)],
        ...[u16(1), u16(0), u16(0), u32(7), u16(2), u32(0), u32(1), u32(2), u32(0), u32(3), u32(4)],
        ...[
          u16(2),
          u16(0),
          u16(0),
          u32(Math.floor(at / 2)),
          u16(1),
          u32(0),
          u32(Math.ceil(at / 2)),
          u32(length),
        ],
      ),
    ],
  ],
  [
    'item numbers of 32 bits',
    (at: number, length: number) => [
      box('iinf', u32(1 << 24), u32(2), itemInfo(3, u32(1), 'av01'), itemInfo(3, u32(70_000), 'Exif')),
      box(
        'iloc',
        ...[u32(2 << 24), Buffer.from([0x88, 0x00]), u32(2)],
        ...[u32(1), u16(0), u16(0), u16(1), u64(1), u64(2)],
        ...[u32(70_000), u16(0), u16(0), u16(1), u64(at), u64(length)],
      ),
    ],
  ],
])('reads the workflow of an AVIF with %s', async (_what, itemBoxes) => {
  expect(await namesIn(media.avif(0x010f, `workflow:${workflow}`, itemBoxes))).toEqual(['a.pt'])
})

test('finds no workflow in an AVIF without the position of its EXIF data', async () => {
  const withoutLocation = () => [box('iinf', u32(0), u16(1), itemInfo(2, u16(2), 'Exif'))]
  const ofOtherItem = (at: number, length: number) => [
    ...withoutLocation(),
    box('iloc', u32(0), Buffer.from([0x44, 0]), u16(1), u16(3), u16(0), u16(1), u32(at), u32(length)),
  ]
  for (const boxes of [withoutLocation, ofOtherItem])
    expect(await namesIn(media.avif(0x010f, `workflow:${workflow}`, boxes))).toBeNull()
})

test.each(['iinf', 'iloc'])('reads a video whose metadata of pictures has no %s box', async (missing) => {
  const bytes = media.avif(0x010f, `workflow:${workflowOf('b.pt')}`)
  bytes.write('free', bytes.indexOf(missing), 'latin1')
  expect(await namesIn(bytes, media.userData({ workflow }))).toEqual(['a.pt'])
})

test('reads only the list of items for the EXIF data of an AVIF', async () => {
  const ofBox = (type: string) => (at: number, length: number) => [
    box('iinf', u32(0), u16(1), box(type, u32(2 << 24), u16(2), u16(0), Buffer.from('Exif\0'))),
    box('iloc', u32(0), Buffer.from([0x44, 0]), u16(1), u16(2), u16(0), u16(1), u32(at), u32(length)),
  ]
  const bytes = (type: string) => media.avif(0x010f, `workflow:${workflow}`, ofBox(type))
  expect([await namesIn(bytes('infe')), await namesIn(bytes('free'))]).toEqual([['a.pt'], null])
})

test('reads a FLAC up to its last block', async () => {
  const comments = vorbisComments({ workflow })
  const start = Buffer.from('fLaC')
  expect(await namesIn(start, flacBlock(4, comments), flacBlock(0x81, Buffer.alloc(9)))).toEqual(['a.pt'])
  expect(await namesIn(start, flacBlock(0x80, Buffer.alloc(34)), flacBlock(4, comments))).toBeNull()
})

test('reads Vorbis in Ogg, whose other headers share a page with the comments', async () => {
  const packets = [`\x03vorbis`, '\x05vorbis'].map((text) => Buffer.from(text))
  const comments = Buffer.concat([...packets.slice(0, 1), vorbisComments({ title: 'x', workflow })])
  const first = oggPage([Buffer.from('\x01vorbis')])
  expect(await namesIn(first, oggPage([comments, ...packets.slice(1)]))).toEqual(['a.pt'])
  const ofOtherCodec = Buffer.concat([Buffer.from('\x03theora'), vorbisComments({ workflow })])
  expect(await namesIn(first, oggPage([ofOtherCodec]))).toBeNull()
  expect(await namesIn(first, oggPage([comments]).fill('X', 0, 1))).toBeNull()
})

test('reads an Ogg only up to 20,000 pages', async () => {
  const comments = oggPage([Buffer.concat([Buffer.from('OpusTags'), vorbisComments({ workflow })])])
  const head = oggPage([Buffer.from('OpusHead')])
  const emptyPages = (count: number) => Buffer.concat(Array<Buffer>(count).fill(oggPage([], true)))
  expect(await namesIn(head, emptyPages(19_998), comments)).toEqual(['a.pt'])
  expect(await namesIn(head, emptyPages(19_999), comments)).toBeNull()
})

test('reads no comments of an Ogg behind its first 16 MiB', async () => {
  // The first packet, in pages of which 256 end within 16 MiB.
  const full = oggPage([Buffer.alloc(255 * 255)], true)
  const pages = [...Array<Buffer>(256).fill(full), oggPage([Buffer.alloc(254 * 255)])]
  const comments = oggPage([Buffer.concat([Buffer.from('OpusTags'), vorbisComments({ workflow })])])
  expect(await namesIn(...pages.slice(1), comments)).toEqual(['a.pt'])
  expect(await namesIn(...pages, comments)).toBeNull()
})

/** A frame of ID3 2.3. */
const frame = (id: string, ...content: readonly Buffer[]) => {
  const bytes = Buffer.concat(content)
  return Buffer.concat([Buffer.from(id), u32(bytes.length), u16(0), bytes])
}
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

test.each([
  ['Latin-1', Buffer.from([0]), Buffer.from(`workflow\0${workflowOf('é.pt')}`, 'latin1')],
  ['UTF-16 with a big-endian mark', Buffer.from([1]), utf16be(`\uFEFFworkflow\0\uFEFF${workflowOf('é.pt')}`)],
  ['UTF-16BE', Buffer.from([2]), utf16be(`workflow\0${workflowOf('é.pt')}`)],
  [
    'UTF-16 with half a character',
    Buffer.from([1]),
    Buffer.concat([utf16be(`\uFEFFworkflow\0${workflowOf('é.pt')}`), Buffer.alloc(1)]),
  ],
  ['UTF-8', Buffer.from([3]), Buffer.from(`workflow\0${workflowOf('é.pt')}`)],
])('reads the text of an MP3 in %s, between other frames', async (_what, encoding, text) => {
  const title = frame('TIT2', Buffer.from('\0workflow\0{}'))
  const frames = [title, frame('TXXX', encoding, text), Buffer.alloc(50)]
  expect(await namesIn(media.mp3Of(Buffer.concat(frames), 3))).toEqual(['é.pt'])
})

test('reads frames of one byte, but none that end behind the tag of an MP3', async () => {
  const texts = ['a.pt', 'b.pt'].map((name) => frame('TXXX', Buffer.from(`\0workflow\0${workflowOf(name)}`)))
  const bytes = media.mp3Of(Buffer.concat([frame('TIT2', Buffer.alloc(1)), ...texts]), 3)
  expect(await namesIn(bytes)).toEqual(['a.pt', 'b.pt'])
  // The last of the four bytes of the tag's size.
  bytes.writeUInt8(bytes.readUInt8(9) - 1, 9)
  expect(await namesIn(bytes)).toEqual(['a.pt'])
})

test('reads only user-defined texts of an MP3', async () => {
  expect(await namesIn(media.mp3Of(frame('COMM', Buffer.from(`\0workflow\0${workflow}`)), 3))).toBeNull()
})

const tag = (name: string, text: string) =>
  element('67c8', element('45a3', Buffer.from(name)), element('4487', Buffer.from(text)))
const matroskaHead = element('1a45dfa3', Buffer.alloc(4))
/** An element with a size of this many bytes. */
function elementWithSize(id: string, sizeBytes: number, content: Buffer): Buffer {
  const size = u64(content.length).subarray(8 - sizeBytes)
  size[0] = (size[0] ?? 0) | (0x80 >> (sizeBytes - 1))
  return Buffer.concat([Buffer.from(id, 'hex'), size, content])
}

test.each([2, 3, 8])('reads a WebM with sizes of %i bytes', async (sizeBytes) => {
  const tags = elementWithSize('1254c367', sizeBytes, element('7373', tag('WORKFLOW', workflow)))
  const void1 = elementWithSize('ec', 1, Buffer.alloc(127 - 1))
  expect(
    await namesIn(matroskaHead, elementWithSize('18538067', sizeBytes, Buffer.concat([void1, tags]))),
  ).toEqual(['a.pt'])
})

test('reads the tags of a stream whose size of 8 bytes is unknown', async () => {
  const openSize = Buffer.from('01ffffffffffffff', 'hex')
  const segment = [
    Buffer.from('18538067', 'hex'),
    openSize,
    element('1254c367', element('7373', tag('prompt', workflow))),
  ]
  expect(await namesIn(matroskaHead, ...segment)).toEqual(['a.pt'])
})

test('reads the tags of a WebM beside tags without a name or a text', async () => {
  const others = [
    element('67c8', element('45a3', Buffer.from('workflow'))),
    element('67c8', element('4487', Buffer.from(workflow))),
  ]
  const tags = element(
    '1254c367',
    element('7373', ...others),
    element('7373', tag('workflow', workflowOf('b.pt'))),
  )
  expect(await namesIn(matroskaHead, element('18538067', tags))).toEqual(['b.pt'])
})

test('reads only the JSON of a binary glTF', async () => {
  const json = Buffer.from(JSON.stringify({ asset: { extras: { workflow } } }))
  const chunk = (type: string) =>
    Buffer.concat([Buffer.from('glTF'), u32le(2), u32le(0), u32le(json.length), Buffer.from(type), json])
  expect([await namesIn(chunk('JSON')), await namesIn(chunk('BIN\0'))]).toEqual([['a.pt'], null])
})

const [first, second] = [workflowOf('a.pt'), workflowOf('b.pt')]
/** The two workflows as the parts of a media file. */
const exifSegment = (text: string) =>
  media.jpegSegment(
    0xe1,
    Buffer.concat([Buffer.from('Exif\0\0'), tiff([{ tag: 0x010f, text: `prompt:${text}` }], 'MM')]),
  )
const pngText = (text: string) => pngChunk('tEXt', Buffer.from(`workflow\0${text}`))
/** Lets the block of a FLAC end where the file ends. */
function withBlockSize(source: ByteSource): ByteSource {
  const read = async (position: number, length: number) => {
    const bytes = Buffer.from(await source.read(position, length))
    if (position === 4) bytes.writeUIntBE(source.sizeBytes - 8, 1, 3)
    return bytes
  }
  return { ...source, read }
}
const twoOf = (part: (text: string) => Buffer) => [part(first), part(second)] as const
const vorbisComment = (text: string) =>
  Buffer.concat([u32le(9 + text.length), Buffer.from(`workflow=${text}`)])
const matroskaTags = (text: string) =>
  element('18538067', element('1254c367', element('7373', tag('prompt', text))))

test.for<[string, (source: ByteSource) => Promise<readonly string[]>, Buffer, Buffer, Buffer]>([
  ['boxes of an MP4', textsOfIsoMedia, head, ...twoOf((text) => media.userData({ workflow: text }))],
  [
    'blocks of a FLAC',
    textsOfFlac,
    Buffer.from('fLaC'),
    ...twoOf((text) => flacBlock(4, vorbisComments({ workflow: text }))),
  ],
  [
    'comments of a FLAC',
    (source: ByteSource) => textsOfFlac(withBlockSize(source)),
    Buffer.concat([Buffer.from('fLaC'), flacBlock(0x84, u32le(0)), u32le(2)]),
    ...twoOf(vorbisComment),
  ],
  [
    'frames of an MP3',
    textsOfMp3,
    Buffer.concat([Buffer.from('ID3'), Buffer.from([3, 0, 0, 0, 0, 10, 0])]),
    ...twoOf((text) => frame('TXXX', Buffer.from(`\0workflow\0${text}`))),
  ],
  ['segments of a WebM', textsOfMatroska, matroskaHead, ...twoOf(matroskaTags)],
  ['segments of a JPEG', textsOfJpeg, u16(0xffd8), ...twoOf((text) => exifSegment(text))],
  [
    'chunks of a PNG, even without a checksum',
    textsOfPng,
    png().subarray(0, 8),
    pngText(first),
    pngText(second).subarray(0, -4),
  ],
])('reads the complete %s if the file ends early', async ([_what, textsOf, start, one, other]) => {
  const whole = Buffer.concat([start, one, other])
  const counts: number[] = []
  for (let length = start.length + one.length; length <= whole.length; length += 1)
    counts.push((await textsOf(bufferSource(whole.subarray(0, length)))).length)
  expect(counts).toEqual([...Array<number>(other.length).fill(1), 2])
})

/** A source that records where it is read, and how many bytes. */
function recordedSource(bytes: Buffer) {
  const reads: (readonly [position: number, length: number])[] = []
  const source: ByteSource = {
    sizeBytes: bytes.length,
    async read(position, length) {
      reads.push([position, length])
      return bytes.subarray(position, position + length)
    },
  }
  return { source, reads }
}

test('reads the head of each part in a range once, and nothing behind the range', async () => {
  const { source, reads } = recordedSource(Buffer.from([1, 9, 0, 2, 8, 7, 1, 1]))
  const sizes = (part: Buffer) => ({ headBytes: 1, contentBytes: part.readUInt8(0) })
  const found: number[][] = []
  for await (const { start, end } of partsIn(source, { start: 0, end: 6 }, sizes, 4)) found.push([start, end])
  expect(found).toEqual([
    [1, 2],
    [3, 3],
    [4, 6],
  ])
  expect(reads).toEqual([
    [0, 4],
    [2, 4],
    [3, 4],
  ])
})

test.each<[string, (source: ByteSource) => Promise<readonly string[]>, Buffer]>([
  [
    'keys of an MP4',
    textsOfIsoMedia,
    box(
      'moov',
      box('meta', u32(0), box('keys', u32(0), u32(1), box('mdta', Buffer.alloc(5_000))), box('ilst')),
    ),
  ],
  [
    'names of tags in a WebM',
    textsOfMatroska,
    element(
      '18538067',
      element('1254c367', element('7373', tag('x'.repeat(5_000), workflow), tag('prompt', workflow))),
    ),
  ],
])('reads no more than the start of long %s', async (_what, textsOf, bytes) => {
  const { source, reads } = recordedSource(bytes)
  await textsOf(source)
  expect(Math.max(...reads.map(([, length]) => length))).toBeLessThan(1_000)
})

const otherMovie = media.movie('workflow', workflowOf('b.pt'))
const segmentWithTags = (name: string) => matroskaTags(workflowOf(name))
const tagsOf = (name: string) => element('7373', tag('workflow', workflowOf(name)))

test.each([
  [
    'an MP4 whose size is too large',
    [media.mp4({ workflow }), u32(0xfffffff0), Buffer.from('moov'), otherMovie],
  ],
  ['an MP4 whose size is too small', [media.mp4({ workflow }), u32(4), box('moov', otherMovie)]],
  ['a FLAC', [Buffer.from('fLaC'), flacBlock(4, vorbisComments({ workflow })), Buffer.from([4, 0, 0])]],
  [
    'a WebM',
    [
      matroskaHead,
      element(
        '18538067',
        element('1254c367', tagsOf('a.pt')),
        Buffer.from('1254c3671ffffff0', 'hex'),
        tagsOf('b.pt'),
      ),
    ],
  ],
  [
    'a WebM whose identifier is too long',
    [matroskaHead, segmentWithTags('a.pt'), Buffer.from('080000000080', 'hex'), segmentWithTags('b.pt')],
  ],
  [
    'a WebM whose size has too many bytes',
    [
      matroskaHead,
      segmentWithTags('a.pt'),
      Buffer.from('ec000000000000000000', 'hex'),
      segmentWithTags('b.pt'),
    ],
  ],
])('returns what precedes a damaged part of %s', async (_what, bytes) => {
  expect(await namesIn(...bytes)).toEqual(['a.pt'])
})

test('returns what precedes a damaged frame of an MP3', async () => {
  const text = frame('TXXX', Buffer.from(`\0workflow\0${workflow}`))
  const other = Buffer.from(`\0workflow\0${workflowOf('b.pt')}`)
  const damaged = Buffer.concat([Buffer.from('TXXX'), u32(1_000), u16(0), other])
  expect(await namesIn(media.mp3Of(Buffer.concat([text, damaged]), 3))).toEqual(['a.pt'])
})

test('returns what precedes a damaged comment of a FLAC', async () => {
  const comments = Buffer.concat([
    vorbisComments({ workflow }),
    u32le(0xfffffff0),
    Buffer.from(`workflow=${workflowOf('b.pt')}`),
  ])
  expect(await namesIn(Buffer.from('fLaC'), flacBlock(0x84, comments))).toEqual(['a.pt'])
})
