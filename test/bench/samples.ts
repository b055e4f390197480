import { calm } from './calm.ts'

/** The median; for an even number of values, the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle] ?? NaN
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

/**
 * The median over the rounds of `a` divided by `b`: both ran in the same round, so variations of the machine
 * cancel out.
 */
export function ratio<A, B>(
  a: readonly A[],
  b: readonly B[],
  valueOf: (sample: A | B) => number = (sample) => (sample as { readonly seconds: number }).seconds,
): number {
  return median(a.map((sample, round) => valueOf(sample) / valueOf(b[round] as B)))
}

export type Contestants = Readonly<Record<string, () => Promise<unknown>>>
type Rounds<C extends Contestants> = { readonly [Name in keyof C]: Awaited<ReturnType<C[Name]>>[] }

/**
 * Runs all contestants once per round, in reverse order every second round, so that none always follows the
 * same one. Returns the samples of each in the order of the rounds.
 */
export async function inTurn<C extends Contestants>(rounds: number, contestants: C): Promise<Rounds<C>> {
  const names = Object.keys(contestants)
  const samples = Object.fromEntries(names.map((name) => [name, [] as unknown[]]))
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      await calm()
      const sample = await contestants[name]?.()
      samples[name]?.push(sample)
      const { seconds } = (sample ?? {}) as { readonly seconds?: number }
      process.stderr.write(`  round ${round + 1}/${rounds} ${name} ${seconds?.toFixed(2) ?? ''} s\n`)
    }
  }
  return samples as Rounds<C>
}
