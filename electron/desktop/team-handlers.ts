import type { SessionView, TeamChoice } from '../contract/account.ts'
import type { CallHandlers } from '../contract/calls.ts'
import { failed, failure, success } from '../contract/failures.ts'
import type { FailedDeletion } from '../contract/library.ts'
import type { Engine } from '../engine/engine.ts'
import { createRateLimit } from './security/rate-limit.ts'
import type { Destination } from './window/confirmations.ts'
import type { Dialogs } from './window/dialogs.ts'

/** The page asks before each single deletion; a script that deletes one model after another needs more. */
const deletionsWithoutDialog = { count: 5, withinMs: 10 * 60_000 }
/** Number of parallel requests when many models are deleted. */
const deletionsAtOnce = 4

/**
 * The calls that send files of watched folders to a team or delete from its library. Native dialogs confirm
 * them, since a page that was taken over could call them by itself. Team, account and server in their texts
 * come from the engine, not from the page.
 */
export function createTeamHandlers(options: {
  readonly engine: Pick<
    Engine,
    'calls' | 'session' | 'library' | 'watchFolder' | 'giveWatched' | 'sendOffered'
  >
  readonly dialogs: Pick<Dialogs, 'pickPaths' | 'confirmSending' | 'confirmWatching' | 'confirmDeleting'>
  readonly now: () => number
}): Pick<CallHandlers, 'watchFolder' | 'giveWatched' | 'sendOffered' | 'deleteModels'> {
  const { engine, dialogs, now } = options
  const mayDeleteWithoutDialog = createRateLimit({ ...deletionsWithoutDialog, now })
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
      const isConfirmed = await dialogs.confirmWatching(folder, destination)
      return isConfirmed ? engine.watchFolder(folder, team) : watching()
    },
    async giveWatched({ id, team }) {
      const folder = await watchedFolder(id)
      const destination = destinationOf(engine.session(), team)
      if (!folder) return failed(failure('not-found'))
      if (!destination) return failed(failure('no-team'))
      const isConfirmed = await dialogs.confirmWatching(folder.where, destination)
      return isConfirmed ? engine.giveWatched(id, team) : watching()
    },
    async sendOffered({ id }) {
      const folder = await watchedFolder(id)
      if (!folder || folder.offered.count === 0) return success({ added: 0, refused: 0, skipped: [] })
      const destination = destinationOf(engine.session(), {
        accountId: folder.accountId,
        teamId: folder.team.id,
      })
      if (!destination) return failed(failure('no-team'))
      const isConfirmed = await dialogs.confirmSending({ ...folder.offered, ...destination })
      return isConfirmed ? engine.sendOffered(id) : success(null)
    },
    async deleteModels({ choice, modelIds }) {
      const ids = [...new Set(modelIds)]
      const destination = destinationOf(engine.session(), choice)
      if (!destination) return failed(failure('no-team'))
      const isConfirmed =
        (ids.length === 1 && mayDeleteWithoutDialog()) ||
        (await dialogs.confirmDeleting(ids.length, destination))
      return isConfirmed ? success(await deleteModels(engine.library, choice, ids)) : success(null)
    },
  }
}

/** A team as the confirmations name it; null if it is not available. */
function destinationOf({ accounts }: SessionView, { accountId, teamId }: TeamChoice): Destination | null {
  const account = accounts.find(({ id }) => id === accountId)
  const team = account?.teams.find(({ id }) => id === teamId)
  if (!account || !team) return null
  return { team: team.name, account: account.email || account.name, server: new URL(account.server).host }
}

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
  await Promise.all(Array.from({ length: deletionsAtOnce }, work))
  return refused
}
