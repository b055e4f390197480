import { seededRandom } from '../../fixtures/seeded.ts'

type Random = () => number

const below = (random: Random, limit: number) => Math.floor(random() * limit)
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T
const bytes = (text: string) => Buffer.from(text, 'latin1')

/** How numbers can be written on a line: forms that one of both unpicklers reads, and some that none reads. */
const numberForms: readonly ((number: string) => string)[] = [
  (number) => ` ${number}`,
  (number) => `\t${number}\v`,
  (number) => `${number} `,
  (number) => `${number}\r`,
  (number) => `\f${number}`,
  (number) => `+${number}`,
  (number) => `-${number}`,
  (number) => `0${number}`,
  (number) => `0_${number}`,
  (number) => `1_${number}`,
  (number) => `_${number}`,
  (number) => `${number}_`,
  (number) => `${number}\0junk`,
  (number) => `${number} \0`,
  (number) => `${number}\0${'x'.repeat(1_200)}`,
  (number) => `${' '.repeat(1_500)}${number}`,
  (number) => `${number}${' '.repeat(1_500)}`,
  (number) => `${'0'.repeat(1_200)}${number}`,
  (number) => `${number}L`,
  (number) => `${number}L\0`,
  (number) => `0x${number}`,
  (number) => `0o${number}`,
  (number) => `0b1${number}`,
  (number) => `${number}e2`,
  (number) => `.${number}`,
  (number) => `\xa0${number}`,
  (number) => `1${number.padStart(24, '0')}`,
  () => '',
  () => ' ',
  () => '\0',
  () => 'inf',
  () => '-nan',
  () => 'x',
]

const numberLine = (random: Random, number = below(random, 6)) =>
  `${random() < 0.6 ? number : pick(random, numberForms)(String(number))}\n`

const modules = [
  'trainer',
  'trainer',
  'trainer',
  'torch',
  'collections',
  'a b',
  'caf\xc3\xa9',
  'caf\xe9',
  'a\0b',
  '',
]
const names = ['run', 'run', 'run', 'Size', 'OrderedDict', 'run it', 'a.run', '', 'x'.repeat(1_100)]
const texts = ['trainer', 'run', 'collections', 'OrderedDict', 'a', '', 'x'.repeat(1_100), '\xe9']

const quotedTexts = [
  ...["'trainer'", '"run"', "'\\x74rainer'", "'r\\165n'", "'\\xzz'", "'", "''", '\'run"', "'run' ", 'run'],
  ...["'run'\r", "'\\q'", "'a\\'", "'\xe9'"],
]
const unicodeTexts = [
  ...['trainer', 'run', '\\u0074rainer', '\\U00000072un', '\\\\u0072un', '\\u00zz', '\\U00110000', '\\u12'],
  ...['', '\xe9', 'run\\', '\\ud800'],
]

function sized(random: Random, opcode: string, lengthBytes: 1 | 4 | 8, text: string): Buffer {
  const length = Buffer.alloc(8)
  const wrong = pick(random, [0n, 200n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 40n, 2n ** 53n, 2n ** 63n])
  length.writeBigUInt64LE(random() < 0.97 ? BigInt(text.length) : wrong)
  return Buffer.concat([bytes(opcode), length.subarray(0, lengthBytes), bytes(text)])
}

const sizedText = (random: Random, opcode: string, lengthBytes: 1 | 4 | 8): Buffer => {
  const text = pick(random, texts)
  return sized(random, opcode, lengthBytes, lengthBytes === 1 ? text.slice(0, 255) : text)
}

const fixed = (opcode: string, count: number) => (random: Random) =>
  Buffer.from([opcode.charCodeAt(0), ...Array.from({ length: count }, () => below(random, 4))])

/** Instructions that push a value. */
const pushes: readonly ((random: Random) => Buffer)[] = [
  ...['N', ')', ']', '}', '\x88', '\x89', '\x8f'].map((opcode) => () => bytes(opcode)),
  fixed('K', 1),
  fixed('M', 2),
  fixed('J', 4),
  fixed('G', 8),
  (random) => bytes(`I${numberLine(random)}`),
  (random) => bytes(`L${numberLine(random)}`),
  (random) => bytes(`F${numberLine(random)}`),
  (random) => bytes(`S${pick(random, quotedTexts)}\n`),
  (random) => bytes(`V${pick(random, unicodeTexts)}\n`),
  (random) => bytes(`P${pick(random, texts)}\n`),
  (random) => sizedText(random, 'U', 1),
  (random) => sizedText(random, 'T', 4),
  (random) => sizedText(random, 'X', 4),
  (random) => sizedText(random, 'X', 4),
  (random) => sizedText(random, '\x8c', 1),
  (random) => sizedText(random, '\x8d', 8),
  (random) => sizedText(random, 'C', 1),
  (random) => sizedText(random, 'B', 4),
  (random) => sizedText(random, '\x8e', 8),
  (random) => sizedText(random, '\x96', 8),
  (random) => sized(random, '\x8a', 1, '\x07\x01'),
  (random) => sized(random, '\x8b', 4, '\x07\x01'),
  (random) => bytes(`\x82${pick(random, ['\x01', '\0', '\x07'])}`),
  (random) => bytes(`\x83${pick(random, ['\x2c\x01', '\0\0'])}`),
  (random) => bytes(`\x84${pick(random, ['\x70\x11\x01\0', '\xff\xff\xff\xff'])}`),
  () => bytes('\x97'),
]

const imports: readonly ((random: Random) => Buffer)[] = [
  (random) => bytes(`c${pick(random, modules)}\n${pick(random, names)}\n`),
  () => bytes('ctrainer\nrun\n'),
  (random) => bytes(`(i${pick(random, modules)}\n${pick(random, names)}\n`),
  () => bytes('X\x07\0\0\0trainerX\x03\0\0\0run\x93'),
  (random) => Buffer.concat([sizedText(random, 'X', 4), sizedText(random, '\x8c', 1), bytes('\x93')]),
]

const calls = [')R', ')\x81', ')}\x92', '}b', 'Nb', 'Na', '(Ne', 'NNs', '(NNu', '(N\x90', 'Q', '(', ')o', '0']

function memoInstruction(random: Random): Buffer {
  const index = below(random, 6)
  const low = String.fromCharCode(index)
  return pick(random, [
    () => bytes(`p${numberLine(random, index)}`),
    () => bytes(`p${numberLine(random, index)}`),
    () => bytes(`g${numberLine(random, index)}`),
    () => bytes(`g${numberLine(random, index)}`),
    () => bytes(`q${low}`),
    () => bytes(`h${low}`),
    () => bytes(`r${low}\0\0\0`),
    () => bytes(`j${low}\0\0\0`),
    () => bytes('\x94'),
  ])()
}

const stackInstructions = ['(', '0', '1', '2', 't', 'd', 'l', '\x85', '\x86', '\x87', '\x91', '\x98']

function frame(random: Random, content: Buffer): Buffer {
  const length = Buffer.alloc(8)
  const wrong = pick(random, [0, 1, 5, content.length - 1, content.length + 1, content.length + 4, 2 ** 40])
  length.writeBigUInt64LE(BigInt(Math.max(0, random() < 0.5 ? content.length : wrong)))
  return Buffer.concat([Buffer.from([0x95]), length, content])
}

function instruction(random: Random): Buffer {
  const kind = random()
  if (kind < 0.3) return pick(random, pushes)(random)
  if (kind < 0.45) return pick(random, imports)(random)
  if (kind < 0.6) return bytes(pick(random, calls))
  if (kind < 0.8) return memoInstruction(random)
  if (kind < 0.9) return bytes(pick(random, stackInstructions))
  if (kind < 0.93) return Buffer.from([0x80, below(random, 7)])
  if (kind < 0.96) return frame(random, instructions(random, 4))
  return bytes(pick(random, ['N', '0', 'N0']))
}

function instructions(random: Random, maxCount: number): Buffer {
  return Buffer.concat(Array.from({ length: 1 + below(random, maxCount) }, () => instruction(random)))
}

/** An import and a call of it. Between them, one or two instructions that only some readers accept. */
function hiddenCall(random: Random): Buffer {
  const name = Buffer.concat([pick(random, imports)(random), instructions(random, 2)])
  const start = random() < 0.5 ? [] : [Buffer.concat([bytes('N'), instruction(random)])]
  return Buffer.concat([...start, name, bytes(pick(random, calls))])
}

const ends = [
  '.',
  '.',
  '.',
  '\xff',
  '',
  '0.',
  ')R.',
  '.ctrainer\nrun\n)R.',
  'ctrainer\nru',
  '(itrainer\nrunX',
]

function damaged(random: Random, program: Buffer): Buffer {
  const copy = Buffer.from(program)
  if (copy.length === 0 || random() < 0.8) return copy
  if (random() < 0.5) return copy.subarray(0, below(random, copy.length))
  copy[below(random, copy.length)] = random() < 0.5 ? below(random, 256) : pick(random, [10, 0, 32, 46, 82])
  return copy
}

/** A program of pickle opcodes, most of which an unpickler runs for a while. */
export function pickleProgram(seed: number): Buffer {
  const random = seededRandom(seed)
  const start = pick(random, ['', '', '\x80\x02', '\x80\x04', 'N0', 'N'])
  const body = random() < 0.5 ? hiddenCall(random) : instructions(random, 10)
  return damaged(random, Buffer.concat([bytes(start), body, bytes(pick(random, ends))]))
}

/**
 * A valid safetensors file which an unpickler reads as a text or number, then as the program: the low byte of
 * the header's length is the first opcode.
 */
export function safetensorsProgram(seed: number): Buffer {
  const program = Buffer.concat([bytes('\n0'), pickleProgram(seed)])
  const header = `{"w":{"dtype":"U8","shape":[${program.length}],"data_offsets":[0,${program.length}]}}`
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt('V'.charCodeAt(0)))
  return Buffer.concat([length, bytes(header.padEnd('V'.charCodeAt(0))), program])
}
