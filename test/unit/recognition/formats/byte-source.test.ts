import { expect, test } from 'vitest'
import { readAt } from '../../../../electron/recognition/formats/byte-source.ts'

const bytes = Buffer.from(Array.from({ length: 20 }, (_none, index) => index))

/** A file that returns at most three bytes at a time, and how many it has returned. */
function slowFile() {
  const file = {
    readBytes: 0,
    async read(buffer: Buffer, offset: number, length: number, position: number) {
      const bytesRead = bytes.copy(buffer, offset, position, position + Math.min(length, 3))
      file.readBytes += bytesRead
      return { bytesRead, buffer }
    },
  }
  return file as typeof file & Parameters<typeof readAt>[0]
}

test('reads from a file until it has all bytes or the file ends', async () => {
  expect([...(await readAt(slowFile(), 2, 7))]).toEqual([2, 3, 4, 5, 6, 7, 8])
  expect([...(await readAt(slowFile(), 15, 10))]).toEqual([15, 16, 17, 18, 19])
  expect(await readAt(slowFile(), 20, 1)).toHaveLength(0)
})
