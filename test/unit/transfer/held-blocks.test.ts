import { expect, test } from 'vitest'
import { createBlocks, type Blocks } from '../../../electron/transfer/blocks.ts'
import { createBlockSupply, type HeldBlocks } from '../../../electron/transfer/held-blocks.ts'

/** Real blocks, counted. */
function setup() {
  const blocks = createBlocks()
  let out = 0
  const counted: Blocks = {
    take() {
      out += 1
      return blocks.take()
    },
    give(block) {
      out -= 1
      blocks.give(block)
    },
  }
  return { supply: createBlockSupply(counted), out: () => out }
}

const takeAll = (held: HeldBlocks) => {
  const taken = []
  while (held.isReady()) taken.push(held.next())
  return taken
}

test('a PUT has three blocks, fills them again as they are flushed, and gives all back at its end', () => {
  const { supply, out } = setup()
  const held = supply.hold()
  const [first, second, third] = takeAll(held)
  expect(out()).toBe(3)
  held.flushed(first!)
  expect(held.isReady() && held.next()).toBe(first)
  held.filled()
  for (const block of [second, third, first]) held.flushed(block!)
  expect(out()).toBe(0)
})

test('many PUTs hold one block each, so that memory follows their number and not three times that', () => {
  const { supply, out } = setup()
  const puts = Array.from({ length: 64 }, () => supply.hold())
  for (const held of puts) takeAll(held)
  expect(out()).toBe(4 * 3 + 60)
})

test('a broken line gives back its blocks once it is closed, and not before', () => {
  const { supply, out } = setup()
  const held = supply.hold()
  takeAll(held)
  held.filled()
  expect(out()).toBe(3)
  held.closed()
  expect(out()).toBe(0)
})

test('a block that is read into while the line closes is given back when the reading has ended', () => {
  const { supply, out } = setup()
  const held = supply.hold()
  takeAll(held)
  held.closed()
  expect(out()).toBe(3)
  held.filled()
  expect(out()).toBe(0)
})
