import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import type { TeamChoice } from '../../contract/account.ts'
import { failed, failure, success, type Failure, type Result } from '../../contract/failures.ts'
import type { CutShort, WorkflowView } from '../../contract/discovery.ts'
import type { LibraryModel } from '../../contract/library.ts'
import type { AddReport } from '../../contract/uploads.ts'
import type { Library } from '../../library/library.ts'
import type { LocalModel } from '../scan/walk-models.ts'
import { joinNeeds, type Need } from './workflow.ts'
import { askBefore, type Confirm, type Destination } from '../places/confirm-upload.ts'
import { folderModel, foldersFor } from './folder-models.ts'
import { lookAt, sentBefore } from './local-files.ts'
import { resolveNeeds, targetFor, type QueuedUpload, type ResolvedNeed } from './resolve-needed-models.ts'
import type { Placed } from '../places/placed-file.ts'
import type { PlacesFound } from '../places/found-places.ts'
import type { Searcher } from '../places/searcher.ts'
import { toNeedView, unseenIn } from './workflow-view.ts'

/** What the rest of the app knows and does. */
export interface WorkflowPorts {
  readonly searcher: Searcher
  readonly places: Pick<PlacesFound, 'need' | 'allModels' | 'isSeen'>
  readonly library: Pick<Library, 'models' | 'subscribe'>
  /** The team that files go to, or the one that is wanted; null when there is none. */
  readonly chosen: (wanted: TeamChoice | null) => Destination | null
  /** What the queue has for a team. */
  readonly queuedFor: (choice: TeamChoice) => readonly QueuedUpload[]
  /** Folders from which models came before, and where one more is kept. */
  readonly known: { list(): readonly string[]; add(folder: string): void }
  /** Paths of files of these names (lower case) that were sent or queued before. */
  readonly sentBefore: (names: readonly string[]) => readonly string[]
  readonly take: (placed: readonly Placed[], team: TeamChoice | null) => Promise<Result<AddReport>>
  readonly told: (view: WorkflowView) => void
  readonly words: (path: string) => string
}

export interface Workflows {
  /** Reads files. */
  read(files: readonly string[], team?: TeamChoice): Promise<WorkflowsRead>
  view(id: string): WorkflowView | null
  /** Resolves once the computer and the library were looked through. */
  settled(id: string): Promise<void>
  /** `confirm` is asked first unless the person has picked every file of it; null when it doesn't agree. */
  sendNeeds(id: string, needIds: readonly string[], confirm: Confirm): Promise<Result<AddReport | null>>
  /** The person says which file it is, or which folder for a model that is one. */
  locate(id: string, needId: string, path: string): Promise<Result<void>>
  /** The person says where to look for all that is missing. */
  lookIn(id: string, folder: string): Promise<void>
  close(id: string): void
  closeAll(): void
  /** The team is another one, or its library or queue has changed. */
  changed(): void
}

export interface WorkflowsRead {
  /** Of what they need together; null when none of them holds a workflow. */
  readonly id: string | null
  /** Those that hold one. */
  readonly files: readonly string[]
  /** Those of which that is not known: reading took too long, or ended badly. */
  readonly unread: readonly string[]
}

interface Opened {
  readonly id: string
  readonly fileName: string
  /** Instead of the team in force. */
  readonly team: TeamChoice | null
  readonly needs: readonly Need[]
  readonly byHand: Map<string, LocalModel>
  readonly abort: AbortController
  local: readonly LocalModel[]
  /** Folders that were looked into, and why not to their end; one that wasn't reached counts as too slow. */
  readonly seen: Map<string, CutShort | 'gone' | null>
  folders: ReadonlyMap<string, LocalModel>
  library: readonly LibraryModel[]
  libraryFailure: Failure | null
  isLooking: boolean
  settled: Promise<void>
}

/** A dropped one is looked at and left; older ones are forgotten. */
const mostOpen = 5
/** What was listed within a minute is fresh enough to say what a team lacks, in ms. */
const listedWithinMs = 60_000

/** The workflows that were dropped, each with what is known of its models so far. Nothing of them outlives the app. */
export function createWorkflows(environment: WorkflowPorts): Workflows {
  const { searcher, places, library, told } = environment
  const opened = new Map<string, Opened>()

  async function readAll(files: readonly string[]): Promise<ReadonlyMap<string, readonly Need[] | null>> {
    const read = new Map<string, readonly Need[] | null>()
    await searcher.search(
      { kind: 'workflows', files },
      { onAnswer: (answer) => answer.is === 'workflow' && read.set(answer.file, answer.needs) },
    )
    return read
  }

  function resolved(one: Opened): readonly ResolvedNeed[] {
    const chosen = environment.chosen(one.team)
    const queued = chosen ? environment.queuedFor(chosen.choice) : []
    const known = { library: one.library, queued, local: allLocal(one), folders: one.folders }
    return resolveNeeds(one.needs, known, one.byHand)
  }

  const allLocal = (one: Opened) => [...places.allModels(), ...one.local]

  function viewOf(one: Opened): WorkflowView {
    return {
      id: one.id,
      fileName: one.fileName,
      team: environment.chosen(one.team)?.team ?? null,
      isLooking: one.isLooking,
      libraryFailure: one.libraryFailure,
      unseen: unseenIn(one.seen, environment.words),
      isUsualSeen: one.isLooking || places.isSeen(),
      needs: resolved(one).map((found, at) => toNeedView(found, at, environment.words)),
    }
  }
  const tell = (one: Opened) => opened.has(one.id) && told(viewOf(one))

  async function list(one: Opened, maxAgeMs?: number): Promise<void> {
    const choice = environment.chosen(one.team)?.choice
    const listed = choice ? await library.models(choice, maxAgeMs === undefined ? {} : { maxAgeMs }) : null
    one.library = listed?.ok ? listed.value.models : []
    one.libraryFailure = listed === null ? null : listed.ok ? listed.value.failure : listed.failure
    tell(one)
  }

  /** Looks through folders and tells what each holds as it comes: a disk that doesn't answer hides no other. */
  async function lookInto(one: Opened, folders: readonly string[]): Promise<void> {
    const { signal } = one.abort
    const unreached = new Set(folders)
    await searcher.search(
      { kind: 'folders', folders },
      {
        signal,
        onAnswer(answer) {
          if (answer.is !== 'folder') return
          unreached.delete(answer.folder)
          one.seen.set(answer.folder, answer.cut)
          one.local = [...one.local, ...answer.models]
          tell(one)
        },
      },
    )
    for (const folder of unreached) one.seen.set(folder, 'too-slow')
  }

  async function modelsIn(folder: string): Promise<readonly LocalModel[]> {
    let models: readonly LocalModel[] = []
    await searcher.search(
      { kind: 'folders', folders: [folder] },
      { onAnswer: (answer) => answer.is === 'folder' && (models = answer.models) },
    )
    return models
  }

  async function look(one: Opened): Promise<void> {
    const nearby = async () => {
      one.local = await sentBefore(one.needs, environment)
      tell(one)
      const folders = one.abort.signal.aborted ? [] : environment.known.list()
      if (folders.length > 0) await lookInto(one, folders)
      tell(one)
    }
    await Promise.all([list(one, listedWithinMs), nearby(), places.need()])
    await settle(one)
  }

  async function settle(one: Opened): Promise<void> {
    one.folders = await foldersFor(one.needs, allLocal(one))
    one.isLooking = false
    tell(one)
  }

  function open(fileName: string, needs: readonly Need[], team: TeamChoice | null): string {
    const one: Opened = {
      ...{ id: randomUUID(), fileName, team, needs, byHand: new Map(), abort: new AbortController() },
      ...{ seen: new Map(), folders: new Map() },
      ...{ local: [], library: [], libraryFailure: null, isLooking: true, settled: Promise.resolve() },
    }
    opened.set(one.id, one)
    for (const id of [...opened.keys()].slice(0, -mostOpen)) close(id)
    one.settled = look(one)
    return one.id
  }

  function close(id: string): void {
    opened.get(id)?.abort.abort()
    opened.delete(id)
  }

  return {
    async read(files, team) {
      const read = await readAll(files)
      const held = files.filter((file) => read.get(file))
      const unread = files.filter((file) => !read.has(file))
      const needs = joinNeeds(held.flatMap((file) => [read.get(file) ?? []]))
      if (held.length === 0) return { id: null, files: [], unread }
      const more = held.length > 1 ? ` + ${held.length - 1}` : ''
      return { id: open(`${basename(held[0] ?? '')}${more}`, needs, team ?? null), files: held, unread }
    },
    view(id) {
      const one = opened.get(id)
      return one ? viewOf(one) : null
    },
    settled: async (id) => opened.get(id)?.settled,
    async sendNeeds(id, needIds, confirm) {
      const one = opened.get(id)
      if (!one) return success({ added: 0, refused: 0, skipped: [] })
      const wanted = new Set(needIds)
      const meant = resolved(one).filter(({ stand }, at) => wanted.has(String(at)) && stand === 'here')
      const placed = meant.flatMap(({ need, file }) =>
        file ? [{ path: file.path, target: targetFor(need, file), sizeBytes: file.sizeBytes }] : [],
      )
      const isPicked = meant.every(({ by }) => by === 'hand')
      const report = isPicked
        ? await environment.take(placed, one.team)
        : await askBefore(placed, environment.chosen(one.team), { confirm, take: environment.take })
      tell(one)
      return report
    },
    async locate(id, needId, path) {
      const one = opened.get(id)
      const need = one?.needs[Number(needId)]
      if (!one || !need) return success(undefined)
      const file = need.isFolder ? await folderModel(path, await modelsIn(path), false) : await lookAt(path)
      if (!file) return failed(failure(need.isFolder ? 'folder-no-index' : 'file-unreadable'))
      one.byHand.set(need.name, { ...file, modelType: need.modelType ?? file.modelType })
      tell(one)
      return success(undefined)
    },
    async lookIn(id, folder) {
      const one = opened.get(id)
      if (!one) return
      environment.known.add(folder)
      one.isLooking = true
      tell(one)
      await lookInto(one, [folder])
      await settle(one)
    },
    close,
    closeAll: () => [...opened.keys()].forEach(close),
    changed: () => opened.forEach((one) => void list(one)),
  }
}
