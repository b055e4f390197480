import { expect, test } from 'vitest'
import {
  bufferSource,
  fileSource,
  isFilledWith,
  readAt,
  sliceSource,
  withHead,
  type ByteSource,
} from '../../../../electron/recognition/formats/byte-source.ts'

const bytes = Buffer.from(Array.from({ length: 20 }, (_none, index) => index))
const numbersIn = async (source: ByteSource, position: number, length: number) => [
  ...(await source.read(position, length)),
]

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

test('reads nothing behind the size that a file had', async () => {
  const file = slowFile()
  const source = fileSource(file, 10)
  expect(source.sizeBytes).toBe(10)
  expect(await numbersIn(source, 7, 5)).toEqual([7, 8, 9])
  expect(file.readBytes).toBe(3)
  for (const position of [10, 11]) expect(await numbersIn(source, position, 5)).toEqual([])
  expect(await numbersIn(source, 0, 0)).toEqual([])
  expect(file.readBytes).toBe(3)
})

test('reads a slice within its bounds', async () => {
  const slice = sliceSource(bufferSource(bytes), 5, 9)
  expect(slice.sizeBytes).toBe(4)
  expect(await numbersIn(slice, 0, 10)).toEqual([5, 6, 7, 8])
  expect(await numbersIn(slice, 1, 2)).toEqual([6, 7])
  expect(await numbersIn(slice, 3, 2)).toEqual([8])
  for (const position of [4, 5]) expect(await numbersIn(slice, position, 2)).toEqual([])
})

test('does not read the first bytes again', async () => {
  const file = slowFile()
  const source = withHead(fileSource(file, 20), bytes.subarray(0, 8))
  expect(source.sizeBytes).toBe(20)
  expect(await numbersIn(source, 0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(await numbersIn(source, 6, 2)).toEqual([6, 7])
  expect(file.readBytes).toBe(0)
  expect(await numbersIn(source, 6, 3)).toEqual([6, 7, 8])
  expect(file.readBytes).toBe(3)
  const small = withHead(fileSource(file, 8), bytes.subarray(0, 8))
  expect(await numbersIn(small, 5, 100)).toEqual([5, 6, 7])
  expect(file.readBytes).toBe(3)
})

test('compares all bytes with a value', () => {
  expect(isFilledWith(Buffer.alloc(0), 7)).toBe(true)
  for (const length of [1, 2, 50]) {
    expect(isFilledWith(Buffer.alloc(length, 7), 7)).toBe(true)
    expect(isFilledWith(Buffer.alloc(length, 7), 8)).toBe(false)
    for (const at of [0, length - 1]) {
      const other = Buffer.alloc(length, 7)
      other[at] = 8
      expect(isFilledWith(other, 7)).toBe(false)
    }
  }
})
