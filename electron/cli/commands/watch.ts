import { resolve } from 'node:path'
import type { CommandHandlers } from '../../contract/command-calls.ts'
import { visibleText } from '../../contract/visible-text.ts'
import type { WatchedFolderView, WatchedFoldersView } from '../../contract/watched-folders.ts'
import { success, type Result } from '../../contract/failures.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { Watching } from '../arguments.ts'
import type { CliEnvironment } from '../cli-environment.ts'
import { exitCodes } from '../exit-codes.ts'
import { findNamed, type Naming } from '../find-named.ts'
import { describeFailure, expandHome, reportNotSignedIn, type Streams } from '../output/output.ts'
import { withRunningHost } from '../reach-host.ts'
import { findTeam } from './teams.ts'

/** Lists, adds or changes the folders that the running app watches. Returns the exit code. */
export function runWatchCommand(
  watching: Watching,
  cliEnvironment: CliEnvironment,
  streams: Streams,
): Promise<number> {
  const { out, err } = streams
  return withRunningHost(cliEnvironment.home, { kind: 'app', err }, async (app) => {
    if (watching.action === 'add') {
      const session = await app.calls.session(undefined)
      if (!session.ok) return report(session, streams)
      const { accounts } = session.value
      if (!accounts.some(({ state }) => state === 'ready')) return reportNotSignedIn(err)
      const sessions = { session: () => session.value }
      const team = findTeam(sessions, watching.team ?? cliEnvironment.team, null)
      const path = resolve(watching.folder)
      const added = await app.calls.watchPath({ path, team })
      return report(added.ok ? success(addedText(path, added.value)) : added, streams)
    }
    const view = await app.calls.watching(undefined)
    if (!view.ok) return report(view, streams)
    const { folders } = view.value
    if (watching.action === 'list') {
      if (folders.length === 0)
        err.line('No folder is watched. To watch one, run for example: modelferry watch add ./loras')
      for (const folder of folders) {
        if (watching.json) out.json(asJson(folder))
        else out.line(visibleText(asText(folder)))
      }
      return exitCodes.ok
    }
    const isName = (given: string) => folders.some(({ id, where }) => id === given || where === given)
    const names = watching.folders.map((given) => (isName(given) ? given : resolve(given)))
    const named = findNamed(names, folders, folderNaming, err)
    if (named === null) return exitCodes.someFailed
    let code: number = exitCodes.ok
    for (const folder of named) code ||= report(await change(folder, watching.action, app.calls), streams)
    return code
  })
}

const folderNaming: Naming<WatchedFolderView> = {
  noun: 'folder',
  namesOf: ({ where }) => [where, expandHome(where)],
  describe: asText,
}

function report(result: Result<unknown>, { out, err }: Streams): number {
  if (result.ok) out.line(visibleText(String(result.value)))
  else err.line(describeFailure(result.failure))
  return result.ok ? exitCodes.ok : exitCodes.someFailed
}

/** What was in the folder before is not uploaded unasked. */
function addedText(path: string, { folders }: WatchedFoldersView): string {
  const folder = folders.find(({ where }) => expandHome(where) === path)
  const { count, sizeBytes } = folder?.offered ?? { count: 0, sizeBytes: 0 }
  const watched = `New models in ${path} are uploaded to ${folder?.team.name ?? 'the team'}.`
  return count === 0
    ? watched
    : `${watched} It has ${count} already (${formatBytes(sizeBytes, 'en')}). To upload ${count === 1 ? 'it' : 'them'}, run: modelferry upload ${path}`
}

async function change(
  { id, where }: WatchedFolderView,
  action: 'pause' | 'resume' | 'rm',
  calls: CommandHandlers,
): Promise<Result<string>> {
  const changed =
    action === 'rm'
      ? await calls.unwatch({ id })
      : await calls.pauseWatched({ id, isPaused: action === 'pause' })
  const participles = { pause: 'paused', resume: 'watched', rm: 'not watched any more' }
  return changed.ok ? success(`${where} is ${participles[action]}.`) : changed
}

function asText({ where, team, state, settling, offered }: WatchedFolderView): string {
  const facts = [
    ...(settling > 0 ? [`${settling} waiting`] : []),
    ...(offered.count > 0 ? [`${offered.count} from before not uploaded`] : []),
  ]
  return [`${state.padEnd(10)}  ${where} → ${team.name}`, ...facts].join(', ')
}

const asJson = ({ id, where, team, state, settling, incomplete, offered }: WatchedFolderView) => ({
  id,
  folder: expandHome(where),
  team: { id: team.id, name: team.name },
  state,
  settling,
  incomplete,
  offered,
})
