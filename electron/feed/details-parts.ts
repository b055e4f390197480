import type { PartMap } from '../contract/upload-details.ts'
import type { Row } from '../journal/rows.ts'

/** The map of a run that has ended or stands still: nothing is under way in it any more. */
export function partsAtRest({ partSizeBytes, states }: PartMap): PartMap {
  return { partSizeBytes, states: states.replace(/[fu]/g, 'w').replace(/[FU]/g, 'W'), flying: [] }
}

/** A file that goes as one PUT, shown as one part; null before it is known that it goes that way. */
export function wholeAsOnePart({ record, live }: Row): PartMap | null {
  const partSizeBytes = record.identity.sizeBytes
  if (record.storageKey !== null) return { partSizeBytes, states: 's', flying: [] }
  if (live.phase !== 'sending' && live.phase !== 'finishing') return null
  return { partSizeBytes, states: 'f', flying: [{ number: 1, bytes: live.inFlightBytes }] }
}

/** What the journal knows of a file's parts: those that storage acknowledged, or all of them. */
export function partsBefore(
  sizeBytes: number,
  partSizeBytes: number,
  acknowledged: readonly { readonly number: number }[] | 'all',
): PartMap {
  const count = Math.ceil(sizeBytes / partSizeBytes)
  if (acknowledged === 'all') return { partSizeBytes, states: 'b'.repeat(count), flying: [] }
  const states = Buffer.alloc(count, 'w')
  for (const { number } of acknowledged) states.write('b', number - 1)
  return { partSizeBytes, states: states.toString('latin1'), flying: [] }
}
