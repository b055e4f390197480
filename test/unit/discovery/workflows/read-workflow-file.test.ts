import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { readWorkflowFile } from '../../../../electron/discovery/workflows/read-workflow-file.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'
import * as media from '../../../fixtures/workflow-media.ts'
import { apiWorkflow, pageWorkflow, png, pngChunk, webp } from '../../../fixtures/workflows.ts'
import { startCpuTimer } from '../../../support/cpu-time.ts'

const folder = mkdtempSync(join(tmpdir(), 'modelferry-workflow-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let number = 0
/** Writes a file with these bytes and reads it. */
function read(bytes: string | Buffer, name = 'x') {
  const path = join(folder, `${(number += 1)}-${name}`)
  writeFileSync(path, bytes)
  return readWorkflowFile(path)
}
const api = JSON.stringify(apiWorkflow)
const page = JSON.stringify(pageWorkflow)

test('reads JSON in both formats, with a byte order mark, spaces and NaN', async () => {
  expect(await read(api)).toHaveLength(8)
  expect(await read(`\uFEFF${page}`)).toHaveLength(8)
  expect(await read(`        ${page}`)).toHaveLength(8)
  expect(await read(api.replace('"seed":42', '"seed":NaN'))).toHaveLength(8)
})

test.each(['tEXt', 'zTXt', 'iTXt', 'iTXt-packed'] as const)(
  'reads the workflow in the %s chunk of a PNG',
  async (kind) => {
    expect(await read(png([{ kind, keyword: 'workflow', text: page }]))).toHaveLength(8)
    expect(await read(png([{ kind, keyword: 'prompt', text: api }]))).toHaveLength(8)
  },
)

test('reads the texts that are appended behind the end of a PNG', async () => {
  expect(await read(png([], [{ kind: 'tEXt', keyword: 'workflow', text: page }]))).toHaveLength(8)
  expect(await read(Buffer.concat([png(), Buffer.from('not a chunk')]))).toBeNull()
})

const texts = { workflow: page, prompt: api }
/** As the node of a video extension writes it. */
const comment = JSON.stringify({ workflow: pageWorkflow, prompt: api })

test.each([
  ['an MP4', media.mp4(texts)],
  ['an MP4 with a JSON comment', media.mp4({ encoder: 'Lavf', comment })],
  ['an MP4 with the comment of iTunes', media.mp4Comment(comment)],
  ['a MOV', media.mov('comment', comment)],
  ['a WebM', media.webm({ WORKFLOW: page, PROMPT: api })],
  ['a WebM of unknown size', media.webm(texts, true)],
  ['a FLAC', media.flac(texts)],
  ['an Opus file', media.opus({ ...texts, padding: 'x'.repeat(70_000) })],
  ['an MP3 with ID3 2.4', media.mp3(texts)],
  ['an MP3 with ID3 2.3', media.mp3(texts, 3)],
  ['a JPEG', media.jpeg(0x9286, comment)],
  ['an AVIF', media.avif(0x9286, comment)],
  ['a binary glTF', media.glb({ workflow: pageWorkflow, prompt: api })],
  ['an SVG', media.svg(comment)],
  ['a latent', media.latent(texts)],
])('reads the workflow and the prompt in %s', async (_what, bytes) => {
  expect(await read(bytes)).toHaveLength(16)
})

test.each([
  ['an MP4', media.mp4({ comment: 'made by hand', title: page })],
  ['a WebM', media.webm({ TITLE: page })],
  ['a FLAC', media.flac({ lyrics: page })],
  ['an MP3', media.mp3({ title: page })],
  ['a JPEG', media.jpeg(0x010f, 'Canon')],
  ['an AVIF', media.avif(0x010f, 'Canon')],
  ['a binary glTF', media.glb({})],
  ['an SVG', '<svg><rect/></svg>'],
  ['a latent', media.latent({ format: 'pt' })],
])('returns null for %s without a workflow', async (_what, bytes) => expect(await read(bytes)).toBeNull())

test('merges the models of both keywords of an image', async () => {
  const texts = [
    { kind: 'tEXt', keyword: 'prompt', text: api },
    { kind: 'tEXt', keyword: 'workflow', text: page },
  ] as const
  expect(await read(png(texts))).toHaveLength(16)
})

test.each(['II', 'MM'] as const)(
  'reads the workflow in the EXIF data of a WebP, byte order %s',
  async (order) => {
    const makeTag = { tag: 0x010f, text: `workflow:${page}` }
    const modelTag = { tag: 0x0110, text: `prompt:${api}` }
    expect(await read(webp([makeTag], order))).toHaveLength(8)
    expect(await read(webp([makeTag, modelTag], order))).toHaveLength(16)
    expect(
      await read(webp([{ tag: 0x9286, text: JSON.stringify({ workflow: pageWorkflow }) }], order)),
    ).toHaveLength(8)
  },
)

test('returns null for files without a workflow and for unreadable files', async () => {
  expect(await read(png())).toBeNull()
  expect(await read(png([{ kind: 'tEXt', keyword: 'parameters', text: api }]))).toBeNull()
  expect(await read(webp([{ tag: 0x010f, text: 'Canon' }]))).toBeNull()
  expect(await read('{"a": 1}')).toBeNull()
  expect(await read('')).toBeNull()
  expect(await read('not json')).toBeNull()
  expect(await readWorkflowFile(join(folder, 'absent.json'))).toBeNull()
  expect(await readWorkflowFile(folder)).toBeNull()
})

test('does not inflate a chunk to gigabytes', async () => {
  const bomb = deflateSync(Buffer.alloc(200 * 1024 ** 2, 0x20))
  const chunk = pngChunk('zTXt', Buffer.concat([Buffer.from('workflow\0\0', 'latin1'), bomb]))
  const plain = png()
  expect(await read(Buffer.concat([plain.subarray(0, 33), chunk, plain.subarray(33)]))).toBeNull()
})

test('limits the text of WebP tags that refer to the same bytes', async () => {
  const large = `prompt:${api}${' '.repeat(10 * 1024 ** 2)}`
  const tags = [
    { tag: 0x010e, text: 'shared' },
    { tag: 0x010f, text: large },
  ]
  const bytes = webp(tags)
  expect(await read(bytes)).toHaveLength(8)
  // Let the first tag refer to most of the second one's bytes; it does not begin like a workflow.
  const first = bytes.indexOf('II*\0', 0, 'latin1') + 10
  bytes.writeUInt32LE(large.length - 20, first + 4)
  bytes.writeUInt32LE(bytes.readUInt32LE(first + 12 + 8) + 10, first + 8)
  expect(await read(bytes)).toBeNull()
})

test.each([
  ['nested arrays', '['],
  ['nested objects', '{"a":'],
  ['spaces', ' '],
  ['NUL bytes', '\0'],
])('returns null at once for 15 MiB of %s', async (_what, text) => {
  const cpuMs = startCpuTimer()
  expect(await read(`{"nodes":${text.repeat((15 * 1024 ** 2) / text.length)}x`)).toBeNull()
  expect(cpuMs()).toBeLessThan(10_000)
})

test('returns null for a workflow that nests deeper than any real one', async () => {
  const withDepth = (depth: number) => `${page.slice(0, -1)},"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
  expect(await read(withDepth(100))).toHaveLength(8)
  expect(await read(withDepth(200))).toBeNull()
})

test('reads a workflow of up to 16 MiB', async () => {
  const withSize = (bytes: number) => page.padEnd(bytes)
  expect(await read(withSize(16 * 1024 ** 2))).toHaveLength(8)
  expect(await read(withSize(16 * 1024 ** 2 + 1))).toBeNull()
})

test('does not read a huge file', async () => {
  const path = join(folder, 'huge.json')
  writeFileSync(path, '{"nodes": [')
  truncateSync(path, 3_000_000_000)
  expect(await readWorkflowFile(path)).toBeNull()
})

const mediaWithPage = [
  media.mp4({ workflow: page }),
  media.webm({ workflow: page }),
  media.flac({ workflow: page }),
  media.opus({ workflow: page }),
  media.mp3({ workflow: page }),
  media.jpeg(0x010f, `workflow:${page}`),
  media.avif(0x010f, `workflow:${page}`),
  media.glb({ workflow: pageWorkflow }),
  media.latent({ workflow: page }),
]

test('survives truncation anywhere and returns at most the models of the whole file', async () => {
  const whole = [
    png([{ kind: 'iTXt', keyword: 'workflow', text: page }]),
    webp([{ tag: 0x010f, text: `workflow:${page}` }]),
    Buffer.from(page),
    ...mediaWithPage,
  ]
  for (const bytes of whole) {
    for (let step = 1; step <= 60; step += 1) {
      const models = await read(bytes.subarray(0, Math.floor((bytes.length * step) / 61)))
      expect(models === null || models.length <= 8).toBe(true)
    }
  }
})

test('survives random changes of bytes', async () => {
  const random = seededRandom(7)
  const whole = [
    png([{ kind: 'zTXt', keyword: 'workflow', text: page }]),
    webp([{ tag: 0x010f, text: `workflow:${page}` }]),
    Buffer.from(api),
    ...mediaWithPage,
  ]
  for (let round = 0; round < 400; round += 1) {
    const bytes = Buffer.from(whole[round % whole.length] ?? '')
    for (let change = 0; change < 8; change += 1) {
      bytes[Math.floor(random() * Math.min(bytes.length, round % 2 ? 400 : bytes.length))] = Math.floor(
        random() * 256,
      )
    }
    const models = await read(bytes)
    expect(models === null || Array.isArray(models)).toBe(true)
  }
})
