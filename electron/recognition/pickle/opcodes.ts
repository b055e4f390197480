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

/** The text up to a line feed, as the opcodes of protocol 0 take it. Null if it is too long for a name. */
async function readLine(window: ByteWindow, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<string | null> {
  const { start, isWhole } = await window.line(maxTextBytes, maxLineBytes)
  return isWhole ? start.toString(encoding) : null
}

/**
 * The number of a memo on its own line. Python also accepts spaces, signs and underscores. A number that only
 * one side understands would make the memos differ, so that a harmless name here could stand for another one
 * in Python.
 */
async function readMemoIndex(window: ByteWindow): Promise<number> {
  const line = (await readLine(window)) ?? ''
  if (/^\d{1,10}$/.test(line)) return Number(line)
  if (/^[\s\d+_-]*\d[\s\d_]*$/.test(line)) throw new UndecidedError('a memo without a plain number')
  throw new FormatError('a memo without a number')
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
  const line = await readLine(window, 'latin1')
  if (line === null) return void stack.push(null)
  const quoted = /^(['"])([^]*)\1$/.exec(line)?.[2]
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
  const line = await readLine(window, 'latin1')
  const decoded = line?.replaceAll(
    /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))/g,
    (whole: string, short?: string, long?: string, letter?: string) => {
      if (letter !== undefined && letter.toLowerCase() !== 'u') return whole
      const code = Number.parseInt(short ?? long ?? '', 16)
      if (!(code <= 0x10ffff)) throw new FormatError('a malformed escape')
      return String.fromCodePoint(code)
    },
  )
  stack.push(decoded ?? null)
}

const pushNumberLine: OpcodeHandler = async ({ stack }, window) => {
  const value = Number((await readLine(window))?.replace(/L$/, '') ?? Number.NaN)
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

/** The object to which an opcode adds something. It calls a method of the object, such as `append`. */
function changedObject(machine: PickleMachine): PickleValue {
  const object = machine.peek()
  machine.noteMethodCall(object)
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
  const object = machine.pop()
  machine.noteMethodCall(object)
  if (isGlobal(object)) machine.problem ??= 'it changes something that it imports'
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
  const module = await window.line(maxTextBytes, maxLineBytes)
  const name = await window.line(maxTextBytes, maxLineBytes)
  const isWhole = module.isWhole && name.isWhole
  return machine.import(module.start.toString('utf8'), name.start.toString('utf8'), isWhole)
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
      ['F', async ({ stack }, window) => void (await readLine(window), stack.push(plainValue))],
      ['I', pushNumberLine],
      ['J', ({ stack }, window) => void stack.push(window.i32())],
      ['K', ({ stack }, window) => void stack.push(window.u8())],
      ['L', pushNumberLine],
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
      ['a', (machine) => void (machine.pop(), changedObject(machine))],
      ['b', build],
      ['c', async (machine, window) => void machine.stack.push(await importByLines(machine, window))],
      ['d', (machine) => pushDict(machine)],
      ['}', ({ stack }) => void stack.push(emptyDict())],
      ['e', (machine) => void (machine.popToMark(), changedObject(machine))],
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
      ['p', async (machine, window) => void machine.memo.set(await readMemoIndex(window), machine.peek())],
      ['q', memoize(u8)],
      ['r', memoize(u32)],
      [
        's',
        (machine) => {
          const value = machine.pop()
          const key = machine.pop()
          setItems(changedObject(machine), [key, value])
        },
      ],
      ['t', (machine) => void machine.stack.push({ type: 'tuple', items: machine.popToMark() })],
      [')', ({ stack }) => void stack.push({ type: 'tuple', items: [] })],
      [
        'u',
        (machine) => {
          const items = machine.popToMark()
          setItems(changedObject(machine), items)
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
      ['\x90', (machine) => void (machine.popToMark(), changedObject(machine))],
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
      ['\x97', push(null)],
      ['\x98', () => {}],
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
