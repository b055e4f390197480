import { expect, test } from 'vitest'
import { blockBytes, createBlockPool } from '../../../electron/transfer/block-pool.ts'
import { seededBytes } from '../../fixtures/seeded.ts'

const block = createBlockPool().acquire()

function checksumOf(bytes: Buffer): number {
  bytes.copy(block.bytes)
  return block.addToChecksum(0, bytes.length)
}

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
