import { bufferSource } from '../../../electron/recognition/formats/byte-source.ts'
import { lengthPrefixBytes } from '../../../electron/recognition/formats/safetensors.ts'
import { readContent } from '../../../electron/recognition/read-content.ts'
import { withLength } from '../../fixtures/model-files.ts'

// A safetensors file begins with the length of its header, which can look like the first bytes of another format.

/** Beyond 65,535 the first two bytes repeat. */
const maxLength = 70_000

/** All lengths, or all short ones and every eleventh of the others. */
export function headerLengths(which: 'all' | 'some'): readonly number[] {
  const lengths = Array.from({ length: maxLength - 1 }, (_, index) => index + 2)
  return which === 'all' ? lengths : lengths.filter((length) => length <= 5_000 || length % 11 === 0)
}

/** Reads a file whose header is this text, padded with spaces to the length. */
function createReader(header: string) {
  const bytes = withLength(Buffer.from(header.padEnd(maxLength)))
  return (length: number, name = 'm.safetensors') => {
    bytes.writeBigUInt64LE(BigInt(length))
    return readContent(bufferSource(bytes.subarray(0, lengthPrefixBytes + length)), name)
  }
}

export const readValid = createReader('{}')
export const readInvalid = createReader('{"weights":?')

/** Those of the lengths with which a valid header is rejected. */
export async function rejectedLengths(lengths: readonly number[]): Promise<readonly number[]> {
  const rejected: number[] = []
  for (const length of lengths) {
    const { format, header, failure } = await readValid(length)
    if (format !== 'safetensors' || header === null || failure !== null) rejected.push(length)
  }
  return rejected
}

/** Those of the lengths with which an invalid header is accepted. */
export async function acceptedLengths(lengths: readonly number[]): Promise<readonly number[]> {
  const accepted: number[] = []
  for (const length of lengths) if ((await readInvalid(length)).failure === null) accepted.push(length)
  return accepted
}
