import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { readWorkflowFile } from '../../../../electron/discovery/workflows/read-workflow-file.ts'
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

const texts = { workflow: page, prompt: api }
const pngTexts = (kind: 'tEXt' | 'zTXt' | 'iTXt' | 'iTXt-packed') => [
  { kind, keyword: 'prompt', text: api },
  { kind, keyword: 'workflow', text: page },
]
/** As the node of a video extension writes it. */
const comment = JSON.stringify({ workflow: pageWorkflow, prompt: api })

test.each([
  ['a PNG', png(pngTexts('tEXt'))],
  ['a PNG with compressed texts', png(pngTexts('zTXt'))],
  ['a PNG with international texts', png(pngTexts('iTXt'))],
  ['a PNG with compressed international texts', png(pngTexts('iTXt-packed'))],
  ['a PNG with compressed texts behind its end', png([], pngTexts('zTXt'))],
  [
    'a WebP',
    webp([
      { tag: 0x010f, text: `workflow:${page}` },
      { tag: 0x0110, text: `prompt:${api}` },
    ]),
  ],
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
const namesIn = async (bytes: string | Buffer) => (await read(bytes))?.map(({ name }) => name)

test('reads both ends of a file that is too large to be read completely', async () => {
  const film = Buffer.alloc(40 * 1024 ** 2, '{"a": ')
  expect(await namesIn(Buffer.concat([film, media.mp4({ workflow: page, prompt: api })]))).toHaveLength(16)
  expect(await namesIn(Buffer.concat([media.webm(texts), film]))).toHaveLength(16)
})

test('returns null for files without a workflow and for unreadable files', async () => {
  expect(await read(png())).toBeNull()
  expect(await read(media.jpeg(0x010f, 'Canon'))).toBeNull()
  expect(await read(media.mp4({ comment: '{"made": {"by": "hand"}}' }))).toBeNull()
  expect(await read(media.glb({}))).toBeNull()
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

test.each([
  ['nested arrays', '['],
  ['nested objects', '{"a":'],
  ['small objects', '{"nodes":1}'],
  ['objects in objects that end early', `${'{"a":1,'.repeat(100)}${'{"a":1},'.repeat(10_000)}\x01`],
  ['spaces', ' '],
  ['spaces in braces', `{${' '.repeat(10_000)}`],
  ['NUL bytes', '\0'],
])('returns null at once for 15 MiB of %s', async (_what, text) => {
  const cpuMs = startCpuTimer()
  const many = text.repeat((15 * 1024 ** 2) / text.length)
  expect([await read(`{"nodes":${many}x`), await read(`${many}x`)]).toEqual([null, null])
  expect(cpuMs()).toBeLessThan(10_000)
})

test('returns null for a workflow that is cut off', async () => {
  for (let step = 1; step <= 60; step += 1)
    expect(await read(page.slice(0, Math.floor((page.length * step) / 61)))).toBeNull()
})
