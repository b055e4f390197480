import { failed, failure, success, type Failure, type FailureCode } from '../contract/failures.ts'
import type { AddPathsArgs, OwnHandlers, ServedCommand, TellCommand } from '../contract/command-calls.ts'
import type { ProposedUpload } from '../contract/review.ts'
import { queueConditionsOf, uploadStatusOf } from '../contract/upload-status.ts'
import { toggleOf, type UploadRow } from '../contract/uploads.ts'
import { raceAbort } from '../platform/delays.ts'
import type { EnqueueRequest, Engine } from './engine-api.ts'

/** How a server that doesn't answer about a token is asked again, in ms. `patiently`: as often as by the queue. */
const tokenRetries = {
  none: { withinMs: 0 },
  briefly: { withinMs: 20_000 },
  patiently: { maxOfflineDelayMs: 5_000 },
}

/** How long a command waits for the cleanup of storage, in ms; the next start does the rest. */
const cleanUpTimeoutMs = 10_000

/**
 * Serves the commands that run with the same data folder: each gets its own uploads, of one shared queue.
 * @param handOver makes this process end its work and leave the data folder to the app; null for the app itself
 */
export function createCommandServer(engine: Engine, handOver: (() => void) | null = null) {
  const followed = new Set<ReadonlySet<string>>()
  const isFollowedBesides = (own: ReadonlySet<string>, id: string) =>
    [...followed].some((ids) => ids !== own && ids.has(id))

  return function serveCommand(tell: TellCommand): ServedCommand {
    const work = new AbortController()
    const uploads = new CommandUploads(engine, tell, work.signal)
    const { ids, ownIds } = uploads
    followed.add(ids)
    const unsubscribe = tellEvents(engine, tell, uploads)
    const services = commandServices(engine, tell, work.signal)
    return {
      calls: {
        addPaths: (args) => uploads.addPaths(args),
        addNeeded: ({ workflow, needs }) => uploads.addNeeded(workflow, needs),
        continueUploads: ({ accountIds }) => uploads.continueAll(accountIds),
        async answerProposal(accepted) {
          uploads.answer(accepted && new Set(accepted))
          return success(undefined)
        },
        async stopWork() {
          work.abort()
          // Some may not be told yet.
          if (ids.size > 0) tellRows(engine, tell, ids)
          return success([...ownIds].filter((id) => !isFollowedBesides(ids, id)))
        },
        ...services.calls,
        async handOver() {
          handOver?.()
          return handOver ? success(undefined) : failed(failure('bad-call'))
        },
      },
      hasUploads: () => ids.size > 0,
      tellAll: () => tellRows(engine, tell, ids),
      close() {
        work.abort()
        unsubscribe()
        services.close()
        followed.delete(ids)
      },
    }
  }
}

/** The uploads that a command has added or continued, or that it waits for because the queue had them before. */
class CommandUploads {
  readonly ids = new Set<string>()
  /** Those that it has added or continued. */
  readonly ownIds = new Set<string>()
  readonly teamIds = new Set<string>()
  /** Answers the last proposal. */
  answer: (accepted: ReadonlySet<FailureCode> | null) => void = () => {}
  readonly #engine: Engine
  readonly #tell: TellCommand
  readonly #signal: AbortSignal

  constructor(engine: Engine, tell: TellCommand, signal: AbortSignal) {
    this.#engine = engine
    this.#tell = tell
    this.#signal = signal
  }

  async addPaths({ paths, team, target, allow, onConflict, review, approval }: AddPathsArgs) {
    const found = new Set<string>()
    this.teamIds.add(team.teamId)
    const report = await this.#engine.add(paths, {
      team,
      target,
      allow: new Set(allow),
      ...(onConflict === null ? {} : { onConflict }),
      reviewSetting: review,
      signal: this.#signal,
      ...(approval === 'given' ? { review: 'approved' } : this.#ask),
      ...(approval === 'asked-first' ? { review: 'first' } : {}),
      onUploads: (some, how) => {
        this.#follow(some, how)
        for (const id of some) found.add(id)
      },
    })
    // Those that the queue had before may not change for long.
    if (found.size > 0) tellRows(this.#engine, this.#tell, found)
    if (!report.ok) return report
    const { refused, skipped } = report.value
    return success({
      added: found.size - refused,
      refused,
      // The command waits for these too.
      skipped: skipped.filter(({ reason }) => reason !== 'queued'),
    })
  }

  readonly #ask: EnqueueRequest = {
    approve: (proposal) =>
      new Promise((resolve) => {
        this.answer = resolve
        this.#signal.addEventListener('abort', () => resolve(null), { once: true })
        this.#tell('proposal', { ...proposal, records: proposal.records.map(toProposedUpload) })
      }),
  }

  /** The user has asked for the uploads with `--upload`. */
  async addNeeded(workflow: string, needs: readonly string[]) {
    const engine = this.#engine
    const options = { signal: this.#signal, onUploads: this.#follow }
    const accountIds = engine.session().accounts.map(({ id }) => id)
    const inQueue = { ids: engine.workflows.uploadsOf(workflow, needs), accountIds, ...options }
    const report = await engine.workflows.enqueueModels(workflow, needs, async () => true, options)
    if (!report.ok) return report
    const continued = await engine.resumeUnfinished(inQueue)
    if (!continued.ok) return continued
    tellRows(engine, this.#tell, this.ids)
    const { refused = 0, ...rest } = report.value ?? { skipped: [] }
    return success({ ...rest, added: this.ids.size - refused, refused })
  }

  async continueAll(accountIds: readonly string[]) {
    const engine = this.#engine
    const { rows, allPaused } = engine.snapshot()
    const idsIf = (isMeant: (row: UploadRow) => boolean) =>
      rows.flatMap((row) => (accountIds.includes(row.accountId) && isMeant(row) ? [row.id] : []))
    const [paused, retrying] = [
      idsIf((row) => toggleOf(row, allPaused) === 'resume'),
      idsIf(({ phase }) => phase === 'retrying'),
    ]
    const resumed = allPaused ? await engine.calls.resumeAll(undefined) : success(undefined)
    if (!resumed.ok) return resumed
    const request = { accountIds, signal: this.#signal, onUploads: this.#follow }
    const continued = await engine.resumeUnfinished(request)
    if (!continued.ok) return continued
    const retried = await engine.calls.retry({ ids: retrying })
    if (!retried.ok) return retried
    this.#follow([...paused, ...retrying], 'continued')
    tellRows(engine, this.#tell, this.ids)
    return continued
  }

  readonly #follow = (some: readonly string[], how: 'added' | 'continued' | 'queued') => {
    for (const id of some) {
      this.ids.add(id)
      if (how !== 'queued') this.ownIds.add(id)
    }
  }
}

/** What a command does besides uploading. */
function commandServices(engine: Engine, tell: TellCommand, signal: AbortSignal) {
  const { calls, asCommand } = engine
  const endings: (() => void)[] = []
  let isClosed = false
  function atEnd(end: () => void): void {
    if (isClosed) end()
    else endings.push(end)
  }
  const handlers = {
    signIn: (args) => asCommand(() => calls.signIn(args)),
    signInWithKey: (args) => asCommand(() => calls.signInWithKey(args)),
    startPairing: () => asCommand(() => calls.startPairing(undefined)),
    async useToken({ token, retry }) {
      const onRetry = (reason: Failure, atMs: number) => tell('signInDelayed', { reason, atMs })
      const account = await engine.useToken(token, { signal, ...tokenRetries[retry], onRetry })
      if (account.ok) atEnd(() => engine.dropToken(account.value.id))
      // The cleanup at the start ran without this account.
      void engine.cleanUpAbandoned()
      return account
    },
    async statuses() {
      const snapshot = engine.snapshot()
      const queue = queueConditionsOf(snapshot)
      const statuses = snapshot.rows.map((row) => [row.id, uploadStatusOf(row, queue)] as const)
      return success({ queue, statuses: Object.fromEntries(statuses) })
    },
    async lowerSpeed(limits) {
      atEnd(engine.lowerSpeed(limits))
      return success(undefined)
    },
    async cleanUpStorage() {
      await raceAbort(engine.cleanUpAbandoned(), AbortSignal.timeout(cleanUpTimeoutMs))
      return success(engine.abandonedCount())
    },
    async unsealPresent() {
      await engine.unsealPresent()
      return success(engine.session())
    },
    askServer: async ({ address }) => success(await engine.checkServer(address)),
    async confirmSignIns() {
      await engine.confirmSignIns()
      return success(engine.session())
    },
    tryStorage: async (team) => success(await engine.testStorage(team, signal, () => undefined)),
    deleteModel: ({ choice, modelId }) => engine.library.remove(choice, modelId),
    async findModels(team) {
      const { view, modelsIn } = await engine.findModels(team, signal)
      return success({ view, models: Object.fromEntries(view.places.map(({ id }) => [id, modelsIn(id)])) })
    },
    async openWorkflow({ path, team }) {
      const { id, unread } = await engine.workflows.open([path], team)
      if (id === null) return success({ view: null, isUnread: unread.length > 0 })
      atEnd(() => engine.workflows.close(id))
      await engine.workflows.whenComplete(id)
      return success({ view: engine.workflows.view(id), isUnread: false })
    },
    verifyReceipt: (receipt) => engine.verifyReceipt(receipt, signal),
    localFileWith: ({ sha256 }) => engine.localFileWith(sha256),
    watchPath: ({ path, team }) => engine.watchFolder(path, team, async () => true),
  } satisfies Partial<OwnHandlers & Engine['calls']>
  return {
    calls: handlers,
    close() {
      isClosed = true
      for (const end of endings) end()
    },
  }
}

/**
 * Tells what happens to these uploads and to the sign-ins, and that libraries of these teams can't be listed. Returns
 * what ends that.
 */
function tellEvents(
  engine: Engine,
  tell: TellCommand,
  { ids, teamIds }: { readonly ids: ReadonlySet<string>; readonly teamIds: ReadonlySet<string> },
): () => void {
  let conditions = ''
  return engine.subscribe({
    patch(patch) {
      const before = conditions
      conditions = JSON.stringify(queueConditionsOf(patch))
      const changed = patch.changed.filter(({ id }) => ids.has(id))
      const removed = patch.removed.filter((id) => ids.has(id))
      const hasNews = changed.length + removed.length > 0 || (ids.size > 0 && conditions !== before)
      if (hasNews) tell('uploads', { ...patch, changed, removed })
    },
    verified(id, verification) {
      if (ids.has(id)) tell('verified', { id, verification })
    },
    leftOut({ id, fileName }) {
      if (ids.has(id)) tell('leftOut', { id, fileName })
    },
    library({ teamId, failure: reason }) {
      if (reason && teamIds.has(teamId)) tell('unlisted', reason)
    },
    session: (session) => tell('session', session),
  })
}

/** Tells what these uploads are now. */
function tellRows(engine: Engine, tell: TellCommand, ids: ReadonlySet<string>): void {
  const { rows, sequence, totals, allPaused, hold, line, isIncomplete } = engine.snapshot()
  const changed = rows.filter(({ id }) => ids.has(id))
  const present = new Set(changed.map(({ id }) => id))
  const removed = [...ids].filter((id) => !present.has(id))
  tell('uploads', { changed, removed, sequence, totals, allPaused, hold, line, isIncomplete })
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
