import { expect, test } from 'vitest'
import { createBufferPool } from '../../../../electron/platform/files/buffer-pool.ts'

test('reuses a buffer, for one user at a time', async () => {
  const pool = createBufferPool(16)
  const [first, second] = await Promise.all([1, 2].map(() => pool.use(async (buffer) => buffer)))
  expect(second).not.toBe(first)
  expect(first).toHaveLength(16)
  const again = await pool.use(async (buffer) => buffer)
  expect([first, second]).toContain(again)
})

test('reuses a buffer after a failure', async () => {
  const pool = createBufferPool(16)
  let used: Buffer | undefined
  const failing = pool.use(async (buffer) => {
    used = buffer
    throw new Error('unreadable')
  })
  await expect(failing).rejects.toThrow('unreadable')
  expect(await pool.use(async (buffer) => buffer)).toBe(used)
})

test('keeps 16 buffers at most', async () => {
  const pool = createBufferPool(16)
  const useAtOnce = (count: number) =>
    Promise.all(Array.from({ length: count }, () => pool.use(async (buffer) => buffer)))
  const first = new Set(await useAtOnce(20))
  const again = await useAtOnce(20)
  expect(again.filter((buffer) => first.has(buffer))).toHaveLength(16)
})
