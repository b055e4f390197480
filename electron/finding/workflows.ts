import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { TeamChoice } from '../contract/account.ts'
import { success, type Failure, type Result } from '../contract/errors.ts'
import type { WorkflowView } from '../contract/finding.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { AddReport, Target } from '../contract/model.ts'
import type { Library } from '../library/library.ts'
import { placeOf, type LocalModel } from '../models/model-walk.ts'
import type { WorkflowsRead } from '../models/search-order.ts'
import { joinNeeds, type Need } from '../models/workflow.ts'
import { askBefore, type Confirm, type Destination } from './ask-before.ts'
import { resolveNeeds, targetFor, type ResolvedNeed } from './needs-resolved.ts'
import type { Placed } from './placed.ts'
import type { PlacesFound } from './places-found.ts'
import type { Searcher } from './searcher.ts'

/** What the rest of the app knows and does. */
export interface WorkflowPorts {
  readonly searcher: Searcher
  readonly places: Pick<PlacesFound, 'need' | 'allModels'>
  readonly library: Pick<Library, 'models' | 'subscribe'>
  /** The team that files go to, or the one that is wanted; null when there is none. */
  readonly chosen: (wanted: TeamChoice | null) => Destination | null
  /** Targets of what the queue has for a team. */
  readonly queuedFor: (choice: TeamChoice) => readonly Target[]
  /** Folders from which models came before. */
  readonly knownFolders: () => readonly string[]
  /** Paths of files of these names (lower case) that were sent or queued before. */
  readonly sentBefore: (names: readonly string[]) => readonly string[]
  readonly take: (placed: readonly Placed[], team: TeamChoice | null) => Promise<Result<AddReport>>
  readonly told: (view: WorkflowView) => void
  readonly words: (path: string) => string
}

export interface Workflows {
  /** Reads files; the id of what they need together, or null when none of them holds a workflow. */
  read(
    files: readonly string[],
    team?: TeamChoice,
  ): Promise<{ readonly id: string; readonly files: readonly string[] } | null>
  view(id: string): WorkflowView | null
  /** Resolves once the computer and the library were looked through. */
  settled(id: string): Promise<void>
  /** `confirm` is asked first unless the person has picked every file of it; null when it doesn't agree. */
  sendNeeds(id: string, needIds: readonly string[], confirm: Confirm): Promise<Result<AddReport | null>>
  /** The person says which file it is. */
  locate(id: string, needId: string, path: string): Promise<void>
  close(id: string): void
  /** The team is another one, or its library or queue has changed. */
  changed(): void
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
export function createWorkflows(ports: WorkflowPorts): Workflows {
  const { searcher, places, library, told } = ports
  const opened = new Map<string, Opened>()

  async function readAll(files: readonly string[]): Promise<WorkflowsRead> {
    let read: WorkflowsRead = []
    await searcher.search(
      { kind: 'workflows', files },
      { onAnswer: (answer) => answer.is === 'workflows' && (read = answer.read) },
    )
    return read
  }

  function resolved(one: Opened): readonly ResolvedNeed[] {
    const chosen = ports.chosen(one.team)
    const queued = chosen ? ports.queuedFor(chosen.choice) : []
    const local = [...places.allModels(), ...one.local]
    return resolveNeeds(one.needs, { library: one.library, queued, local }, one.byHand)
  }

  function viewOf(one: Opened): WorkflowView {
    return {
      id: one.id,
      fileName: one.fileName,
      team: ports.chosen(one.team)?.team ?? null,
      isLooking: one.isLooking,
      libraryFailure: one.libraryFailure,
      needs: resolved(one).map((found, at) => toNeedView(found, at, ports.words)),
    }
  }
  const tell = (one: Opened) => opened.has(one.id) && told(viewOf(one))

  async function list(one: Opened, maxAgeMs?: number): Promise<void> {
    const choice = ports.chosen(one.team)?.choice
    const listed = choice ? await library.models(choice, maxAgeMs === undefined ? {} : { maxAgeMs }) : null
    one.library = listed?.ok ? listed.value.models : []
    one.libraryFailure = listed === null ? null : listed.ok ? listed.value.failure : listed.failure
    tell(one)
  }

  async function look(one: Opened): Promise<void> {
    const { signal } = one.abort
    const nearby = async () => {
      one.local = await sentBefore(one.needs, ports)
      tell(one)
      const folders = ports.knownFolders()
      const onAnswer = (answer: { is: string }) => {
        if (answer.is === 'folders' && 'models' in answer)
          one.local = [...one.local, ...(answer.models as LocalModel[])]
      }
      if (folders.length > 0) await searcher.search({ kind: 'folders', folders }, { signal, onAnswer })
      tell(one)
    }
    await Promise.all([list(one, listedWithinMs), nearby(), places.need()])
    one.isLooking = false
    tell(one)
  }

  function open(fileName: string, needs: readonly Need[], team: TeamChoice | null): string {
    const one: Opened = {
      ...{ id: randomUUID(), fileName, team, needs, byHand: new Map(), abort: new AbortController() },
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
      const held = files.filter((_file, at) => read[at])
      const needs = joinNeeds(read.flatMap((one) => (one ? [one] : [])))
      if (held.length === 0) return null
      const more = held.length > 1 ? ` + ${held.length - 1}` : ''
      return { id: open(`${basename(held[0] ?? '')}${more}`, needs, team ?? null), files: held }
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
        ? await ports.take(placed, one.team)
        : await askBefore(placed, ports.chosen(one.team), { confirm, take: ports.take })
      tell(one)
      return report
    },
    async locate(id, needId, path) {
      const one = opened.get(id)
      const need = one?.needs[Number(needId)]
      if (!one || !need) return
      const file = await lookAt(path)
      if (file) one.byHand.set(need.name, { ...file, modelType: need.modelType ?? file.modelType })
      tell(one)
    },
    close,
    changed: () => opened.forEach((one) => void list(one)),
  }
}

/** Files that were sent before and are still there. */
async function sentBefore(
  needs: readonly Need[],
  { sentBefore: find }: WorkflowPorts,
): Promise<readonly LocalModel[]> {
  const names = needs.map(({ name }) => basename(name).toLowerCase())
  const looked = await Promise.all(find(names).map(lookAt))
  return looked.filter((file) => file !== null)
}

async function lookAt(path: string): Promise<LocalModel | null> {
  try {
    const facts = await stat(path)
    if (!facts.isFile()) return null
    return { path, sizeBytes: facts.size, mtimeMs: facts.mtimeMs, ...placeOf('/', path) }
  } catch {
    return null
  }
}

function toNeedView(
  { need, stand, by, isDisabled, sizeBytes, file }: ResolvedNeed,
  at: number,
  words: (path: string) => string,
): WorkflowView['needs'][number] {
  const { name, modelType, isOff, url } = need
  return {
    ...{ id: String(at), name, modelType, stand, by, isDisabled, isOff, url, sizeBytes },
    where: file ? words(file.path) : null,
  }
}
