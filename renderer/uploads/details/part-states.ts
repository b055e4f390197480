import type { PartMap } from '../../../electron/contract/upload-details.ts'

/** Number of parts per state; `again` counts parts of any state that were sent more than once. */
export interface PartCounts {
  readonly sent: number
  readonly before: number
  readonly flying: number
  readonly asking: number
  readonly waiting: number
  readonly again: number
}

/** State of a part: a letter of `PartMap.states`, in lower case. */
export type PartState = 'w' | 'u' | 'f' | 's' | 'b'

const nameOf: Record<PartState, Exclude<keyof PartCounts, 'again'>> = {
  s: 'sent',
  b: 'before',
  f: 'flying',
  u: 'asking',
  w: 'waiting',
}

export function countParts(states: string): PartCounts {
  const counts = { sent: 0, before: 0, flying: 0, asking: 0, waiting: 0, again: 0 }
  // Counting by character code keeps 10,000 parts ten times a second cheap.
  const letters = new Uint16Array(128)
  for (let index = 0; index < states.length; index += 1) {
    const code = states.charCodeAt(index) & 127
    letters[code] = (letters[code] ?? 0) + 1
  }
  letters.forEach((count, code) => {
    if (count === 0) return
    const letter = String.fromCharCode(code)
    counts[nameOf[stateOf(letter)]] += count
    if (isAgain(letter)) counts.again += count
  })
  return counts
}

/** The state of a letter; unknown letters count as waiting. */
export function stateOf(letter: string): PartState {
  const state = letter.toLowerCase()
  return state in nameOf ? (state as PartState) : 'w'
}

export const isAgain = (letter: string) => letter < 'a'

/** Size of a part in bytes; the last one may be shorter. */
export function partBytes({ partSizeBytes, states }: PartMap, index: number, sizeBytes: number): number {
  return index === states.length - 1 ? sizeBytes - index * partSizeBytes : partSizeBytes
}
