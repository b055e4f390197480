/** Bytes per MB: decimal, as in displayed sizes. */
const megabyte = 1_000_000
/** Preset limits in bytes per second. */
export const limitPresets: readonly number[] = [1, 2, 5, 10, 20, 50].map((preset) => preset * megabyte)
/** The range of the settings schema, in MB/s. */
export const limitRange = { least: 0.1, most: 10_000 } as const

/** Parses a limit in MB/s to bytes per second: null for no limit, undefined for invalid text. */
export function limitFor(typed: string): number | null | undefined {
  const text = typed.trim().replace(',', '.')
  if (text === '') return null
  const megabytes = Number(text)
  if (!(megabytes >= limitRange.least && megabytes <= limitRange.most)) return undefined
  return Math.round(megabytes * megabyte)
}

/** The limit as text in MB/s. */
export function typedLimit(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? '' : String(bytesPerSecond / megabyte)
}
