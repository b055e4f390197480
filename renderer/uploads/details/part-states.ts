import type { PartMap } from '../../../electron/contract/upload-details.ts'

/** How many parts stand how; `again` is counted across the others. */
export interface PartCounts {
  readonly sent: number
  readonly before: number
  readonly flying: number
  readonly asking: number
  readonly waiting: number
  readonly again: number
}

/** How a part stands, as the first letter of its state in `PartMap.states`. */
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
  // By number first: ten thousand letters ten times a second must cost next to nothing.
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

/** What a letter says; whatever this version doesn't know waits. */
export function stateOf(letter: string): PartState {
  const state = letter.toLowerCase()
  return state in nameOf ? (state as PartState) : 'w'
}

export const isAgain = (letter: string) => letter < 'a'

/** Bytes of a part by its index; the last one of a file may be shorter. */
export function partBytes({ partSizeBytes, states }: PartMap, index: number, sizeBytes: number): number {
  return index === states.length - 1 ? sizeBytes - index * partSizeBytes : partSizeBytes
}
