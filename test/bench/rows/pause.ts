import { measurePause, partSizeBytes } from '../pause.ts'
import type { Family } from './family.ts'

const goalShare = 0.1
const bytesPerSecond = 10_000_000
const goalInFlightBytes = Math.max(partSizeBytes, 15 * bytesPerSecond)

/** A single run regardless of the number of rounds, since it takes a minute and hardly varies. */
export const pause: Family = {
  name: 'pause',
  about: 'what a pause loses under a limit of 10 MB/s, three files in parts of 100 MB',
  needs: ['gcc', 'curl'],
  async measure(bench) {
    const { origin } = await bench.startSink()
    const { sentBytes, lostBytes, meanUnacknowledgedBytes, mostInFlightBytes } = await measurePause(origin)
    const measure = '3 files, 100 MB parts, limit of 10 MB/s'
    const percent = (bytes: number) => `${((bytes / sentBytes) * 100).toFixed(0)} %`
    const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
    return [
      {
        measure: `${measure}: lost by a pause ÷ sent in the minute before`,
        goal: `≤ ${goalShare * 100} %`,
        ours: `${megabytes(lostBytes)} of ${megabytes(sentBytes)}`,
        result: percent(lostBytes),
        verdict: lostBytes <= sentBytes * goalShare ? 'pass' : 'MISS',
      },
      {
        measure: `${measure}: not acknowledged at any moment, which a crash loses`,
        goal: `≤ ${goalShare * 100} %`,
        ours: megabytes(meanUnacknowledgedBytes),
        result: percent(meanUnacknowledgedBytes),
        verdict: meanUnacknowledgedBytes <= sentBytes * goalShare ? 'pass' : 'MISS',
      },
      {
        measure: `${measure}: bytes of parts in flight ÷ rate`,
        goal: '≤ 15 s',
        ours: megabytes(mostInFlightBytes),
        result: `${(mostInFlightBytes / bytesPerSecond).toFixed(0)} s`,
        verdict: mostInFlightBytes <= goalInFlightBytes ? 'pass' : 'MISS',
      },
    ]
  },
}
