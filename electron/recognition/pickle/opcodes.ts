import type { ByteWindow } from '../formats/byte-window.ts'
import { FormatError, UndecidedError } from '../formats/parse-result.ts'
import type { PickleMachine } from './machine.ts'
import {
  buildResult,
  callResult,
  emptyDict,
  isGlobal,
  isPlain,
  plainValue,
  type PickleValue,
} from './values.ts'

type OpcodeHandler = (machine: PickleMachine, window: ByteWindow) => void | Promise<void>

/** Names of modules and functions are shorter; longer texts are payload and are skipped. */
const maxTextBytes = 1_000
/** Protocol 0 writes texts of any length as one line. */
const maxLineBytes = 128 * 1024 * 1024

/** The bytes up to a line feed, as the opcodes of protocol 0 take them, or the first of them if it is long. */
async function readLine(window: ByteWindow): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const { start, isWhole, hasEnd } = await window.line(maxTextBytes, maxLineBytes)
  if (!hasEnd) throw new FormatError('a line without an end')
  return { text: start.toString('latin1'), isWhole }
}

/**
 * The forms of numbers that one of Python's unpicklers accepts, and some more: `pickle.py` has `int` and
 * `float`, `_pickle.c` has `PyLong_FromString`, `strtol` and `PyOS_string_to_double`.
 */
const numberForms = {
  memo: /^[\t-\r ]*[+-]?\d[\d_]*[\t-\r ]*$/,
  integer: /^[\t-\r +\-\da-fxo_]*L?[\t-\r ]*$/i,
  decimal: /^[\t-\r ]*[+-]?(?:[\d._e+-]*|inf(?:inity)?|nan)[\t-\r ]*$/i,
}

/** The number on a line, and whether only its beginning was read. `_pickle.c` ends it at a zero byte. */
async function readNumber(
  window: ByteWindow,
  form: keyof typeof numberForms,
): Promise<{ readonly number: string; readonly isCut: boolean }> {
  const { text, isWhole } = await readLine(window)
  const [number = ''] = text.split('\0', 1)
  const isCut = !isWhole && number === text
  const isPossible = numberForms[form].test(number) || (isCut && numberForms[form].test(`${number}0`))
  if (!isPossible) throw new FormatError('a line that is no number')
  return { number, isCut }
}

/** Longer numbers aren't exact in JavaScript. */
const maxMemoDigits = 15

/** If our memo differed from Python's, a harmless name here could stand for another one there. */
async function readMemoIndex(window: ByteWindow): Promise<number> {
  const { number, isCut } = await readNumber(window, 'memo')
  const digits = number.replaceAll('_', '').trim()
  if (isCut || digits.length > maxMemoDigits) throw new UndecidedError('a memo with a long number')
  return Number(digits)
}

const push =
  (value: PickleValue): OpcodeHandler =>
  ({ stack }) =>
    void stack.push(value)

/** Reads a length, then a text of that many bytes. */
function pushText(length: (window: ByteWindow) => number): OpcodeHandler {
  return async ({ stack }, window) => {
    const count = length(window)
    if (count > maxTextBytes) {
      window.skip(count)
      stack.push(null)
      return
    }
    await window.ensure(count)
    stack.push(window.take(count).toString('utf8'))
  }
}

/**
 * The number with which PyTorch's old form begins (torch/serialization.py, MAGIC_NUMBER), as LONG1 has it.
 */
const torchMagic = Buffer.from('6cfc9c46f9206aa85019', 'hex')

/** The largest count of bytes whose numbers are all exact in JavaScript. */
const maxNumberBytes = 6

/** A number too large for 4 bytes: PyTorch's, or the length of a large tensor. */
const pushLongNumber: OpcodeHandler = async ({ stack }, window) => {
  const count = window.u8()
  await window.ensure(count)
  const bytes = window.take(count)
  if (bytes.equals(torchMagic)) stack.push({ type: 'torch-magic' })
  else if (count > maxNumberBytes) stack.push(plainValue)
  else stack.push(count === 0 ? 0 : bytes.readIntLE(0, count))
}

/** Skips a payload and pushes a placeholder. */
function skipPayload(length: (window: ByteWindow) => number): OpcodeHandler {
  return ({ stack }, window) => {
    window.skip(length(window))
    stack.push(plainValue)
  }
}

const controlEscapes = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
])

/** A quoted line with the escapes of Python's bytes. */
const pushQuotedLine: OpcodeHandler = async ({ stack }, window) => {
  const { text, isWhole } = await readLine(window)
  if (!isWhole) return void stack.push(null)
  const quoted = /^(['"])([^]*)\1$/.exec(text)?.[2]
  if (quoted === undefined) throw new FormatError('a text without quotes')
  const decoded = quoted.replaceAll(
    /\\(?:x([\da-fA-F]{2})|([0-7]{1,3})|([^]))/g,
    (whole: string, hexadecimal?: string, octal?: string, letter?: string) => {
      if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
      return controlEscapes.get(letter ?? '') ?? whole
    },
  )
  stack.push(Buffer.from(decoded, 'latin1').toString('utf8'))
}

/** A line in Python's encoding `raw-unicode-escape`: only `\u` and `\U` are escapes. */
const pushUnicodeLine: OpcodeHandler = async ({ stack }, window) => {
  const { text, isWhole } = await readLine(window)
  if (!isWhole) return void stack.push(null)
  const decoded = text.replaceAll(
    /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))/g,
    (whole: string, short?: string, long?: string, letter?: string) => {
      if (letter !== undefined && letter.toLowerCase() !== 'u') return whole
      const code = Number.parseInt(short ?? long ?? '', 16)
      if (!(code <= 0x10ffff)) throw new FormatError('a malformed escape')
      return String.fromCodePoint(code)
    },
  )
  stack.push(decoded)
}

const pushIntegerLine: OpcodeHandler = async ({ stack }, window) => {
  const { number } = await readNumber(window, 'integer')
  const value = Number(/^(-?(?:0|[1-9]\d*))L?$/.exec(number)?.[1] ?? Number.NaN)
  stack.push(Number.isSafeInteger(value) ? value : plainValue)
}

const memoize =
  (index: (window: ByteWindow) => number): OpcodeHandler =>
  (machine, window) =>
    void machine.memo.set(index(window), machine.peek())

function pushMemo(machine: PickleMachine, index: number): void {
  // Python's loader stops here, so the scan must not continue with an invented value.
  if (!machine.memo.has(index)) throw new FormatError('it reads a memo that was never set')
  machine.stack.push(machine.memo.get(index) ?? null)
}

function pushTuple(count: number): OpcodeHandler {
  return (machine) => {
    const items = Array.from({ length: count }, () => machine.pop()).reverse()
    machine.stack.push({ type: 'tuple', items })
  }
}

/** The object of which an opcode calls a method, such as `append`. */
function calledObject(machine: PickleMachine): PickleValue {
  const object = machine.peek()
  machine.hasCalls ||= isGlobal(object)
  return object
}

function setItems(dict: PickleValue, items: readonly PickleValue[]): void {
  if (dict === null || typeof dict !== 'object' || dict.type !== 'dict') return
  for (let index = 0; index + 1 < items.length; index += 2) {
    const key = items[index]
    const value = items[index + 1] ?? null
    // A hypernetwork has its layers as a pair below their width. Other numbers count states of an optimiser.
    const isWidth = typeof key === 'number' && typeof value === 'object' && value?.type === 'tuple'
    if (typeof key === 'string' || isWidth) dict.entries.set(String(key), value)
  }
}

function reduce(machine: PickleMachine): void {
  const args = machine.pop()
  const callee = machine.pop()
  if (isPlain(callee) || typeof callee === 'string')
    throw new FormatError('it calls something that is no import')
  machine.hasCalls = true
  machine.stack.push(callResult(callee, args))
}

/** Replaces the operands up to the mark by an object that an import creates from them. */
function pushInstance(machine: PickleMachine): void {
  machine.popToMark()
  machine.hasCalls = true
  machine.stack.push(null)
}

/** Gives an object its state. No pickle of a model changes a class or a function that it imports. */
function build(machine: PickleMachine): void {
  const state = machine.pop()
  const object = calledObject(machine)
  machine.pop()
  machine.hasChangedImport ||= isGlobal(object)
  // Joblib writes the bytes of an array behind this opcode (joblib/numpy_pickle.py, `load_build`).
  if (machine.hasJoblibArrays) throw new UndecidedError('it holds arrays of joblib')
  machine.stack.push(buildResult(object, state))
}

/** Creates an object of a class that was imported before. The last of the operands is the class. */
const pushNewObject =
  (operands: number): OpcodeHandler =>
  (machine) => {
    const popped = Array.from({ length: operands }, () => machine.pop())
    machine.hasCalls = true
    machine.stack.push(callResult(popped.at(-1) ?? null, null))
  }

/** Imports by the module and the name in the next two lines. */
async function importByLines(machine: PickleMachine, window: ByteWindow): Promise<PickleValue> {
  const module = await readLine(window)
  const name = await window.line(maxTextBytes, maxLineBytes)
  // Where the content ends, `pickle.py` imports what remains without its last byte.
  const nameText = name.start.toString('latin1', 0, name.start.length - (name.hasEnd ? 0 : 1))
  return machine.import(
    decodeName(module.text, module.isWhole),
    decodeName(nameText, name.isWhole),
    module.isWhole && name.isWhole,
  )
}

/** Decodes the bytes of a name, which may be cut within a character. Unpicklers refuse other encodings. */
function decodeName(bytes: string, isWhole: boolean): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return decoder.decode(Buffer.from(bytes, 'latin1'), { stream: !isWhole })
  } catch {
    throw new FormatError('an import with a malformed name')
  }
}

/** Begins a frame. A length beyond 2^53 is beyond the end, so it needs not be exact. */
const beginFrame: OpcodeHandler = (machine, window) => {
  const frameBytes = Number(window.take(8).readBigUInt64LE(0))
  machine.beginFrame(window.position, frameBytes, window.remainingBytes)
}

const pushExtension: OpcodeHandler = (machine) => void machine.stack.push(machine.importExtension())

const skipArgument =
  (bytes: number, handler: OpcodeHandler): OpcodeHandler =>
  (machine, window) => {
    window.skip(bytes)
    return handler(machine, window)
  }

const u8 = (window: ByteWindow) => window.u8()
const u32 = (window: ByteWindow) => window.u32()
const u64 = (window: ByteWindow) => window.u64()

/** Handlers of all opcodes of protocols 0 to 5 (Python's pickletools.py), by their byte. */
const opcodeHandlers = new Map<number, OpcodeHandler>(
  (
    [
      ['(', ({ stack, marks }) => void marks.push(stack.length)],
      ['.', (machine) => void ((machine.isStopped = true), machine.peek())],
      [
        '0',
        (machine) =>
          void (machine.stack.length > (machine.marks.at(-1) ?? 0) ? machine.pop() : machine.popToMark()),
      ],
      ['1', (machine) => void machine.popToMark()],
      ['2', (machine) => void machine.stack.push(machine.peek())],
      ['F', async ({ stack }, window) => void (await readNumber(window, 'decimal'), stack.push(plainValue))],
      ['I', pushIntegerLine],
      ['J', ({ stack }, window) => void stack.push(window.i32())],
      ['K', ({ stack }, window) => void stack.push(window.u8())],
      ['L', pushIntegerLine],
      ['M', ({ stack }, window) => void stack.push(window.u16())],
      ['N', push(plainValue)],
      ['P', async ({ stack }, window) => void (await readLine(window), stack.push(null))],
      ['Q', (machine) => void machine.stack.push(machine.resolveStorage(machine.pop()))],
      ['R', reduce],
      ['S', pushQuotedLine],
      ['T', pushText(u32)],
      ['U', pushText(u8)],
      ['V', pushUnicodeLine],
      ['X', pushText(u32)],
      ['a', (machine) => void (machine.pop(), calledObject(machine))],
      ['b', build],
      ['c', async (machine, window) => void machine.stack.push(await importByLines(machine, window))],
      ['d', (machine) => pushDict(machine)],
      ['}', ({ stack }) => void stack.push(emptyDict())],
      ['e', (machine) => void (machine.popToMark(), calledObject(machine))],
      ['g', async (machine, window) => pushMemo(machine, await readMemoIndex(window))],
      ['h', (machine, window) => pushMemo(machine, window.u8())],
      [
        'i',
        async (machine, window) => {
          await importByLines(machine, window)
          pushInstance(machine)
        },
      ],
      ['j', (machine, window) => pushMemo(machine, window.u32())],
      ['l', (machine) => void (machine.popToMark(), machine.stack.push(plainValue))],
      [']', push(plainValue)],
      ['o', pushInstance],
      [
        'p',
        async (machine, window) => {
          const value = machine.peek()
          machine.memo.set(await readMemoIndex(window), value)
        },
      ],
      ['q', memoize(u8)],
      ['r', memoize(u32)],
      [
        's',
        (machine) => {
          const value = machine.pop()
          const key = machine.pop()
          setItems(calledObject(machine), [key, value])
        },
      ],
      ['t', (machine) => void machine.stack.push({ type: 'tuple', items: machine.popToMark() })],
      [')', ({ stack }) => void stack.push({ type: 'tuple', items: [] })],
      [
        'u',
        (machine) => {
          const items = machine.popToMark()
          setItems(calledObject(machine), items)
        },
      ],
      ['B', skipPayload(u32)],
      ['C', skipPayload(u8)],
      ['G', skipPayload(() => 8)],
      ['\x80', (machine, window) => void (machine.protocol = window.u8())],
      ['\x81', pushNewObject(2)],
      ['\x82', skipArgument(1, pushExtension)],
      ['\x83', skipArgument(2, pushExtension)],
      ['\x84', skipArgument(4, pushExtension)],
      ['\x85', pushTuple(1)],
      ['\x86', pushTuple(2)],
      ['\x87', pushTuple(3)],
      ['\x88', push(plainValue)],
      ['\x89', push(plainValue)],
      ['\x8a', pushLongNumber],
      ['\x8b', skipPayload(u32)],
      ['\x8c', pushText(u8)],
      ['\x8d', pushText(u64)],
      ['\x8e', skipPayload(u64)],
      ['\x8f', push(plainValue)],
      ['\x90', (machine) => void (machine.popToMark(), calledObject(machine))],
      ['\x91', (machine) => void (machine.popToMark(), machine.stack.push(plainValue))],
      ['\x92', pushNewObject(3)],
      [
        '\x93',
        (machine) => {
          const name = machine.pop()
          machine.stack.push(machine.importByValues(machine.pop(), name))
        },
      ],
      ['\x94', (machine) => void machine.memo.set(machine.memo.size, machine.peek())],
      ['\x95', beginFrame],
      ['\x96', skipPayload(u64)],
      ['\x97', push(plainValue)],
      ['\x98', (machine) => void calledObject(machine)],
    ] satisfies readonly (readonly [string, OpcodeHandler])[]
  ).map(([letter, handler]) => [letter.charCodeAt(0), handler]),
)

function pushDict(machine: PickleMachine): void {
  const items = machine.popToMark()
  const dict = emptyDict()
  setItems(dict, items)
  machine.stack.push(dict)
}

/** Interprets the next opcode. Throws `FormatError` for one that doesn't exist. */
export function runOpcode(machine: PickleMachine, window: ByteWindow): void | Promise<void> {
  const code = window.u8()
  const handler = opcodeHandlers.get(code)
  if (!handler) throw new FormatError(`0x${code.toString(16).padStart(2, '0')} is no instruction of a pickle`)
  return handler(machine, window)
}
