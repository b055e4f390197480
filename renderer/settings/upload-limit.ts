/** Bytes in one MB: decimal, as sizes are shown. */
const megabyte = 1_000_000
/** From S3's smallest part to its largest single PUT (5 MiB and 5 GiB), inwards to whole MB. */
export const limitInMegabytes = { least: 6, most: 5_368 } as const

/** The limit in bytes for what was typed in MB, or null when it is no number in range. */
export function limitOf(typed: string): number | null {
  const megabytes = Number(typed.trim())
  if (typed.trim() === '' || !Number.isInteger(megabytes)) return null
  return megabytes >= limitInMegabytes.least && megabytes <= limitInMegabytes.most
    ? megabytes * megabyte
    : null
}
