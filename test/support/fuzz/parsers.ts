import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { readReceipts } from '../../../electron/cli/commands/verify.ts'
import type { Recognition } from '../../../electron/contract/recognition.ts'
import { receiptOf } from '../../../electron/contract/receipt.ts'
import { parseExtraModelPaths } from '../../../electron/discovery/places/extra-model-paths.ts'
import { readWorkflowFile } from '../../../electron/discovery/workflows/read-workflow-file.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { parseLog } from '../../../electron/journal/upload-log/upload-log.ts'
import { createSavedListings } from '../../../electron/library/saved-listings.ts'
import { companionsOf, isCompanion } from '../../../electron/recognition/companions/companion-needs.ts'
import { findMissingParts } from '../../../electron/recognition/diffusers-components.ts'
import { inspectFile } from '../../../electron/recognition/inspect-file.ts'
import { readDetails } from '../../../electron/recognition/metadata/read-details.ts'
import { readPipeline } from '../../../electron/recognition/model-groups.ts'
import { families } from '../../fixtures/families.ts'
import { ggufHeader } from '../../fixtures/gguf-files.ts'
import { safetensorsHeader, withLength } from '../../fixtures/model-files.ts'
import { onnxOf } from '../../fixtures/onnx-files.ts'
import { legacyTorch, stateDict, torchZip } from '../../fixtures/pickles.ts'
import { pngOf } from '../../fixtures/pictures.ts'
import { seededBytes } from '../../fixtures/seeded.ts'
import { registeredRecord } from '../records.ts'
import * as media from '../../fixtures/workflow-media.ts'
import { apiWorkflow, pageWorkflow, png, pngChunk, webp } from '../../fixtures/workflows.ts'

export interface FuzzedParser {
  readonly name: string
  /** Files to damage. */
  readonly valid: readonly Buffer[]
  /** Pieces of the format, for files of random pieces. */
  readonly pieces: readonly string[]
  /** A file that nests as deeply as fits into about this many bytes. */
  nest(sizeBytes: number): Buffer
  /** Must never throw or reject. */
  parse(bytes: Buffer): Promise<unknown>
}

const { tensors } = families['SD1 embedding']
const jsonPieces = ['{', '}', '[', ']', '"nodes"', '"a"', ':', ',', '1', '-1e999', 'NaN', '"\\u0000"', 'null']
const yamlPieces = [
  'a: ',
  '- ',
  '? ',
  '\n',
  '  ',
  '[',
  ']',
  '{',
  '}',
  '&a ',
  '*a',
  '|\n',
  '"',
  '#',
  '<<: ',
  '%',
]
/** Opcodes of pickles (pickletools): marks, empty and built containers, memo, globals, reductions. */
const picklePieces = [...'(]})lutadse0NRbQ2', '\x85', '\x86', '\x93', '\x94', 'cos\nsystem\n', 'q\0', 'h\0']

const repeated = (text: string, sizeBytes: number) => text.repeat(Math.ceil(sizeBytes / text.length))
const nestedJson = (sizeBytes: number) =>
  `{"nodes":${repeated('[', sizeBytes / 2)}${repeated(']', sizeBytes / 2)}}`

function sizedInt(value: number, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUInt32LE(value)
  return buffer
}

/** Metadata whose value is an array of arrays of arrays (GGUF type 9). */
function nestedGguf(sizeBytes: number): Buffer {
  const array = Buffer.concat([sizedInt(9, 4), sizedInt(1, 8)])
  return Buffer.concat([
    ...[
      Buffer.from('GGUF'),
      sizedInt(3, 4),
      sizedInt(0, 8),
      sizedInt(1, 8),
      sizedInt(1, 8),
      Buffer.from('a'),
    ],
    ...[sizedInt(9, 4), Buffer.alloc(sizeBytes, array)],
  ])
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}

/** A graph in an attribute of a node of a graph, and so on (onnx.proto: 7, 1, 5 and 6). */
function nestedOnnx(sizeBytes: number): Buffer {
  const fields = [6, 5, 1]
  const prefixes: Buffer[] = []
  let length = 0
  for (let level = 0; length < sizeBytes; level += 1) {
    const prefix = Buffer.from([((fields[level % 3] ?? 1) << 3) | 2, ...varint(length)])
    prefixes.push(prefix)
    length += prefix.length
  }
  return Buffer.concat([Buffer.from([0x08, 8, 0x3a, ...varint(length)]), ...prefixes.reverse()])
}

/** Lists in lists, without closing opcodes: the parser must keep all of them. */
const nestedPickle = (sizeBytes: number) =>
  Buffer.from(`\x80\x02${repeated(']', sizeBytes / 2)}${repeated('a', sizeBytes / 2)}.`, 'latin1')

/** The names of `fuzzedParsers`. */
export const parserNames: readonly string[] = [
  ...['safetensors', 'gguf', 'onnx', 'pth', 'ckpt'],
  ...['description', 'preview', 'diffusers index'],
  ...['workflow in json', 'workflow in png', 'workflow in webp'],
  ...[
    'workflow in mp4',
    'workflow in webm',
    'workflow in opus',
    'workflow in mp3',
    'workflow in avif',
    'yaml',
  ],
  ...['receipt', 'library listing', 'upload log'],
]

/** The parsers of files that other people wrote; each model format is inspected, and its details are read. */
export function fuzzedParsers(): readonly FuzzedParser[] {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-fuzz-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return [
    ...modelParsers(folder),
    ...sidecarParsers(folder),
    ...workflowParsers(folder),
    ...ownFileParsers(folder),
  ]
}

function modelParsers(folder: string): readonly FuzzedParser[] {
  const head = safetensorsHeader(tensors, { 'modelspec.title': 'Easy', ss_tag_frequency: '{"a":{"b":1}}' })
  const gguf = ggufHeader({
    metadata: { 'general.architecture': 'flux', 'tokenizer.ggml.tokens': ['a', 'b'] },
    tensors: { 'img_in.weight': { type: 1, shape: [64, 64] } },
  })
  const packedGguf = ggufHeader({
    metadata: { 'general.alignment': 4, 'comfy.gguf.orig_shape.a': [1, 2, 1, 3, 1] },
    tensors: { a: { type: 0, shape: [6] }, b: { type: 8, shape: [2, 32] }, c: { type: 1, shape: [] } },
  })
  const model = (extension: string, parser: Omit<FuzzedParser, 'name' | 'parse'>): FuzzedParser => ({
    ...parser,
    name: extension,
    async parse(bytes) {
      const path = join(folder, `model.${extension}`)
      writeFileSync(path, bytes)
      const inspection = await inspectFile(path)
      return [findCompanions(inspection.recognition), await readDetails({ path })]
    },
  })
  return [
    model('safetensors', {
      valid: [Buffer.concat([head.header, seededBytes(1, head.dataBytes)])],
      pieces: [
        ...['\x20\0\0\0\0\0\0\0', '"dtype":"F32"', '"shape":[1]', '"data_offsets":[0,4]'],
        ...['"__metadata__":', '"\\ud83d\\ude00"', '1.5e-3', ...jsonPieces],
      ],
      nest: (sizeBytes) => withLength(Buffer.from(`{"a":{"x":${repeated('[{"y":', sizeBytes)}`)),
    }),
    model('gguf', {
      valid: [gguf, packedGguf].map(({ header, dataBytes }, seed) =>
        Buffer.concat([header, seededBytes(seed + 2, dataBytes)]),
      ),
      pieces: [
        ...['GGUF\x03\0\0\0', '\x01\0\0\0\0\0\0\0', '\x09\0\0\0', '\xff\xff\xff\xff', 'general.name'],
        '\x11\0\0\0\0\0\0\0general.alignment\x04\0\0\0\x04\0\0\0',
      ],
      nest: nestedGguf,
    }),
    model('onnx', {
      valid: [
        onnxOf([{ name: 'w', shape: [8, 8] }]),
        onnxOf([{ name: 'far', shape: [8], external: { location: 'model.onnx_data_1', length: 16 } }], {
          constants: { constant: [4, 4] },
          branch: { inner: [2, 2] },
        }),
      ],
      pieces: [
        '\x08\x08',
        '\x3a\x20',
        '\x0a\x10',
        '\x2a\x08',
        '\x32\x06',
        '\xff\xff\xff\xff\x0f',
        'external',
      ],
      nest: nestedOnnx,
    }),
    model('pth', {
      valid: [torchZip(stateDict(tensors))],
      pieces: ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06', '\xff\xff', '\0\0', 'archive/data.pkl', '\x08\0'],
      nest: (sizeBytes) => torchZip(nestedPickle(sizeBytes)),
    }),
    model('ckpt', {
      valid: [legacyTorch(stateDict(tensors), tensors), stateDict(tensors)],
      pieces: ['\x80\x02', ...picklePieces],
      nest: nestedPickle,
    }),
  ]
}

function sidecarParsers(folder: string): readonly FuzzedParser[] {
  const model = join(folder, 'described.safetensors')
  writeFileSync(model, withLength(Buffer.from('{}')))
  const besideModel = (name: string, ending: string, rest: Omit<FuzzedParser, 'name' | 'parse'>) => ({
    ...rest,
    name,
    async parse(bytes: Buffer) {
      const path = join(folder, `described${ending}`)
      writeFileSync(path, bytes)
      const details = await readDetails({ path: model })
      rmSync(path)
      return details
    },
  })
  const description = {
    ModelName: 'Ferry',
    ModelDescription: '<p>Night</p>',
    TrainedWords: ['ferry'],
    'activation text': 'ferry, night',
    model: { name: 'Ferry' },
  }
  const pipeline = join(folder, 'pipeline')
  mkdirSync(pipeline)
  return [
    besideModel('description', '.json', {
      valid: [Buffer.from(JSON.stringify(description))],
      pieces: ['"activation text":"', '"description":"', '<', ',', ' ', ...jsonPieces],
      nest: (sizeBytes) => Buffer.from(nestedJson(sizeBytes)),
    }),
    besideModel('preview', '.preview.png', {
      valid: [pngOf(8, 8, [1, 2, 3])],
      pieces: ['\x89PNG\r\n\x1a\n', 'IHDR', 'IEND', '\xff\xd8\xff', 'RIFF', 'WEBPVP8X', '\0\0\0\0'],
      nest: (sizeBytes) => Buffer.alloc(sizeBytes, '\xff\xd8\xff\xc0', 'latin1'),
    }),
    {
      name: 'diffusers index',
      valid: [Buffer.from('{"_class_name":"FluxPipeline","vae":["diffusers","AutoencoderKL"]}')],
      pieces: ['"_class_name"', '"vae":["diffusers","A"]', ' ', ...jsonPieces],
      nest: (sizeBytes) => Buffer.from(nestedJson(sizeBytes)),
      async parse(bytes) {
        writeFileSync(join(pipeline, 'model_index.json'), bytes)
        return [await readPipeline(pipeline), await findMissingParts(pipeline, ['vae/a-00001-of-00002.bin'])]
      },
    },
  ]
}

function workflowParsers(folder: string): readonly FuzzedParser[] {
  const api = JSON.stringify(apiWorkflow)
  const page = JSON.stringify(pageWorkflow)
  const workflow = (name: string, rest: Omit<FuzzedParser, 'name' | 'parse'>): FuzzedParser => ({
    ...rest,
    name: `workflow in ${name}`,
    parse(bytes) {
      const path = join(folder, `workflow.${name}`)
      writeFileSync(path, bytes)
      return readWorkflowFile(path)
    },
  })
  const packed = (bytes: Buffer) => {
    const text = Buffer.concat([Buffer.from('workflow\0\0', 'latin1'), deflateSync(bytes)])
    return Buffer.concat([png().subarray(0, 33), pngChunk('zTXt', text), png().subarray(33)])
  }
  return [
    workflow('json', {
      valid: [Buffer.from(api), Buffer.from(page)],
      pieces: [
        '"class_type":"A"',
        '"inputs":{',
        '"widgets_values":[',
        '"a.safetensors"',
        '\0',
        ...jsonPieces,
      ],
      nest: (sizeBytes) => Buffer.from(nestedJson(sizeBytes)),
    }),
    workflow('png', {
      valid: [png([{ kind: 'iTXt', keyword: 'workflow', text: page }]), packed(Buffer.from(api))],
      pieces: ['\x89PNG\r\n\x1a\n', '\0\0\0\x0a', 'tEXt', 'zTXt', 'iTXt', 'workflow\0', 'prompt\0\0', '{}'],
      nest: (sizeBytes) => packed(Buffer.from(nestedJson(sizeBytes))),
    }),
    workflow('webp', {
      valid: [webp([{ tag: 0x010f, text: `workflow:${page}` }]), webp([{ tag: 0x9286, text: api }], 'MM')],
      pieces: [
        'RIFF\0\0\0\0WEBP',
        'EXIF',
        '\x20\0\0\0',
        'II*\0\x08\0\0\0',
        '\x01\0',
        '\x69\x87',
        'prompt:{}',
      ],
      nest: (sizeBytes) => webp([{ tag: 0x010f, text: `workflow:${nestedJson(sizeBytes)}` }]),
    }),
    workflow('mp4', {
      valid: [media.mp4({ workflow: page }), media.mp4Comment(api), media.mov('prompt', api)],
      pieces: ['moov', 'udta', 'meta', 'keys', 'ilst', 'data', '\0\0\0\x01', '\0\0\0\0', '\xa9cmt', '{}'],
      nest: (sizeBytes) => media.mp4({ workflow: nestedJson(sizeBytes) }),
    }),
    workflow('webm', {
      valid: [media.webm({ workflow: page }), media.webm({ prompt: api }, true)],
      pieces: [
        '\x18\x53\x80\x67',
        '\x12\x54\xc3\x67',
        '\x73\x73',
        '\x67\xc8',
        '\x45\xa3',
        '\xff',
        '\x01\xff',
      ],
      nest: (sizeBytes) => media.webm({ workflow: nestedJson(Math.min(sizeBytes, 2 ** 24 - 100)) }),
    }),
    workflow('opus', {
      valid: [media.opus({ workflow: page }), media.flac({ prompt: api })],
      pieces: ['OggS', 'OpusTags', '\x03vorbis', 'fLaC', '\xff\xff\xff\xff', '\x84', 'workflow={}'],
      nest: (sizeBytes) => media.opus({ workflow: nestedJson(sizeBytes) }),
    }),
    workflow('mp3', {
      valid: [media.mp3({ workflow: page }), media.mp3({ prompt: api }, 3)],
      pieces: ['ID3', 'TXXX', '\x7f\x7f\x7f\x7f', '\0\0\0\0', 'workflow\0{}'],
      nest: (sizeBytes) => media.mp3({ workflow: nestedJson(sizeBytes) }),
    }),
    workflow('avif', {
      valid: [
        media.avif(0x010f, `workflow:${page}`),
        media.jpeg(0x010f, `prompt:${api}`),
        media.glb({ workflow: pageWorkflow }),
      ],
      pieces: ['iinf', 'iloc', 'infe', 'Exif\0\0', '\xff\xe1\xff\xff', 'II*\0\x08\0\0\0', 'glTF', 'JSON'],
      nest: (sizeBytes) => media.avif(0x010f, `workflow:${nestedJson(sizeBytes)}`),
    }),
    {
      name: 'yaml',
      valid: [
        Buffer.from('a:\n  base_path: /srv\n  is_default: true\n  loras: |\n    a\n    b\n  vae: [c, d]\n'),
      ],
      pieces: yamlPieces,
      nest: (sizeBytes) => Buffer.from(`a: ${repeated('[', sizeBytes)}`),
      async parse(bytes) {
        const place = { folder, home: folder, environment: {}, platform: 'linux' } as const
        return parseExtraModelPaths(bytes.toString('utf8'), place)
      },
    },
  ]
}

/** What a file needs, and whether it is needed by others like it. */
function findCompanions(recognition: Recognition): readonly boolean[] {
  return companionsOf(recognition).needs.map((companion) =>
    isCompanion(recognition, 'clip_l.gguf', companion),
  )
}

/** Files that the app wrote, or another person's app: receipts are passed on. */
function ownFileParsers(folder: string): readonly FuzzedParser[] {
  const receipt = join(folder, 'receipt.json')
  const owner = { server: 'https://core.example/api/v1', personId: 'p', teamId: 't' }
  const log = { info() {}, warn() {}, error() {} }
  const listings = join(folder, 'listings')
  const header = { version: 1, count: 1, listedAtMs: 1, completeAtMs: 1, unlistedCount: 0, continuesAt: null }
  const model = { id: 'm', displayName: 'M', modelType: 'loras', status: 'active', modelPath: null }
  const unknown = { sizeBytes: null, sha256: null, createdAtMs: null, storageKey: null }
  const listingFile = createSavedListings(listings, { log }, () => false).fileOf(owner)
  const person = createHash('sha256').update(`${owner.server} ${owner.personId}`).digest('hex')
  const team = createHash('sha256').update(owner.teamId).digest('hex')
  const listingPath = join(listings, `${person.slice(0, 32)}-${team.slice(0, 32)}.jsonl`)
  mkdirSync(listings)
  return [
    {
      name: 'receipt',
      valid: [Buffer.from(JSON.stringify(receiptOf(toUploadRow(registeredRecord(), null))))],
      pieces: ['"receipt":"modelferry upload"', '"file":{', '"version":1', '"__proto__":{', ...jsonPieces],
      nest: (sizeBytes) => Buffer.from(nestedJson(sizeBytes)),
      parse(bytes) {
        writeFileSync(receipt, bytes)
        return readReceipts(receipt)
      },
    },
    {
      name: 'library listing',
      valid: [Buffer.from(`${JSON.stringify(header)}\n${JSON.stringify({ ...model, ...unknown })}\n`)],
      pieces: ['\n', JSON.stringify(header), '"id":"m"', '"__proto__":{', ...jsonPieces],
      nest: (sizeBytes) => Buffer.from(`${JSON.stringify(header)}\n${nestedJson(sizeBytes)}`),
      parse(bytes) {
        writeFileSync(listingPath, bytes)
        return listingFile.load()
      },
    },
    {
      name: 'upload log',
      valid: [Buffer.from('{"events":[{"event":"sending","atMs":1}],"speed":[{"durationMs":1,"bytes":2}]}')],
      pieces: ['"events":[', '"event":"failed"', '"failure":{"code":"a"}', '"speed":[', ...jsonPieces],
      nest: (sizeBytes) => Buffer.from(nestedJson(sizeBytes)),
      parse: async (bytes) => parseLog(bytes.toString('utf8')),
    },
  ]
}
