import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { CommandContext } from '../../../electron/cli/command-context.ts'
import { runFindCommand } from '../../../electron/cli/commands/find.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { FoundPlacesView } from '../../../electron/contract/discovery.ts'
import { failure, success } from '../../../electron/contract/failures.ts'
import { foundModel, foundPlace, foundView, team } from '../../components/support/rows.ts'
import { fakeClient } from '../../support/fake-client.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

/** What `find` returns for a search with this result. */
async function find(view: FoundPlacesView) {
  const { streams } = recordedStreams()
  const interruption = listenForInterruption(new EventEmitter() as NodeJS.Process, () => undefined)
  const models = Object.fromEntries(
    view.places.map(({ id }) => [id, [{ path: '/models/flux', model: foundModel('flux') }]]),
  )
  const engine = fakeClient({ calls: { findModels: async () => success({ view, models }) } })
  const context = { engine, streams, interruption } as Partial<CommandContext> as CommandContext
  return runFindCommand({ name: 'find', team: null, json: false }, null, context)
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
  expect(await find(view)).toBe(code)
})
