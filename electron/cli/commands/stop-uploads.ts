import { remedyOf, retryClassOf } from '../../contract/failures.ts'
import type { UploadRow } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Stop, Streams, Teller } from '../output/output.ts'

/** Whoever pressed Ctrl-C waits no longer than this for storage to be cleared; the next start does the rest. */
const sweepWithinMs = 10_000

/** Takes away what ended in a way that no later run mends: the app would show it as its own, and it has been told. */
export async function dropSpoilt(
  engine: Engine,
  rows: readonly UploadRow[],
  environment: Environment,
): Promise<void> {
  const spoilt = rows.filter(
    ({ phase, failure }) =>
      phase === 'failed' &&
      failure &&
      retryClassOf(failure) !== 'after-sign-in' &&
      // What is to be chosen about is left for the app to ask.
      remedyOf(failure) !== 'choose',
  )
  if (spoilt.length === 0) return
  await engine.calls.cancel({ ids: spoilt.map(({ id }) => id) })
  await sweepFor(engine, environment)
}

/**
 * Stops what runs because the person pressed Ctrl-C, and says how it goes on: paused, so that the app doesn't go on by
 * itself with what somebody stopped here, or removed.
 */
export async function leave(options: {
  readonly engine: Engine
  readonly environment: Environment
  readonly streams: Streams
  readonly teller: Teller
  /** What the person typed. */
  readonly command: string
  readonly remove: boolean
}): Promise<void> {
  const { engine, environment, streams, teller, command, remove } = options
  teller.finished()
  const rows = engine.snapshot().rows.filter(({ phase }) => phase !== 'registered')
  const ids = rows.map(({ id }) => id)
  const tell = (sentence: string, stop: Omit<Stop, 'uploads'>) => {
    teller.stopped({ ...stop, uploads: ids.length })
    streams.err.write(`${sentence}\n`)
  }
  if (ids.length === 0) return tell('Stopped; nothing was left to do.', { kept: !remove, leftBehind: 0 })
  if (!remove) {
    await engine.calls.pause({ ids })
    const other = command === 'resume' ? '' : ' or with: modelferry resume'
    return tell(`Paused; what was sent is kept. Go on with the same command${other}.`, {
      kept: true,
      leftBehind: 0,
    })
  }
  streams.err.write('Removing these uploads. Ctrl-C again ends at once; the next start removes the rest.\n')
  const gone = await engine.calls.cancel({ ids })
  if (!gone.ok)
    return tell('They could not be removed and wait for the next start.', { kept: true, leftBehind: 0 })
  const leftBehind = await sweepFor(engine, environment)
  tell(
    leftBehind === 0
      ? 'Removed; storage keeps no parts of them.'
      : `Removed here; storage still holds parts of ${leftBehind === 1 ? '1 upload' : `${leftBehind} uploads`}, which the next start removes.`,
    { kept: false, leftBehind },
  )
}

/** Clears storage within bounds; answers of how many uploads it still holds something. */
async function sweepFor(engine: Engine, { timers }: Environment): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = timers.after(sweepWithinMs, resolve)
  await Promise.race([engine.cleanUpAbandoned(), promise])
  cancel()
  return engine.abandonedCount()
}
