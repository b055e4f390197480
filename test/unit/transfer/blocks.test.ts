import { expect, test } from 'vitest'
import { blockBytes, createBlocks } from '../../../electron/transfer/blocks.ts'
import { seededBytes } from '../../fixtures/seeded.ts'

const rotated = (word: number) => (word << 13) | (word >>> 19)

/** The same sum, written out. */
function written(bytes: Buffer): number {
  const padded = Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)])
  const sum = new Uint32Array(4)
  const sums = new Uint32Array(4)
  for (let at = 0; at < padded.length; at += 4) {
    const lane = (at / 4) % 4
    sum[lane] = (sum[lane] ?? 0) + padded.readUInt32LE(at)
    sums[lane] = (sums[lane] ?? 0) + (sum[lane] ?? 0)
  }
  let hash = 0
  for (const word of [...sum, ...sums]) hash = Math.imul(rotated(hash ^ word), 0x9e3779b1)
  return (hash + bytes.length) >>> 0
}

const block = createBlocks().take()

function checksumOf(bytes: Buffer): number {
  bytes.copy(block.bytes)
  return block.fold(0, bytes.length)
}

test.each([1, 15, 16, 17, 4096, 65_537, blockBytes])(
  '%i bytes have the sum that is written down',
  (length) => {
    const bytes = seededBytes(length, length)
    expect(checksumOf(bytes)).toBe(written(bytes))
  },
)

test('one flipped bit anywhere, two blocks swapped, or a byte less make another sum', () => {
  const bytes = seededBytes(7, 4096)
  const sums = new Set([checksumOf(bytes), checksumOf(bytes.subarray(0, 4095))])
  for (let at = 0; at < bytes.length; at += 1) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] ?? 0) ^ 1
    sums.add(checksumOf(flipped))
  }
  sums.add(checksumOf(Buffer.concat([bytes.subarray(2048), bytes.subarray(0, 2048)])))
  expect(sums.size).toBe(bytes.length + 3)
})

test('what an earlier use left in a block is not in the sum', () => {
  block.bytes.fill(0xff)
  block.bytes.write('abc')
  expect(block.fold(0, 3)).toBe(written(Buffer.from('abc')))
})

test('a stream of blocks has one sum in its order and another out of it', () => {
  const blocks = createBlocks()
  const [first, second] = [blocks.take(), blocks.take()]
  seededBytes(1, blockBytes).copy(first.bytes)
  seededBytes(2, blockBytes).copy(second.bytes)
  const inOrder = second.fold(first.fold(0, blockBytes), blockBytes)
  const swapped = first.fold(second.fold(0, blockBytes), blockBytes)
  expect(inOrder).not.toBe(swapped)
})

test('a hundred blocks are all different memory, and a block that was given back comes again', () => {
  const blocks = createBlocks()
  const taken = Array.from({ length: 100 }, () => blocks.take())
  taken.forEach(({ bytes }, index) => bytes.fill(index))
  expect(taken.every(({ bytes }, index) => bytes[0] === index && bytes[blockBytes - 1] === index)).toBe(true)
  const [last] = taken
  if (last) blocks.give(last)
  expect(blocks.take()).toBe(last)
})
