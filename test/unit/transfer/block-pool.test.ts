import { expect, test } from 'vitest'
import { blockBytes, createBlockPool } from '../../../electron/transfer/block-pool.ts'
import { seededBytes } from '../../fixtures/seeded.ts'

const rotated = (word: number) => (word << 13) | (word >>> 19)

/** The same checksum, written in JavaScript. */
function expectedChecksum(bytes: Buffer): number {
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

const block = createBlockPool().acquire()

function checksumOf(bytes: Buffer): number {
  bytes.copy(block.bytes)
  return block.addToChecksum(0, bytes.length)
}

test.each([1, 15, 16, 17, 4096, 65_537, blockBytes])(
  '%i bytes have the same checksum as in JavaScript',
  (length) => {
    const bytes = seededBytes(length, length)
    expect(checksumOf(bytes)).toBe(expectedChecksum(bytes))
  },
)

test('a flipped bit, swapped blocks or a missing byte change the checksum', () => {
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

test('earlier contents of a block do not affect the checksum', () => {
  block.bytes.fill(0xff)
  block.bytes.write('abc')
  expect(block.addToChecksum(0, 3)).toBe(expectedChecksum(Buffer.from('abc')))
})

test('the checksum depends on the order of the blocks', () => {
  const pool = createBlockPool()
  const [first, second] = [pool.acquire(), pool.acquire()]
  seededBytes(1, blockBytes).copy(first.bytes)
  seededBytes(2, blockBytes).copy(second.bytes)
  const inOrder = second.addToChecksum(first.addToChecksum(0, blockBytes), blockBytes)
  const swapped = first.addToChecksum(second.addToChecksum(0, blockBytes), blockBytes)
  expect(inOrder).not.toBe(swapped)
})

test('blocks do not share memory, and a released block is reused', () => {
  const pool = createBlockPool()
  const acquired = Array.from({ length: 100 }, () => pool.acquire())
  acquired.forEach(({ bytes }, index) => bytes.fill(index))
  expect(acquired.every(({ bytes }, index) => bytes[0] === index && bytes[blockBytes - 1] === index)).toBe(
    true,
  )
  const [last] = acquired
  if (last) pool.release(last)
  expect(pool.acquire()).toBe(last)
})
