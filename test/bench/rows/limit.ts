import { measureLimit } from '../limit.ts'
import type { Family } from './family.ts'

/** One run, whatever the rounds: each of its rows is made of hundreds of windows already. */
export const limit: Family = {
  name: 'limit',
  about: 'how exactly the bandwidth limit holds, where the bytes arrive',
  needs: [],
  async measure() {
    const rows = await measureLimit()
    return rows.map(({ measure, goal, value, pass }) => ({
      ...{ measure: `limit ${measure}`, goal, result: value },
      verdict: pass ? ('pass' as const) : ('MISS' as const),
    }))
  },
}
