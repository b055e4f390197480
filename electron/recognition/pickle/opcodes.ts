import type { ByteWindow } from '../formats/byte-window.ts'
import { HeaderDamage } from '../formats/header.ts'
import { lineOf, memoIndex } from './lines.ts'
import type { PickleMachine } from './machine.ts'
import { builtWith, emptyDict, resultOf, storageOf, type PickleValue } from './values.ts'

type Doing = (machine: PickleMachine, window: ByteWindow) => void | Promise<void>

/** Names of modules and functions are shorter; longer texts are payload and are only passed over. */
const longestText = 1_000

const push =
  (value: PickleValue): Doing =>
  ({ stack }) =>
    void stack.push(value)

/** Reads a length, then a text of that many bytes. */
function text(length: (window: ByteWindow) => number): Doing {
  return async ({ stack }, window) => {
    const count = length(window)
    if (count > longestText) {
      window.skip(count)
      stack.push(null)
      return
    }
    await window.ensure(count)
    stack.push(window.take(count).toString('utf8'))
  }
}

/** The number with which PyTorch's old form begins (torch/serialization.py, MAGIC_NUMBER), as LONG1 has it. */
const torchMagic = Buffer.from('6cfc9c46f9206aa85019', 'hex')

/** Numbers too large for 4 bytes: none of them matters but PyTorch's. */
const longNumber: Doing = async ({ stack }, window) => {
  const count = window.u8()
  await window.ensure(count)
  stack.push(window.take(count).equals(torchMagic) ? { is: 'torch-magic' } : null)
}

/** Passes over a payload of which only that it is there matters. */
function payload(length: (window: ByteWindow) => number): Doing {
  return ({ stack }, window) => {
    window.skip(length(window))
    stack.push(null)
  }
}

/** A line whose escapes are not undone: a text with any is none that we know. */
const quoted: Doing = async ({ stack }, window) => {
  const line = (await lineOf(window)).replace(/^(['"])(.*)\1$/, '$2')
  stack.push(line.includes('\\') ? null : line)
}

const number: Doing = async ({ stack }, window) => {
  const value = Number((await lineOf(window)).replace(/L$/, ''))
  stack.push(Number.isSafeInteger(value) ? value : null)
}

const put =
  (index: (window: ByteWindow) => number): Doing =>
  (machine, window) =>
    void machine.memo.set(index(window), machine.top())

function get(machine: PickleMachine, index: number): void {
  // A memo that was never set makes the loader stop: the scan must not go on as if it were something.
  if (!machine.memo.has(index)) throw new HeaderDamage('it reads a memo that was never set')
  machine.stack.push(machine.memo.get(index) ?? null)
}

function tuple(count: number): Doing {
  return (machine) => {
    const items = Array.from({ length: count }, () => machine.pop()).reverse()
    machine.stack.push({ is: 'tuple', items })
  }
}

function setItems(dict: PickleValue, items: readonly PickleValue[]): void {
  if (dict === null || typeof dict !== 'object' || dict.is !== 'dict') return
  for (let index = 0; index + 1 < items.length; index += 2) {
    const key = items[index]
    if (typeof key === 'string') dict.entries.set(key, items[index + 1] ?? null)
  }
}

function reduce(machine: PickleMachine): void {
  const args = machine.pop()
  machine.stack.push(resultOf(machine.pop(), args))
}

/** The class stands on the stack, or was named just before: calling it says no more than its import did. */
const newObject =
  (operands: number): Doing =>
  (machine) => {
    const taken = Array.from({ length: operands }, () => machine.pop())
    machine.stack.push(resultOf(taken.at(-1) ?? null, null))
  }

async function imported(machine: PickleMachine, window: ByteWindow): Promise<void> {
  const module = await lineOf(window)
  const name = await lineOf(window)
  machine.stack.push(machine.import(module, name))
}

const registered: Doing = (machine) => void machine.stack.push(machine.import(null, null))

const withArgument =
  (bytes: number, doing: Doing): Doing =>
  (machine, window) => {
    window.skip(bytes)
    return doing(machine, window)
  }

const u8 = (window: ByteWindow) => window.u8()
const u32 = (window: ByteWindow) => window.u32()
const u64 = (window: ByteWindow) => window.u64()

/** Every opcode of protocols 0 to 5 (Python's pickletools.py), by its byte. */
const doings = new Map<number, Doing>(
  (
    [
      ['(', ({ stack, marks }) => void marks.push(stack.length)],
      ['.', (machine) => void ((machine.stopped = true), machine.top())],
      [
        '0',
        (machine) =>
          void (machine.stack.length > (machine.marks.at(-1) ?? 0) ? machine.pop() : machine.popToMark()),
      ],
      ['1', (machine) => void machine.popToMark()],
      ['2', (machine) => void machine.stack.push(machine.top())],
      ['F', async ({ stack }, window) => void (await lineOf(window), stack.push(null))],
      ['I', number],
      ['J', ({ stack }, window) => void stack.push(window.i32())],
      ['K', ({ stack }, window) => void stack.push(window.u8())],
      ['L', number],
      ['M', ({ stack }, window) => void stack.push(window.u16())],
      ['N', push(null)],
      ['P', async ({ stack }, window) => void (await lineOf(window), stack.push(null))],
      ['Q', (machine) => void machine.stack.push(storageOf(machine.pop()))],
      ['R', reduce],
      ['S', quoted],
      ['T', text(u32)],
      ['U', text(u8)],
      ['V', quoted],
      ['X', text(u32)],
      ['a', (machine) => void machine.pop()],
      [
        'b',
        (machine) => {
          const state = machine.pop()
          machine.stack.push(builtWith(machine.pop(), state))
        },
      ],
      ['c', imported],
      ['d', (machine) => dictOf(machine)],
      ['}', ({ stack }) => void stack.push(emptyDict())],
      ['e', (machine) => void machine.popToMark()],
      ['g', async (machine, window) => get(machine, await memoIndex(window))],
      ['h', (machine, window) => get(machine, window.u8())],
      [
        'i',
        async (machine, window) => {
          const module = await lineOf(window)
          machine.import(module, await lineOf(window))
          machine.popToMark()
          machine.stack.push(null)
        },
      ],
      ['j', (machine, window) => get(machine, window.u32())],
      ['l', (machine) => void (machine.popToMark(), machine.stack.push(null))],
      [']', push(null)],
      ['o', (machine) => void (machine.popToMark(), machine.stack.push(null))],
      ['p', async (machine, window) => void machine.memo.set(await memoIndex(window), machine.top())],
      ['q', put(u8)],
      ['r', put(u32)],
      [
        's',
        (machine) => {
          const value = machine.pop()
          const key = machine.pop()
          setItems(machine.top(), [key, value])
        },
      ],
      ['t', (machine) => void machine.stack.push({ is: 'tuple', items: machine.popToMark() })],
      [')', ({ stack }) => void stack.push({ is: 'tuple', items: [] })],
      [
        'u',
        (machine) => {
          const items = machine.popToMark()
          setItems(machine.top(), items)
        },
      ],
      ['B', payload(u32)],
      ['C', payload(u8)],
      ['G', payload(() => 8)],
      ['\x80', (_machine, window) => window.skip(1)],
      ['\x81', newObject(2)],
      ['\x82', withArgument(1, registered)],
      ['\x83', withArgument(2, registered)],
      ['\x84', withArgument(4, registered)],
      ['\x85', tuple(1)],
      ['\x86', tuple(2)],
      ['\x87', tuple(3)],
      ['\x88', push(null)],
      ['\x89', push(null)],
      ['\x8a', longNumber],
      ['\x8b', payload(u32)],
      ['\x8c', text(u8)],
      ['\x8d', text(u64)],
      ['\x8e', payload(u64)],
      ['\x8f', push(null)],
      ['\x90', (machine) => void machine.popToMark()],
      ['\x91', (machine) => void (machine.popToMark(), machine.stack.push(null))],
      ['\x92', newObject(3)],
      [
        '\x93',
        (machine) => {
          const name = machine.pop()
          machine.stack.push(machine.import(machine.pop(), name))
        },
      ],
      ['\x94', (machine) => void machine.memo.set(machine.memo.size, machine.top())],
      ['\x95', (_machine, window) => window.skip(8)],
      ['\x96', payload(u64)],
      ['\x97', push(null)],
      ['\x98', () => {}],
    ] satisfies readonly (readonly [string, Doing])[]
  ).map(([letter, doing]) => [letter.charCodeAt(0), doing]),
)

function dictOf(machine: PickleMachine): void {
  const items = machine.popToMark()
  const dict = emptyDict()
  setItems(dict, items)
  machine.stack.push(dict)
}

/** Runs one opcode of the walk; one that doesn't exist is damage. */
export function runOpcode(machine: PickleMachine, window: ByteWindow): void | Promise<void> {
  const code = window.u8()
  const doing = doings.get(code)
  if (!doing) throw new HeaderDamage(`0x${code.toString(16).padStart(2, '0')} is no instruction of a pickle`)
  return doing(machine, window)
}
