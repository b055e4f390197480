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
import type { AddReport, UploadRow } from '../../../electron/contract/uploads.ts'
import type { Engine, UploadProposal } from '../../../electron/engine/engine.ts'
import { failedRow, patchOf, registeredRow, sendingRow, snapshotOf } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { uploadRecord } from '../../support/records.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const missingFile = join(tmpdir(), 'missing', 'a.safetensors')

/** A running `upload` of a missing file to these teams, for which the engine has these answers. */
function startUpload(
  answers: Readonly<Record<string, Result<AddReport>>>,
  {
    isInterrupted = false,
    words = [missingFile],
    proposal,
    queued = [],
  }: {
    readonly isInterrupted?: boolean
    readonly words?: readonly string[]
    readonly proposal?: UploadProposal
    /** Rows that are in the queue once files were added. */
    readonly queued?: readonly UploadRow[]
  } = {},
) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const interruption = listenForInterruption(process, () => undefined)
  if (isInterrupted) process.emit('SIGINT', 'SIGINT')
  let listener: Parameters<Engine['subscribe']>[0] = {}
  const requested: string[] = []
  const requests: object[] = []
  const engine = fakeEngine({
    subscribe(next) {
      listener = next
      return () => undefined
    },
    // Other rows come in patches.
    snapshot: () => snapshotOf(queued),
    calls: { cancel: async () => success(undefined) },
    async addPaths(_paths, request) {
      if (proposal) await request?.approve?.(proposal)
      const { team: { teamId } = { teamId: '' }, ...rest } = request ?? {}
      requested.push(teamId)
      requests.push(rest)
      return answers[teamId] ?? failed(failure('unexpected'))
    },
  })
  const context = {
    engine,
    streams,
    interruption,
    reporter: createTextReporter(streams, { quiet: false }),
  } as UploadContext
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
    requests,
    show: (...rows: Parameters<typeof patchOf>[1]) => listener.patch?.(patchOf(1, rows)),
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

test('a failure for the only team ends the command', async () => {
  const { ended, err } = startUpload({ first: failed(failure('no-team')) })
  expect([await ended, err]).toEqual([exitCodes.notSignedIn, [expect.stringContaining('(no-team)')]])
})

test('waits for the files that were queued before adding the others failed', async () => {
  const { ended, err, out, show } = startUpload(
    { first: failed(failure('journal-full')) },
    { queued: [sendingRow('a')] },
  )
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  await expect.poll(() => err).toEqual([expect.stringContaining('(journal-full)')])
  expect(hasEnded).toBe(false)
  show(registeredRow('a', { already }))
  expect(await ended).toBe(exitCodes.someFailed)
  expect(out.at(-1)).toMatch(/^already {5}a/)
})

test('does not wait for files that wait for the review after adding the others failed', async () => {
  const inReview = { ...sendingRow('a'), phase: 'review' } as const
  const { ended } = startUpload({ first: failed(failure('journal-full')) }, { queued: [inReview] })
  expect(await ended).toBe(exitCodes.someFailed)
})

test('Ctrl-C does not wait for the check whether the files exist', async () => {
  const { ended, err, requested } = startUpload({ first: added }, { isInterrupted: true })
  expect([await ended, err, requested]).toEqual([exitCodes.interrupted, ['', 'Cancelled.'], []])
})

const already = { name: 'A', path: null, status: 'active' } as const
const refused = success<AddReport>({ added: 0, refused: 1, skipped: [] })
const missingRow = (name: string, sizeBytes = 0) =>
  failedRow(name, failure('file-missing'), { fileName: 'a.safetensors', sizeBytes })

test('a path that never existed is reported as that, once for each team', async () => {
  const { ended, out, show, requested } = startUpload({ first: refused, second: refused })
  await expect.poll(() => requested, { interval: 1 }).toEqual(['first', 'second'])
  show(missingRow('1'), missingRow('2'), missingRow('3'))
  expect(await ended).toBe(exitCodes.someFailed)
  const failures = out.filter((line) => line.startsWith('failed'))
  expect(failures.map((line) => /\(([\w-]+)\)$/.exec(line)?.[1])).toEqual([
    'path-not-found',
    'path-not-found',
    'file-missing',
  ])
})

test('a file that was moved during the upload is reported as missing', async () => {
  const { ended, out, show, requested } = startUpload({ first: refused })
  await expect.poll(() => requested, { interval: 1 }).toEqual(['first'])
  show(missingRow('1', 1))
  expect(await ended).toBe(exitCodes.someFailed)
  expect(out.at(-1)).toContain('(file-missing)')
})

test('another failure of a missing path is reported as it is', async () => {
  const { ended, out, show, requested } = startUpload({ first: refused })
  await expect.poll(() => requested, { interval: 1 }).toEqual(['first'])
  show(failedRow('1', failure('forbidden', { team: 'A' }), { fileName: 'a.safetensors', sizeBytes: 0 }))
  await ended
  expect(out.at(-1)).toContain('(forbidden)')
})

test.each([
  ['--path', 'models/a.pt'],
  ['--name', 'A'],
])('a folder can’t be given a %s', async (...option) => {
  const { ended, requested } = startUpload({ first: added }, { words: [...option, tmpdir()] })
  await expect(ended).rejects.toThrow(
    '--path and --name can only be used with a single file, not with a folder.',
  )
  expect(requested).toEqual([])
})

test('a folder without a path and name, and a file with them, are uploaded', async () => {
  for (const words of [[tmpdir()], ['--name', 'A', missingFile]]) {
    const { ended, show, requested } = startUpload({ first: added }, { words })
    await expect.poll(() => requested, { interval: 1 }).toEqual(['first'])
    show(registeredRow('a', { already }))
    expect(await ended).toBe(exitCodes.ok)
  }
})

test('options of the command are passed on, and only those that were given', async () => {
  const requestOf = async (...words: readonly string[]) => {
    const { ended, requests } = startUpload(
      { first: failed(failure('offline')) },
      { words: [...words, missingFile] },
    )
    expect(await ended).toBe(exitCodes.someFailed)
    return requests[0]
  }
  const plain = await requestOf()
  expect(plain).not.toHaveProperty('onConflict')
  expect(
    await requestOf('--allow-pickle', '--on-conflict', 'rename', '--type', 'vae', '--yes'),
  ).toMatchObject({
    allow: new Set(['file-suspicious', 'file-not-scanned']),
    onConflict: 'rename',
    target: { modelType: 'vae' },
    review: 'approved',
  })
})

test.each([
  ['No model files found.', []],
  ['No model files found.', [{ name: 'a.txt', reason: 'not-a-model' }]],
  [
    'These files are already in the upload queue.',
    [
      { name: 'a', reason: 'not-a-model' },
      { name: 'b', reason: 'queued' },
    ],
  ],
])('says “%s” if nothing was added and %j was skipped', async (sentence, skipped) => {
  const { ended, err } = startUpload({ first: success<AddReport>({ added: 0, refused: 0, skipped }) })
  expect([await ended, err]).toEqual([exitCodes.someFailed, [sentence]])
})

test('a file that is skipped for each team is reported once', async () => {
  const skipped = [{ name: 'a.txt', reason: 'not-a-model' }]
  const none = success<AddReport>({ added: 0, refused: 0, skipped })
  const { ended, out } = startUpload({ first: none, second: none })
  await ended
  expect(out).toEqual(['skipped     a.txt (Not a model file)'])
})

test.each([
  ['Nothing was uploaded, because', ['first']],
  ['Nothing was uploaded to Studio North, because', ['first', 'second']],
])('says “%s” if nobody can answer for the teams %j', async (sentence, teams) => {
  const none = success<AddReport>({ added: 0, refused: 0, skipped: [] })
  const proposal = {
    records: [uploadRecord()],
    groups: [],
    missingCompanions: [],
    isReviewNeeded: true,
    skipped: [],
    queuedNames: [],
  }
  const answers = Object.fromEntries(teams.map((team) => [team, none]))
  const { ended, err } = startUpload(answers, { words: ['--json', missingFile], proposal })
  expect([await ended, err]).toEqual([
    exitCodes.someFailed,
    teams.map(() => expect.stringContaining(sentence) as unknown),
  ])
})
