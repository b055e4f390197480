/** Bytes in one MB: decimal, as sizes are shown. */
const megabyte = 1_000_000
/** What is offered at a click, in MB/s. */
export const limitPresets = [1, 2, 5, 10, 20, 50] as const
/** The same range as the contract's `settingsChange`, in MB/s. */
export const limitRange = { least: 0.1, most: 10_000 } as const

/** The limit in bytes a second for what was typed in MB/s: null for nothing, undefined for what is no number in range. */
export function limitFor(typed: string): number | null | undefined {
  const text = typed.trim().replace(',', '.')
  if (text === '') return null
  const megabytes = Number(text)
  if (!(megabytes >= limitRange.least && megabytes <= limitRange.most)) return undefined
  return Math.round(megabytes * megabyte)
}

/** A limit as it is typed. */
export function typedLimit(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? '' : String(bytesPerSecond / megabyte)
}

/** The preset that a limit is, in MB/s; null when it is none of them. */
export function presetOf(bytesPerSecond: number | null): number | null {
  return limitPresets.find((preset) => preset * megabyte === bytesPerSecond) ?? null
}
