import type { ByteWindow } from '../formats/byte-window.ts'
import { HeaderDamage } from '../formats/header.ts'

const longestLine = 10_000

/** The text up to a line feed, as the instructions of protocol 0 take it. */
export async function lineOf(window: ByteWindow): Promise<string> {
  return (await window.line(longestLine)).toString('utf8')
}

/**
 * The number of a memo on a line of its own. Python reads spaces, signs and underscores as well: where only one of us
 * understands a number, our memos would part, and a harmless name could stand here for another one there.
 */
export async function memoIndex(window: ByteWindow): Promise<number> {
  const line = await lineOf(window)
  if (!/^\d{1,10}$/.test(line)) throw new HeaderDamage('a memo without a plain number')
  return Number(line)
}
