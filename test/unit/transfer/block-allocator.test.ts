import { expect, test } from 'vitest'
import { createBlockPool, type BlockPool } from '../../../electron/transfer/block-pool.ts'
import { createBlockAllocator, type BlockLease } from '../../../electron/transfer/block-allocator.ts'

/** A real pool that counts its blocks in use. */
function setup() {
  const pool = createBlockPool()
  let inUse = 0
  const counted: BlockPool = {
    acquire() {
      inUse += 1
      return pool.acquire()
    },
    release(block) {
      inUse -= 1
      pool.release(block)
    },
  }
  return { allocator: createBlockAllocator(counted), inUse: () => inUse }
}

const acquireAll = (lease: BlockLease) => {
  const acquired = []
  while (lease.isAvailable()) acquired.push(lease.next())
  return acquired
}

test('releases the blocks of a failed connection only once it is closed', () => {
  const { allocator, inUse } = setup()
  const lease = allocator.openLease()
  acquireAll(lease)
  lease.fillingEnded()
  expect(inUse()).toBe(3)
  lease.connectionClosed()
  expect(inUse()).toBe(0)
})

test('releases a block that is being read into when reading ends', () => {
  const { allocator, inUse } = setup()
  const lease = allocator.openLease()
  acquireAll(lease)
  lease.connectionClosed()
  expect(inUse()).toBe(3)
  lease.fillingEnded()
  expect(inUse()).toBe(0)
})
