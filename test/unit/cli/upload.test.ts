import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCommand, type Command } from '../../../electron/cli/arguments.ts'
import type { UploadContext } from '../../../electron/cli/command-context.ts'
import { runUploadCommand } from '../../../electron/cli/commands/upload.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import { createTextReporter } from '../../../electron/cli/output/text-output.ts'
import type { TeamChoice } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import type { UploadProposal } from '../../../electron/contract/review.ts'
import type { ClientListener } from '../../../electron/cli/engine-client.ts'
import type { EnqueueRequest } from '../../../electron/engine/engine.ts'
import { patchOf, registeredRow, sendingRow, snapshotOf } from '../../components/support/rows.ts'
import { fakeClient } from '../../support/fake-client.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const missingFile = join(tmpdir(), 'missing', 'a.safetensors')

/** A running `upload` of a missing file to these teams, for which the engine has these answers. */
function startUpload(
  answers: Readonly<Record<string, Result<AddReport>>>,
  {
    words = [missingFile],
    proposal,
  }: {
    readonly words?: readonly string[]
    readonly proposal?: UploadProposal
  } = {},
) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const interruption = listenForInterruption(process, () => undefined)
  let listener: ClientListener = {}
  const requested: string[] = []
  const engine = fakeClient({
    subscribe(next) {
      listener = next
      return () => undefined
    },
    // Other rows come in patches.
    snapshot: () => snapshotOf([]),
    calls: { cancel: async () => success(undefined) },
    stopWork: async () => new Set(),
    async add(_paths, request: EnqueueRequest = {}) {
      if (proposal) await request.approve?.(proposal)
      const teamId = request.team?.teamId ?? ''
      requested.push(teamId)
      return answers[teamId] ?? failed(failure('unexpected'))
    },
  })
  const context = {
    engine,
    streams,
    interruption,
    onDecided: () => undefined,
    reporter: createTextReporter(streams, { quiet: false }),
  } as unknown as UploadContext
  const teams = Object.keys(answers).map((teamId): TeamChoice => ({ accountId: 'a', teamId }))
  const ended = runUploadCommand(
    parseCommand(['upload', ...words]) as Command & { name: 'upload' },
    teams,
    context,
  )
  return {
    ended,
    out,
    err,
    requested,
    show: (...rows: Parameters<typeof patchOf>[1]) => listener.uploads?.(patchOf(1, rows)),
  }
}

const added = success<AddReport>({ added: 1, refused: 0, skipped: [] })

test('a failure for one team does not end the uploads to the teams before', async () => {
  const { ended, out, err, requested, show } = startUpload({
    first: added,
    second: failed(failure('unexpected')),
    third: added,
  })
  await expect.poll(() => requested).toEqual(['first', 'second'])
  show(sendingRow('a'))
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  await expect.poll(() => err).toEqual([expect.stringContaining('(unexpected)')])
  expect(hasEnded).toBe(false)
  show(registeredRow('a', { already: { name: 'A', path: null, status: 'active' } }))
  expect(await ended).toBe(exitCodes.someFailed)
  expect([requested, out.at(-1)]).toEqual([['first', 'second'], expect.stringMatching(/^already {5}a/)])
})

test('a folder that can’t be read makes the command fail after the uploads', async () => {
  const skipped = [{ name: 'shut/', reason: 'folder-unreadable' }]
  const { ended, requested, show } = startUpload({
    first: success<AddReport>({ added: 1, refused: 0, skipped }),
  })
  await expect.poll(() => requested).toEqual(['first'])
  show(registeredRow('a', { already: { name: 'A', path: null, status: 'active' } }))
  expect(await ended).toBe(exitCodes.someFailed)
})
