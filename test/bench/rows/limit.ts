import { measureLimit } from '../limit.ts'
import type { Family } from './family.ts'

/** A single run regardless of the number of rounds, since each row aggregates hundreds of windows. */
export const limit: Family = {
  name: 'limit',
  about: 'how exactly the bandwidth limit holds, where the bytes arrive',
  needs: [],
  async measure() {
    const rows = await measureLimit()
    return rows.map(({ measure, goal, value, pass }) => ({
      measure: `limit ${measure}`,
      goal,
      result: value,
      verdict: pass ? ('pass' as const) : ('MISS' as const),
    }))
  },
}
