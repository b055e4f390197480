import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { mayHoldWorkflow, readWorkflowFile } from '../../../../electron/discovery/workflows/workflow-file.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'
import { apiWorkflow, pageWorkflow, png, pngChunk, webp } from '../../../fixtures/workflows.ts'

const folder = mkdtempSync(join(tmpdir(), 'modelferry-workflow-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let number = 0
/** What is read from a file with these bytes. */
function read(bytes: string | Buffer, name = 'x') {
  const path = join(folder, `${(number += 1)}-${name}`)
  writeFileSync(path, bytes)
  return readWorkflowFile(path)
}
const api = JSON.stringify(apiWorkflow)
const page = JSON.stringify(pageWorkflow)

test('JSON is read in either format, with a byte order mark and with Python’s words', async () => {
  expect(await read(api)).toHaveLength(8)
  expect(await read(`\uFEFF${page}`)).toHaveLength(8)
  expect(await read(api.replace('"seed":42', '"seed":NaN'))).toHaveLength(8)
})

test.each(['tEXt', 'zTXt', 'iTXt', 'iTXt-packed'] as const)(
  'a PNG gives up the workflow in its %s chunk',
  async (kind) => {
    expect(await read(png([{ kind, keyword: 'workflow', text: page }]))).toHaveLength(8)
    expect(await read(png([{ kind, keyword: 'prompt', text: api }]))).toHaveLength(8)
  },
)

test('what a picture has under both words is joined', async () => {
  const texts = [
    { kind: 'tEXt', keyword: 'prompt', text: api },
    { kind: 'tEXt', keyword: 'workflow', text: page },
  ] as const
  expect(await read(png(texts))).toHaveLength(16)
})

test.each(['II', 'MM'] as const)('a WebP gives up the workflow in its EXIF, byte order %s', async (order) => {
  const make = { tag: 0x010f, text: `workflow:${page}` }
  const model = { tag: 0x0110, text: `prompt:${api}` }
  expect(await read(webp([make], order))).toHaveLength(8)
  expect(await read(webp([make, model], order))).toHaveLength(16)
  expect(
    await read(webp([{ tag: 0x9286, text: JSON.stringify({ workflow: pageWorkflow }) }], order)),
  ).toHaveLength(8)
})

test('a picture or a JSON without a workflow is none, and neither is what can’t be read', async () => {
  expect(await read(png())).toBeNull()
  expect(await read(png([{ kind: 'tEXt', keyword: 'parameters', text: api }]))).toBeNull()
  expect(await read(webp([{ tag: 0x010f, text: 'Canon' }]))).toBeNull()
  expect(await read('{"a": 1}')).toBeNull()
  expect(await read('')).toBeNull()
  expect(await read('not json')).toBeNull()
  expect(await readWorkflowFile(join(folder, 'absent.json'))).toBeNull()
  expect(await readWorkflowFile(folder)).toBeNull()
})

test('a small chunk that would unfold to gigabytes is left alone', async () => {
  const bomb = deflateSync(Buffer.alloc(200 * 1024 ** 2, 0x20))
  const chunk = pngChunk('zTXt', Buffer.concat([Buffer.from('workflow\0\0', 'latin1'), bomb]))
  const plain = png()
  expect(await read(Buffer.concat([plain.subarray(0, 33), chunk, plain.subarray(33)]))).toBeNull()
})

test('tags of a WebP that stand for the same bytes are not each made text of', async () => {
  const large = `prompt:${api}${' '.repeat(40 * 1024 ** 2)}`
  const tags = [
    { tag: 0x010e, text: 'shared' },
    { tag: 0x010f, text: large },
  ]
  const bytes = webp(tags)
  expect(await read(bytes)).toHaveLength(8)
  // The first tag now stands for most of the second's bytes, and is no workflow by its beginning.
  const first = bytes.indexOf('II*\0', 0, 'latin1') + 10
  bytes.writeUInt32LE(large.length - 20, first + 4)
  bytes.writeUInt32LE(bytes.readUInt32LE(first + 12 + 8) + 10, first + 8)
  expect(await read(bytes)).toBeNull()
})

test('JSON that nests a hundred thousand levels deep is no workflow and no crash', async () => {
  expect(await read(`{"nodes":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toBeNull()
})

test('a huge file is not read whole', async () => {
  const path = join(folder, 'huge.json')
  writeFileSync(path, '{"nodes": [')
  truncateSync(path, 3_000_000_000)
  expect(await readWorkflowFile(path)).toBeNull()
})

test('cut anywhere, a file never crashes and never gives more than the whole', async () => {
  const whole = [
    png([{ kind: 'iTXt', keyword: 'workflow', text: page }]),
    webp([{ tag: 0x010f, text: `workflow:${page}` }]),
    Buffer.from(page),
  ]
  for (const bytes of whole) {
    for (let step = 1; step <= 60; step += 1) {
      const needs = await read(bytes.subarray(0, Math.floor((bytes.length * step) / 61)))
      expect(needs === null || needs.length <= 8).toBe(true)
    }
  }
})

test('with bytes changed at random, a file never crashes', async () => {
  const random = seededRandom(7)
  const whole = [
    png([{ kind: 'zTXt', keyword: 'workflow', text: page }]),
    webp([{ tag: 0x010f, text: `workflow:${page}` }]),
    Buffer.from(api),
  ]
  for (let round = 0; round < 150; round += 1) {
    const bytes = Buffer.from(whole[round % whole.length] ?? '')
    for (let change = 0; change < 8; change += 1) {
      bytes[Math.floor(random() * Math.min(bytes.length, round % 2 ? 400 : bytes.length))] = Math.floor(
        random() * 256,
      )
    }
    const needs = await read(bytes)
    expect(needs === null || Array.isArray(needs)).toBe(true)
  }
})

test('only names of pictures and JSON are looked into', () => {
  const names = ['a.json', 'A.PNG', 'b.webp', 'c.safetensors', 'd.txt', 'e']
  expect(names.filter(mayHoldWorkflow)).toEqual(['a.json', 'A.PNG', 'b.webp'])
})
