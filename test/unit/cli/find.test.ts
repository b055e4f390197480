import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { CommandContext } from '../../../electron/cli/command-context.ts'
import { runFindCommand } from '../../../electron/cli/commands/find.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { FoundModelView, FoundPlacesView } from '../../../electron/contract/discovery.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { foundModel, foundPlace, foundView, team } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

/** What `find` writes and returns for a search with this result; each place has these models. */
async function find(
  view: FoundPlacesView,
  { models = [foundModel('flux')], json = false, isInterrupted = false } = {} as {
    readonly models?: readonly FoundModelView[]
    readonly json?: boolean
    readonly isInterrupted?: boolean
  },
) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const interruption = listenForInterruption(process, () => undefined)
  if (isInterrupted) process.emit('SIGINT', 'SIGINT')
  const modelsIn = () => models.map((model) => ({ path: `/models/${model.name}`, model }))
  const engine = fakeEngine({ findModels: async () => ({ view, modelsIn }) })
  const context = { engine, streams, interruption } as CommandContext
  const code = await runFindCommand({ name: 'find', team: null, json }, null, context)
  return { code, out, err, events: () => out.map((line) => JSON.parse(line) as object) }
}

const offline = { team, isListing: false, failure: failure('offline'), listedAtMs: null }

test.for<[string, number, FoundPlacesView]>([
  ['everything was searched', exitCodes.ok, foundView([foundPlace('a')])],
  ['nothing was found', exitCodes.ok, foundView([])],
  ['a folder has too many files', exitCodes.someFailed, foundView([foundPlace('a', { isWhole: false })])],
  ['a folder can’t be read', exitCodes.someFailed, foundView([foundPlace('a', { unreadableCount: 1 })])],
  ['the search took too long', exitCodes.someFailed, foundView([foundPlace('a')], { state: 'late' })],
  ['the library can’t be listed', exitCodes.someFailed, foundView([foundPlace('a')], { library: offline })],
])('if %s the exit code is %i', async ([, code, view]) => {
  expect((await find(view)).code).toBe(code)
})
