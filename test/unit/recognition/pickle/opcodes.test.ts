import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { ByteWindow } from '../../../../electron/recognition/formats/byte-window.ts'
import { scanPickle } from '../../../../electron/recognition/pickle/scan.ts'
import { frameOf, imported, pickleOf, text } from '../../../fixtures/pickles.ts'

const scan = (bytes: Buffer) => scanPickle(new ByteWindow(bufferSource(bytes)))

const concat = (...parts: readonly (Buffer | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
const ordered = imported('collections', 'OrderedDict')

const lengthOfSized = 12

/** A length and bytes that would each end the pickle if they were read as opcodes. */
function sized(lengthBytes: 1 | 4 | 8): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length[0] = lengthOfSized
  return Buffer.concat([length, Buffer.alloc(lengthOfSized, '.')])
}

/**
 * Every opcode of Python's pickletools.py (protocols 0 to 5), in a sequence that leaves the stack unchanged.
 * Arguments consist of full stops where possible: read as an opcode, each would end the pickle.
 */
const sequences: Readonly<Record<string, readonly (Buffer | string)[]>> = {
  MARK: ['(', 'N', '1'],
  POP: ['N', '0'],
  'POP of a mark': ['(', '0'],
  POP_MARK: ['(', 'N', 'N', '1'],
  DUP: ['N', '2', '0', '0'],
  FLOAT: ['F...\n', '0'],
  INT: ['I46\n', '0'],
  BININT: ['J....', '0'],
  BININT1: ['K.', '0'],
  LONG: ['L46L\n', '0'],
  BININT2: ['M..', '0'],
  NONE: ['N', '0'],
  PERSID: ['P...\n', '0'],
  BINPERSID: ['N', 'Q', '0'],
  REDUCE: [ordered, ')', 'R', '0'],
  STRING: ["S'...'\n", '0'],
  BINSTRING: ['T', sized(4), '0'],
  SHORT_BINSTRING: ['U', sized(1), '0'],
  UNICODE: ['V...\n', '0'],
  BINUNICODE: ['X', sized(4), '0'],
  APPEND: [']', 'N', 'a', '0'],
  BUILD: ['N', '}', 'b', '0'],
  GLOBAL: [ordered, '0'],
  DICT: ['(', text('.'), 'N', 'd', '0'],
  EMPTY_DICT: ['}', '0'],
  APPENDS: [']', '(', 'N', 'N', 'e', '0'],
  'PUT and GET': ['N', 'p46\n', '0', 'g46\n', '0'],
  'BINPUT and BINGET': ['N', 'q.', '0', 'h.', '0'],
  'LONG_BINPUT and LONG_BINGET': ['N', 'r....', '0', 'j....', '0'],
  INST: ['(', 'N', 'icollections\nOrderedDict\n', '0'],
  LIST: ['(', 'N', 'N', 'l', '0'],
  EMPTY_LIST: [']', '0'],
  OBJ: ['(', ordered, 'N', 'o', '0'],
  SETITEM: ['}', text('.'), 'N', 's', '0'],
  TUPLE: ['(', 'N', 'N', 't', '0'],
  EMPTY_TUPLE: [')', '0'],
  SETITEMS: ['}', '(', text('.'), 'N', 'u', '0'],
  BINFLOAT: ['G........', '0'],
  BINBYTES: ['B', sized(4), '0'],
  SHORT_BINBYTES: ['C', sized(1), '0'],
  PROTO: ['\x80.'],
  NEWOBJ: [ordered, ')', '\x81', '0'],
  EXT1: ['\x82.', '0'],
  EXT2: ['\x83..', '0'],
  EXT4: ['\x84....', '0'],
  TUPLE1: ['N', '\x85', '0'],
  TUPLE2: ['N', 'N', '\x86', '0'],
  TUPLE3: ['N', 'N', 'N', '\x87', '0'],
  NEWTRUE: ['\x88', '0'],
  NEWFALSE: ['\x89', '0'],
  LONG1: ['\x8a', sized(1), '0'],
  LONG4: ['\x8b', sized(4), '0'],
  SHORT_BINUNICODE: ['\x8c', sized(1), '0'],
  BINUNICODE8: ['\x8d', sized(8), '0'],
  BINBYTES8: ['\x8e', sized(8), '0'],
  EMPTY_SET: ['\x8f', '0'],
  ADDITEMS: ['\x8f', '(', 'N', 'N', '\x90', '0'],
  FROZENSET: ['(', 'N', 'N', '\x91', '0'],
  NEWOBJ_EX: [ordered, ')', '}', '\x92', '0'],
  STACK_GLOBAL: [text('collections'), text('OrderedDict'), '\x93', '0'],
  MEMOIZE: ['N', '\x94', '0', 'h\0', '0'],
  FRAME: [frameOf(text('.'.repeat(40)), '0')],
  BYTEARRAY8: ['\x96', sized(8), '0'],
  NEXT_BUFFER: ['\x97', '0'],
  READONLY_BUFFER: ['N', '\x98', '0'],
}

/**
 * Buffers enough bytes in advance that no later opcode waits, which would hide one that doesn't wait for its
 * argument.
 */
const padding = concat(text('.'.repeat(100)), '0')

const harm = { type: 'global', name: 'posix.system' }

test.each(Object.entries(sequences))('%s consumes its argument and its operands', async (_name, parts) => {
  const { imports, problem, value } = await scan(
    pickleOf(text('posix'), text('system'), concat(...parts), '\x93', padding),
  )
  expect([problem, value]).toEqual([null, harm])
  expect(imports).toContainEqual({ name: 'posix.system', level: 'dangerous' })
})

test('the sequences cover every opcode of Python; any other byte is malformed', async () => {
  const firsts = Object.values(sequences).flatMap((parts) => parts.map((part) => concat(part)[0] ?? 0))
  // A part begins with its opcode or with a length.
  const opcodes = new Set(firsts.filter((code) => code !== lengthOfSized))
  // Python has 68; the last one is STOP, with which every pickle ends.
  expect(opcodes.size).toBe(67)
  for (let code = 0; code < 256; code += 1) {
    if (opcodes.has(code) || code === 0x2e) continue
    const { problem } = await scan(Buffer.from([0x80, 2, code, 0x2e]))
    expect(problem, `0x${code.toString(16)}`).toContain('is no instruction of a pickle')
  }
})

test('reports an opcode whose operands are missing', async () => {
  for (const bytes of [
    '1',
    '(R',
    ')R',
    'a',
    't',
    '(Nu',
    'N\x86',
    'p1\n',
    'h\x01',
    '\x94',
    '\x93',
    'U\x05ab',
    'F1.5',
  ]) {
    expect((await scan(pickleOf(bytes))).problem, JSON.stringify(bytes)).not.toBeNull()
  }
})

/** The value that these opcodes leave, or the problem. */
const valueOf = async (...parts: readonly (Buffer | string)[]) => {
  const { problem, value } = await scan(pickleOf(concat(...parts)))
  return problem ?? value
}
const problemOf = async (...parts: readonly (Buffer | string)[]) =>
  (await scan(pickleOf(concat(...parts)))).problem

test('treats numbers beyond 2^53, truth values and lists as values that nothing can call', async () => {
  for (const opcode of [
    'L9007199254740992L\n',
    '\x8a\x07\x01\x01\x01\x01\x01\x01\x01',
    'I01x\n',
    'N',
    '\x88',
    ']',
  ]) {
    expect(await valueOf(opcode)).toEqual({ type: 'plain' })
    expect(await problemOf(opcode, ')R')).toBe('it calls something that is no import')
  }
  expect(await problemOf(text('os.system'), ')R')).toBe('it calls something that is no import')
})

test('sets the items of dicts and leaves other values alone', async () => {
  const entriesOf = async (...parts: readonly (Buffer | string)[]) => {
    const value = await valueOf(...parts)
    return value !== null && typeof value === 'object' && value.type === 'dict' ? [...value.entries] : value
  }
  const [a, b] = [text('a'), text('b')]
  expect(await entriesOf('(', a, 'K\x01', b, 'K\x02d')).toEqual([
    ['a', 1],
    ['b', 2],
  ])
  expect(await entriesOf('}(', a, 'K\x01', b, 'K\x02u')).toEqual([
    ['a', 1],
    ['b', 2],
  ])
  expect(await entriesOf('}', a, 'K\x01s')).toEqual([['a', 1]])
  // A key that is no text, and a key without a value.
  expect(await entriesOf('}(K\x01', a, a, 'K\x03', b, 'u')).toEqual([['a', 3]])
  for (const other of [ordered, 'K\x05', 'P1\n', text('x')]) {
    expect(await valueOf(other, a, 'K\x01s')).toEqual(await valueOf(other))
  }
})

test('takes a memo by every number that one of Python’s unpicklers reads', async () => {
  for (const line of ['10', '1_0', ' 10', '+10', '010', '10 ', '\t10\r', '\v10\f', '10\0x', ' 10 \0x']) {
    expect(await valueOf(`K\x07p${line}\n0K\0g10\n`), JSON.stringify(line)).toBe(7)
    expect(await valueOf(`K\x07p10\n0K\0g${line}\n`), JSON.stringify(line)).toBe(7)
  }
  expect(await valueOf('K\x07p123456789012345\n0g123456789012345\n')).toBe(7)
  for (const line of ['1234567890123456', '0'.repeat(1_001), ' '.repeat(1_001), `1${' '.repeat(1_000)}`]) {
    expect(await scan(pickleOf(`Np${line}\n`))).toMatchObject({
      problem: 'a memo with a long number',
      isUndecided: true,
    })
  }
  for (const line of ['', 'x', '_', '1x', ' ', '\0', '\xa01', 'x'.repeat(1_001)]) {
    expect(await scan(pickleOf(`Np${line}\n`))).toMatchObject({
      problem: 'a line that is no number',
      isUndecided: false,
    })
  }
})

test.each([
  ['I', ['01', '0x1F', ' 7', '-0b1', '1_000', '7L', '7\0junk', '\0', '9'.repeat(2_000)]],
  ['L', ['7', '7L', '0o17L', '+7 L', '7L\0junk']],
  ['F', ['1.5', '-1e-5', ' 1_0.5 ', 'inf', '-Infinity', 'NaN', '1.5\0junk']],
])('reads the line of the opcode %s if one of Python’s unpicklers does', async (opcode, numbers) => {
  for (const line of numbers) expect(await problemOf(`${opcode}${line}\n`), line).toBeNull()
  for (const line of ['word', '1.5 to 2', '7;', 'xyz'.repeat(400)]) {
    expect(await problemOf(`${opcode}${line}\n`), line).toBe('a line that is no number')
  }
})

test('never takes a value from below the last mark', async () => {
  for (const opcode of ['a', '2', 'q\x00', '\x85']) {
    expect(await problemOf('N(N(', opcode, '1')).toBe('its stack runs empty')
  }
})

test('refuses to import by a value that is no text', async () => {
  for (const names of [
    ['N', text('system')],
    [text('os'), 'N'],
  ]) {
    expect(await problemOf(...names, '\x93')).toBe('an import without a name')
  }
})

test('takes an object of a class for a dict', async () => {
  for (const create of [')R', ')\x81', ')}\x92']) {
    expect(await valueOf(ordered, create)).toEqual({ type: 'dict', entries: new Map() })
  }
})

test('records up to a thousand imports, and stops at one more', async () => {
  const imports = (count: number) =>
    Array.from({ length: count }, (_, index) => concat(imported('trainer', `Callback${index}`), '0'))
  const most = imports(1_000)
  expect(await problemOf(...most, ...most, 'N')).toBeNull()
  expect(await scan(pickleOf(concat(...imports(1_001), 'N')))).toMatchObject({
    problem: 'it imports more than 1,000 things',
    isUndecided: true,
  })
})

test('stops at an instruction that overlaps the end of a frame of one byte', async () => {
  const frame = frameOf('K')
  expect(await problemOf(frame, '\x01')).toBe('an instruction overlaps the end of its frame')
  expect(await problemOf(frameOf(), 'N')).toBeNull()
})
