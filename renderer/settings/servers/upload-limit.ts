/** Bytes per MB: decimal, as in displayed sizes. */
const megabyte = 1_000_000
/** S3's smallest part and largest single PUT (5 MiB and 5 GiB), rounded inwards to whole MB. */
export const limitInMegabytes = { least: 6, most: 5_368 } as const

/** Parses a limit in MB to bytes; null if it is invalid or out of range. */
export function limitOf(typed: string): number | null {
  const megabytes = Number(typed.trim())
  if (typed.trim() === '' || !Number.isInteger(megabytes)) return null
  return megabytes >= limitInMegabytes.least && megabytes <= limitInMegabytes.most
    ? megabytes * megabyte
    : null
}
