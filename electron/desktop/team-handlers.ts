import { isSamePerson, teamKey, type SessionView, type TeamChoice } from '../contract/account.ts'
import type { CallHandlers } from '../contract/calls.ts'
import { failed, failure, remedyOf, success, type Failure } from '../contract/failures.ts'
import type { FailedDeletion } from '../contract/library.ts'
import type { Snapshot, UploadRow } from '../contract/uploads.ts'
import type { Engine } from '../engine/engine.ts'
import { isOutside, type Destination, type ListedItems } from './window/confirmations.ts'
import type { Dialogs } from './window/dialogs.ts'

/** Number of parallel requests when many models are deleted. */
const deleteConcurrency = 4

/**
 * The calls that send files of watched folders or of earlier uploads to a team, or delete from its library.
 * Native dialogs confirm them, since a compromised page could call them without the user. Names in their texts come
 * from the engine, not from the page.
 */
export function createTeamHandlers(options: {
  readonly engine: Engine
  readonly dialogs: Dialogs
}): Pick<CallHandlers, 'watchFolder' | 'giveWatched' | 'sendOffered' | 'deleteModels' | 'decide' | 'allow'> {
  const { engine, dialogs } = options
  const watching = () => engine.calls.watching(undefined)

  async function watchedFolder(id: string) {
    const view = await watching()
    return view.ok ? view.value.folders.find((folder) => folder.id === id) : undefined
  }

  return {
    async watchFolder({ team }) {
      const [folder] = await dialogs.pickPaths('watched-folder')
      if (folder === undefined) return watching()
      const destination = destinationOf(engine.session(), team)
      if (!destination) return failed(failure('no-team'))
      return engine.watchFolder(folder, team, () => dialogs.confirmWatching(folder, destination))
    },
    async giveWatched({ id, team }) {
      const folder = await watchedFolder(id)
      const destination = destinationOf(engine.session(), team)
      if (!folder) return failed(failure('not-found'))
      if (!destination) return failed(failure('no-team'))
      return engine.giveWatched(id, team, () => dialogs.confirmWatching(folder.where, destination))
    },
    async sendOffered({ id }) {
      const folder = await watchedFolder(id)
      if (!folder || folder.offered.count === 0) return success({ added: 0, refused: 0, skipped: [] })
      const { accountId, team, offered } = folder
      const destination = destinationForFiles(engine.session(), { accountId, teamId: team.id })
      if (!destination) return failed(failure('no-team'))
      const isConfirmed = await dialogs.confirmSending({ ...offered, ...destination })
      return isConfirmed ? engine.sendOffered(id, { accountId, teamId: team.id, ...offered }) : success(null)
    },
    async deleteModels({ choice, modelIds }) {
      const ids = [...new Set(modelIds)]
      const destination = destinationOf(engine.session(), choice)
      if (!destination) return failed(failure('no-team'))
      const isConfirmed = await dialogs.confirmDeleting(
        await listedModels(engine.library, choice, ids),
        destination,
      )
      return isConfirmed ? success(await deleteModels(engine.library, choice, ids)) : success(null)
    },
    async allow({ ids }) {
      const files = unsafeFiles(engine.snapshot(), new Set(ids))
      const [first] = files
      if (!first) return success(undefined)
      // One question names one team and one kind of finding.
      const ofTeam = files.filter(
        (file) => teamKey(file.choice) === teamKey(first.choice) && isOutside(file) === isOutside(first),
      )
      const destination = destinationForFiles(engine.session(), first.choice)
      if (!destination) return failed(failure('no-team'))
      const isConfirmed = await dialogs.confirmUnsafe(ofTeam, destination)
      if (!isConfirmed) return success(undefined)
      // Meanwhile the file may have been inspected again, or given to another team.
      const asked = new Set(ofTeam.map((file) => JSON.stringify(file)))
      const still = unsafeFiles(engine.snapshot(), new Set(ids)).filter((file) =>
        asked.has(JSON.stringify(file)),
      )
      const allowed = engine.allow(still.map(({ id }) => id))
      return allowed.ok ? success(undefined) : allowed
    },
    async decide(decision) {
      if (decision.choice !== 'replace' || decision.fate !== 'delete') return engine.decide(decision)
      const ids = new Set(decision.ids)
      const uploads = engine.snapshot().rows.filter(({ id }) => ids.has(id))
      if (uploads.length === 0) return success(undefined)
      const isConfirmed = await dialogs.confirmReplacing({
        count: uploads.length,
        items: uploads.map(listedUpload),
      })
      return isConfirmed
        ? engine.decide({ ...decision, ids: uploads.map(({ id }) => id) })
        : success(undefined)
    },
  }
}

/** The calls that upload files of earlier uploads and of library models to another team too. */
export function createOtherTeamHandlers({
  engine,
  dialogs,
}: {
  readonly engine: Engine
  readonly dialogs: Pick<Dialogs, 'confirmOtherTeam'>
}): Pick<CallHandlers, 'addUploadsToTeam' | 'addModelsToTeam'> {
  return {
    addUploadsToTeam: ({ ids, team }) => engine.otherTeam.addUploads(ids, team, dialogs.confirmOtherTeam),
    addModelsToTeam: ({ choice, modelIds, team }) =>
      engine.otherTeam.addModels({ choice, modelIds }, team, dialogs.confirmOtherTeam),
  }
}

/** From a listing of any age, as the one that the page shows. */
async function listedModels(
  library: Pick<Engine['library'], 'models'>,
  choice: TeamChoice,
  ids: readonly string[],
): Promise<ListedItems> {
  const listing = await library.models(choice, { maxAgeMs: Infinity })
  const models = new Map(listing.ok ? listing.value.models.map((model) => [model.id, model]) : [])
  const items = ids.flatMap((id) => {
    const model = models.get(id)
    if (!model) return []
    const { displayName, modelPath: path, sizeBytes } = model
    return [{ name: displayName || (path ?? id), path, sizeBytes }]
  })
  return { count: ids.length, items }
}

/** A team as the confirmations name it; null if the account is signed out or doesn't have the team. */
function destinationOf({ accounts }: SessionView, { accountId, teamId }: TeamChoice): Destination | null {
  const account = accounts.find(({ id, state }) => id === accountId && state === 'ready')
  const team = account?.teams.find(({ id }) => id === teamId)
  if (!account || !team) return null
  return { team: team.name, account: account.email || account.name, server: new URL(account.server).host }
}

/** As `destinationOf`; files of a signed-out account are uploaded by another account of the same person. */
function destinationForFiles(session: SessionView, { accountId, teamId }: TeamChoice): Destination | null {
  const owner = session.accounts.find(({ id }) => id === accountId)
  const accounts = owner ? [owner, ...session.accounts.filter((other) => isSamePerson(owner, other))] : []
  const destinations = accounts.map(({ id }) => destinationOf(session, { accountId: id, teamId }))
  return destinations.find((destination) => destination !== null) ?? null
}

function unsafeFiles({ rows }: Pick<Snapshot, 'rows'>, ids: ReadonlySet<string>) {
  return rows.flatMap((row) => {
    const { id, failure: finding, accountId, team } = row
    return ids.has(id) && finding && remedyOf(finding) === 'allow'
      ? [{ id, ...listedUpload(row), ...realPlace(finding), finding, choice: { accountId, teamId: team.id } }]
      : []
  })
}

/** The decision about a link is about the file that it leads to. */
const realPlace = ({ code, params }: Failure) =>
  code === 'file-outside' ? { path: String(params['path']) } : {}

const listedUpload = ({ fileName: name, target, sizeBytes }: UploadRow) => ({
  name,
  path: target.modelPath,
  sizeBytes,
})

async function deleteModels(
  library: Pick<Engine['library'], 'remove'>,
  choice: TeamChoice,
  modelIds: readonly string[],
): Promise<readonly FailedDeletion[]> {
  const left = [...modelIds]
  const refused: FailedDeletion[] = []
  const work = async () => {
    for (let modelId = left.shift(); modelId !== undefined; modelId = left.shift()) {
      const removed = await library.remove(choice, modelId)
      if (!removed.ok) refused.push({ modelId, failure: removed.failure })
    }
  }
  await Promise.all(Array.from({ length: deleteConcurrency }, work))
  return refused
}
