import { expect, test } from 'vitest'
import { bufferSource } from '../../../../electron/recognition/formats/byte-source.ts'
import { ByteWindow } from '../../../../electron/recognition/formats/byte-window.ts'

const bytes = Buffer.from(Array.from({ length: 100 }, (_, index) => index))
/** A window that fetches a few bytes at a time. */
const windowOf = (content: Buffer, start = 0, end = content.length) =>
  new ByteWindow(bufferSource(content), start, end, 1)

test('reads lengths of 64 bits up to 2^53 exactly', async () => {
  for (const value of [0n, 1n, 2n ** 32n + 5n, 2n ** 52n + 1n, 2n ** 53n - 1n]) {
    for (const isLittleEndian of [true, false]) {
      const content = Buffer.alloc(8)
      if (isLittleEndian) content.writeBigUInt64LE(value)
      else content.writeBigUInt64BE(value)
      const window = windowOf(content)
      window.isLittleEndian = isLittleEndian
      await window.ensure(8)
      expect(window.u64()).toBe(Number(value))
    }
  }
  const beyond = windowOf(Buffer.from(BigUint64Array.of(2n ** 53n).buffer))
  await beyond.ensure(8)
  expect(() => beyond.u64()).toThrow('a number beyond 2^53')
})

test('reads only between its start and its end', async () => {
  const window = windowOf(bytes, 10, 20)
  expect([window.position, window.remainingBytes]).toEqual([10, 10])
  await window.fill(50)
  expect(window.peek(2)).toEqual(bytes.subarray(10, 12))
  expect(window.take(10)).toEqual(bytes.subarray(10, 20))
  expect([window.position, window.remainingBytes]).toEqual([20, 0])
  await window.fill(1)
  expect(() => window.u8()).toThrow('it ends in the middle')
  await expect(windowOf(bytes, 10, 20).ensure(11)).rejects.toThrow('it ends in the middle')
  expect(new ByteWindow(bufferSource(bytes), 90, 1_000).remainingBytes).toBe(10)
  expect(new ByteWindow(bufferSource(bytes)).remainingBytes).toBe(100)
})

test('fails if the file has become shorter than its size', async () => {
  const window = new ByteWindow({
    sizeBytes: 100,
    read: async (at, length) => bytes.subarray(at, Math.min(50, at + length)),
  })
  await window.ensure(50)
  window.skip(50)
  await expect(window.ensure(1)).rejects.toThrow('it ends in the middle')
})

/** The lines as text, with `…` behind those of which only the beginning is held, and `|` without a line feed. */
async function linesOf(content: string, maxHeldBytes: number, maxBytes = 1_000_000): Promise<string[]> {
  const window = windowOf(Buffer.from(content))
  const lines: string[] = []
  while (window.remainingBytes > 0) {
    const { start, isWhole, hasEnd } = await window.line(maxHeldBytes, maxBytes)
    lines.push(`${start.toString()}${isWhole ? '' : '…'}${hasEnd ? '' : '|'}`)
  }
  return lines
}

test('says that a line has no end and stops within one that is too long to be read', async () => {
  expect(await linesOf('first\nsecond', 100)).toEqual(['first', 'second|'])
  expect(await linesOf('x'.repeat(200_000), 100)).toEqual([`${'x'.repeat(100)}…|`])
  const longLine = (length: number) => `${'y'.repeat(150_000)}\n${'x'.repeat(length)}\n`
  await expect(linesOf(longLine(500_000), 100, 200_000)).rejects.toThrow('a line is too long to be read')
  const starts = ['y', 'x'].map((letter) => `${letter.repeat(100)}…`)
  expect(await linesOf(longLine(200_000), 100, 200_000)).toEqual(starts)
})
