import { success, type FailureCode } from '../contract/failures.ts'
import type { AddPathsArgs, CommandUploads, TellCommand } from '../contract/command-calls.ts'
import type { ProposedUpload } from '../contract/review.ts'
import type { EnqueueRequest, Engine } from './engine-api.ts'

type ServingEngine = Pick<
  Engine,
  'add' | 'snapshot' | 'subscribe' | 'watchFolder' | 'cleanUpAbandoned' | 'abandonedCount'
>

/** Serves the commands that run with the same data folder: each gets its own uploads, of one shared queue. */
export function createCommandServer(engine: ServingEngine) {
  const followed = new Set<ReadonlySet<string>>()
  const isFollowedBesides = (own: ReadonlySet<string>, id: string) =>
    [...followed].some((ids) => ids !== own && ids.has(id))

  return function serveCommand(tell: TellCommand): CommandUploads {
    const ids = new Set<string>()
    /** Those that it has added or continued. */
    const ownIds = new Set<string>()
    const teamIds = new Set<string>()
    const adding = new AbortController()
    let answer: (accepted: ReadonlySet<FailureCode> | null) => void = () => {}
    followed.add(ids)

    const unsubscribe = tellEvents(engine, tell, { ids, teamIds })

    const ask: EnqueueRequest = {
      approve: (proposal) =>
        new Promise((resolve) => {
          answer = resolve
          adding.signal.addEventListener('abort', () => resolve(null), { once: true })
          tell('proposal', { ...proposal, records: proposal.records.map(toProposedUpload) })
        }),
    }

    async function addPaths({ paths, team, target, allow, onConflict, review, approval }: AddPathsArgs) {
      const found = new Set<string>()
      teamIds.add(team.teamId)
      const report = await engine.add(paths, {
        team,
        target,
        allow: new Set(allow),
        ...(onConflict === null ? {} : { onConflict }),
        reviewSetting: review,
        signal: adding.signal,
        ...(approval === 'given' ? { review: 'approved' } : ask),
        ...(approval === 'asked-first' ? { review: 'first' } : {}),
        onUploads(some, how) {
          for (const id of some) {
            found.add(id)
            ids.add(id)
            if (how !== 'queued') ownIds.add(id)
          }
        },
      })
      // Those that the queue had before may not change for long.
      if (found.size > 0) tellRows(engine, tell, found)
      if (!report.ok) return report
      const { refused, skipped } = report.value
      return success({
        added: found.size - refused,
        refused,
        // The command waits for these too.
        skipped: skipped.filter(({ reason }) => reason !== 'queued'),
      })
    }

    return {
      calls: {
        addPaths,
        async answerProposal(accepted) {
          answer(accepted && new Set(accepted))
          return success(undefined)
        },
        async stopAdding() {
          adding.abort()
          return success([...ownIds].filter((id) => !isFollowedBesides(ids, id)))
        },
        async followUploads({ ids: some, continued }) {
          some.forEach((id) => ids.add(id))
          continued.forEach((id) => ownIds.add(id))
          tellRows(engine, tell, new Set(some))
          return success(undefined)
        },
        watchPath: ({ path, team }) => engine.watchFolder(path, team, async () => true),
        async cleanUpStorage() {
          await engine.cleanUpAbandoned()
          return success(engine.abandonedCount())
        },
      },
      tellAll: () => tellRows(engine, tell, ids),
      close() {
        adding.abort()
        unsubscribe()
        followed.delete(ids)
      },
    }
  }
}

/** Tells what happens to these uploads, and that libraries of these teams can't be listed. Returns what ends that. */
function tellEvents(
  engine: ServingEngine,
  tell: TellCommand,
  { ids, teamIds }: { readonly ids: ReadonlySet<string>; readonly teamIds: ReadonlySet<string> },
): () => void {
  return engine.subscribe({
    patch(patch) {
      const changed = patch.changed.filter(({ id }) => ids.has(id))
      const removed = patch.removed.filter((id) => ids.has(id))
      if (changed.length + removed.length > 0) tell('uploads', { ...patch, changed, removed })
    },
    verified(id, verification) {
      if (ids.has(id)) tell('verified', { id, verification })
    },
    leftOut({ id, fileName }) {
      if (ids.has(id)) tell('leftOut', { id, fileName })
    },
    library({ teamId, failure }) {
      if (failure && teamIds.has(teamId)) tell('unlisted', failure)
    },
  })
}

/** Tells what these uploads are now. */
function tellRows(engine: ServingEngine, tell: TellCommand, ids: ReadonlySet<string>): void {
  const { rows, sequence, totals, allPaused, line, isIncomplete } = engine.snapshot()
  const changed = rows.filter(({ id }) => ids.has(id))
  const present = new Set(changed.map(({ id }) => id))
  const removed = [...ids].filter((id) => !present.has(id))
  tell('uploads', { changed, removed, sequence, totals, allPaused, line, isIncomplete })
}

/** A record has more than a command needs, among it bigints, which JSON can't hold. */
const toProposedUpload = ({
  id,
  path,
  fileName,
  identity,
  team,
  target,
  failure,
}: ProposedUpload): ProposedUpload => ({
  id,
  path,
  fileName,
  identity: { sizeBytes: identity.sizeBytes },
  team,
  target,
  failure,
})
