import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import * as v from 'valibot'
import type { SignIns } from '../accounts/sign-ins.ts'
import type { TeamChoice } from '../contract/account.ts'
import { failure, success, type Failure, type Result } from '../contract/failures.ts'
import type { AddReport, WaitingFilesView } from '../contract/uploads.ts'
import type { ModelFinder } from '../discovery/places/model-finder.ts'
import { undecidedTeam } from '../journal/upload-record.ts'
import { isAborted } from '../platform/aborted.ts'
import { raceAbort } from '../platform/delays.ts'
import type { Environment, StoredChoices } from '../platform/environment.ts'
import type { Reading, ReadingRequest } from './reading.ts'
import type { ReviewMode } from './review/needs-review.ts'
import type { ReviewPolicy } from './review/upload-policy.ts'

const waitingFile = v.object({ path: v.string(), isFolder: v.boolean() })
type WaitingFile = v.InferOutput<typeof waitingFile>

const storedFiles = v.pipe(v.string(), v.parseJson(), v.array(waitingFile))

/** The page lists these and counts the others. */
const maxNames = 20

/** The team that files are added for; undecided if the user has still to choose among several. */
export interface TeamForFiles extends TeamChoice {
  readonly isUndecided?: boolean
}

/**
 * Finds the team for files that were just added, or null if they have to wait for one. Of several teams none
 * is assumed: the review asks for it.
 */
export function createTeamFinder({
  signIns,
  policy,
}: {
  readonly signIns: Pick<SignIns, 'decidedTeam' | 'hasTeamChoice' | 'view'>
  readonly policy: () => Pick<ReviewPolicy, 'review'>
}): (isTeamShown: boolean) => TeamForFiles | null {
  return (isTeamShown) => {
    const { accounts, chosen } = signIns.view()
    const team = isTeamShown ? chosen : signIns.decidedTeam()
    if (team || policy().review === 'never' || signIns.hasTeamChoice()) return team
    // The account only says whose files they are until the user has chosen one of the teams.
    const account = accounts.find(({ state, teams }) => state === 'ready' && teams.length > 0)
    return account ? { accountId: account.id, teamId: undecidedTeam.id, isUndecided: true } : null
  }
}

const nothingAdded: AddReport = { added: 0, refused: 0, skipped: [] }

/** Files from the `window`, which shows the team, for the one that they were dropped on if any; or from `outside`. */
export type DropRequest =
  | { readonly source: 'window'; readonly team?: TeamChoice }
  | { readonly source: 'outside'; readonly team?: undefined }

/** Files and folders that were added without a team. They are kept across restarts until there is one. */
export interface WaitingFiles {
  view(): WaitingFilesView
  /**
   * Adds files and folders. Without a team, or if its sign-in ends meanwhile, they are stored and wait, and are not in
   * the report; files for a named team never wait, and fail with `no-team` if it is not available. Workflows are
   * opened at once, since that sends nothing.
   */
  add(paths: readonly string[], request: DropRequest): Promise<Result<AddReport>>
  /** Adds the files if there is a team now. Does nothing before `start`. */
  addIfPossible(): WaitingFilesView
  discard(): Result<WaitingFilesView>
  /** Keeps again those that were discarded last. */
  undoDiscard(): Result<WaitingFilesView>
  start(): void
  /** Files that are being added are kept for the next start, where the queue recognises those it has. */
  close(): Promise<void>
}

interface AddRequest extends ReadingRequest {
  readonly review?: ReviewMode
}

interface WaitingFilesOptions {
  readonly choices: StoredChoices
  readonly findTeam: ReturnType<typeof createTeamFinder>
  readonly reading: Pick<Reading, 'run'>
  readonly processDropped: ModelFinder['processDropped']
  readonly enqueue: (
    paths: readonly string[],
    team: TeamForFiles,
    request: AddRequest,
  ) => Promise<Result<AddReport>>
  readonly onAdded: (report: AddReport) => void
  readonly onChange: (view: WaitingFilesView) => void
  readonly environment: Environment
}

export function createWaitingFiles(options: WaitingFilesOptions): WaitingFiles {
  const { choices, findTeam, reading, processDropped, enqueue, onAdded, onChange, environment } = options
  const closing = new AbortController()
  let isStarted = false
  let adding: Promise<void> = Promise.resolve()
  let beingAdded: ReadonlySet<string> = new Set()
  /** Paths of drops for the chosen team whose files are being found: nothing of them is recorded yet. */
  const dropped = new Set<readonly string[]>()
  let lastFailure: Failure | null = null
  /** The latest last. */
  const discarded: (readonly WaitingFile[])[] = []

  const list = () => storedFilesIn(choices)
  const store = (files: readonly WaitingFile[]) => storeFiles(choices, files)

  /** Those that are not being added. */
  const waiting = () => list().filter(({ path }) => !beingAdded.has(path))
  const view = () => viewOf(waiting(), lastFailure)

  // A workflow is for the team that is chosen while it is open, unless it was dropped for another one.
  const add = (
    paths: readonly string[],
    team: TeamForFiles,
    { named, isWaiting = false }: { readonly named?: TeamChoice; readonly isWaiting?: boolean } = {},
  ) =>
    reading.run((given) => {
      const request: AddRequest = isWaiting
        ? { ...given, review: 'first', signal: AbortSignal.any([given.signal, closing.signal]) }
        : whenFound(given, () => dropped.delete(paths))
      return processDropped(paths, (modelPaths) => enqueue(modelPaths, team, request), named)
    })

  async function addAll(): Promise<void> {
    const team = findTeam(false)
    const paths = list().map(({ path }) => path)
    if (team === null || paths.length === 0 || closing.signal.aborted) return
    beingAdded = new Set(paths)
    onChange(view())
    const { signal } = closing
    // A file call on a disk that does not respond may never return.
    const report = await raceAbort(add(paths, team, { isWaiting: true }), signal)
    if (isAborted(report) || signal.aborted) return
    const stored = report.ok ? store(waiting()) : report
    beingAdded = new Set()
    // A team that is gone meanwhile is no failure: the files wait again.
    lastFailure = stored.ok || stored.failure.code === 'no-team' ? null : stored.failure
    onChange(view())
    if (report.ok) onAdded(report.value)
  }

  function addIfPossible(): WaitingFilesView {
    if (!isStarted) return view()
    adding = adding.then(addAll).catch((error: unknown) => {
      beingAdded = new Set()
      lastFailure = failure('unexpected')
      environment.log.error('adding the waiting files threw', { error: String(error) })
      onChange(view())
    })
    return view()
  }

  async function keep(paths: readonly string[]): Promise<Result<AddReport>> {
    const kept = keepFiles(await Promise.all(paths.map(describe)))
    return kept.ok ? success(nothingAdded) : kept
  }

  function keepFiles(files: readonly WaitingFile[]): Result<WaitingFilesView> {
    const stored = store([...list(), ...files])
    if (stored.ok) onChange(view())
    // The user may have signed in meanwhile.
    return stored.ok ? success(addIfPossible()) : stored
  }

  async function addOrKeep(
    paths: readonly string[],
    source: DropRequest['source'],
  ): Promise<Result<AddReport>> {
    const team = findTeam(source === 'window')
    if (team === null) return processDropped(paths, keep)
    dropped.add(paths)
    const report = await raceAbort(add(paths, team), closing.signal).finally(() => dropped.delete(paths))
    if (isAborted(report)) return success(nothingAdded)
    return !report.ok && report.failure.code === 'no-team' ? keep(paths) : report
  }

  return {
    view,
    addIfPossible,
    add: (paths, { source, team: named }) =>
      named ? add(paths, named, { named }) : addOrKeep(paths, source),
    discard() {
      const files = waiting()
      const stored = store(list().filter(({ path }) => beingAdded.has(path)))
      if (!stored.ok) return stored
      discarded.push(files)
      lastFailure = null
      onChange(view())
      return success(view())
    },
    undoDiscard() {
      const kept = keepFiles(discarded.at(-1) ?? [])
      if (kept.ok) discarded.pop()
      return kept
    },
    start() {
      isStarted = true
      addIfPossible()
    },
    async close() {
      closing.abort()
      const files = [...dropped].flat().map((path) => ({ path, isFolder: true }))
      if (files.length > 0) store([...list(), ...files])
      await adding
    },
  }
}

/** The same request; calls `onFound` once the files are found. */
const whenFound = ({ signal, onProgress }: ReadingRequest, onFound: () => void): ReadingRequest => ({
  signal,
  onProgress(progress) {
    if (progress.checkedCount !== null) onFound()
    onProgress(progress)
  },
})

function viewOf(files: readonly WaitingFile[], reason: Failure | null): WaitingFilesView {
  return {
    count: files.length,
    names: files.slice(0, maxNames).map(({ path }) => basename(path)),
    hasFolders: files.some(({ isFolder }) => isFolder),
    failure: reason,
  }
}

function storedFilesIn(choices: StoredChoices): readonly WaitingFile[] {
  const parsed = v.safeParse(storedFiles, choices.get('waiting-files'))
  return parsed.success ? parsed.output : []
}

/** Stores each path once. */
function storeFiles(choices: StoredChoices, files: readonly WaitingFile[]): Result<void> {
  const byPath = new Map(files.map((file) => [file.path, file]))
  return choices.set('waiting-files', JSON.stringify([...byPath.values()]))
}

/** A path that can't be read is kept, and reported when it is added. */
async function describe(path: string): Promise<WaitingFile> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  return { path, isFolder }
}
