import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { parseCommand, type Command } from '../../../electron/cli/arguments.ts'
import { createUploadReview } from '../../../electron/cli/commands/review-upload.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { UploadReporter } from '../../../electron/cli/output/output.ts'
import type { ReviewGroup } from '../../../electron/contract/review.ts'
import type { UploadProposal } from '../../../electron/engine/engine.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'
import { uploadRecord } from '../../support/records.ts'

const conflict: ReviewGroup = { kind: 'path-conflict', files: [{ id: 'a', name: 'Flux' }] }
const proposal = (change: Partial<UploadProposal> = {}): UploadProposal => ({
  records: [uploadRecord({ id: 'a' }), uploadRecord({ id: 'b' })],
  groups: [],
  missingCompanions: [],
  isReviewNeeded: true,
  skipped: [],
  queuedNames: [],
  ...change,
})

/**
 * The review of an `upload` with these options, without a terminal. `err` also has when other output is suspended.
 */
async function review(options: string, given: UploadProposal, isForSeveralTeams = false) {
  const { streams, out, err } = recordedStreams()
  const reporter = {
    suspendOutput: () => void err.push('(suspended)'),
    continueOutput: () => void err.push('(continued)'),
  } as Partial<UploadReporter> as UploadReporter
  const interruption = listenForInterruption(new EventEmitter() as NodeJS.Process, () => undefined)
  const command = parseCommand(['upload', 'a', ...options.split(' ').filter(Boolean)])
  const { request, refusedWith } = createUploadReview(
    command as Command & { name: 'upload' },
    { streams, interruption, reporter },
    { isForSeveralTeams },
  )
  const accepted = await request.approve?.(given)
  const isApproved = accepted !== null
  return { request, isApproved, exitCode: refusedWith(), out, err }
}

test('with --yes everything is approved, without a question', async () => {
  const { request, exitCode } = await review('--yes', proposal())
  expect([request, exitCode]).toEqual([{ review: 'approved' }, null])
})

test('approves files that need no review, without output', async () => {
  const { isApproved, exitCode, out, err } = await review('', proposal({ isReviewNeeded: false }))
  expect([isApproved, exitCode, out, err]).toEqual([true, null, [], []])
})

test('without a terminal shows the plan and uploads nothing', async () => {
  const { isApproved, exitCode, out, err } = await review('', proposal())
  expect([isApproved, exitCode, out.length]).toEqual([false, exitCodes.someFailed, 3])
  expect(err).toEqual([
    '(suspended)',
    'Nothing was uploaded, because these files need your decision. Run the command on a terminal, or with --yes.',
    '(continued)',
  ])
  const several = await review('', proposal(), true)
  expect(several.err[1]).toMatch(/^Nothing was uploaded to Studio North, because /)
})

test('without a terminal writes the plan and the decision as JSON', async () => {
  const { out } = await review('--json', proposal({ groups: [conflict] }))
  const events = out.map((line) => JSON.parse(line) as { readonly event: string })
  expect(events.map(({ event }) => event)).toEqual(['planned', 'planned', 'review'])
  expect(events.at(-1)).toEqual({
    event: 'review',
    files: 2,
    sizeBytes: 13_600_000_000,
    needDecision: 1,
    toUpload: 1,
    toUploadBytes: 6_800_000_000,
    alreadyThere: 0,
    duplicates: 0,
    broken: 0,
    blocked: 1,
    notUploaded: 2,
    answer: 'not-asked',
  })
})

test.for<[string, number, Partial<UploadProposal>]>([
  ['files that need no decision', exitCodes.ok, {}],
  ['only files that the queue has', exitCodes.ok, { records: [], queuedNames: ['a'] }],
  ['a file that needs a decision', exitCodes.someFailed, { groups: [conflict] }],
  ['no files', exitCodes.someFailed, { records: [] }],
  [
    'a folder that can’t be read',
    exitCodes.someFailed,
    { skipped: [{ name: 'shut/', reason: 'folder-unreadable' }] },
  ],
])('a dry run with %s exits with %i and uploads nothing', async ([, code, change]) => {
  for (const options of ['--dry-run', '--dry-run --yes']) {
    const { request, isApproved, exitCode } = await review(options, proposal(change))
    expect([request.review, isApproved, exitCode]).toEqual(['first', false, code])
  }
})

test('a dry run without files says so, except in JSON', async () => {
  expect((await review('--dry-run', proposal({ records: [] }))).err).toEqual(['No model files found.'])
  expect((await review('--dry-run', proposal())).err).toEqual([])
  const { out, err } = await review('--dry-run --json', proposal({ records: [] }))
  expect([out.map((line) => JSON.parse(line) as object), err]).toEqual([
    [expect.objectContaining({ event: 'review', files: 0, answer: 'dry-run' })],
    [],
  ])
})

interface Question {
  readonly options?: string
  /** What the user enters; null after Ctrl-D. */
  readonly entered: string | null
  readonly isInterrupted?: boolean
}

/** The review of an `upload` on a terminal where the user answers the question. */
async function ask({ options = '', entered, isInterrupted = false }: Question) {
  const { streams, out, err } = recordedStreams()
  const reporter = {
    suspendOutput: () => void err.push('(suspended)'),
    continueOutput: () => void err.push('(continued)'),
  } as Partial<UploadReporter> as UploadReporter
  const process = new EventEmitter() as NodeJS.Process
  const interruption = listenForInterruption(process, () => undefined)
  const prompt = {
    isTerminal: true,
    ask(question: string) {
      err.push(question)
      if (!isInterrupted) return Promise.resolve(entered)
      setImmediate(() => process.emit('SIGTERM', 'SIGTERM'))
      return new Promise<null>(() => undefined)
    },
    close: () => void err.push('(closed)'),
  }
  const command = parseCommand(['upload', 'a', ...options.split(' ').filter(Boolean)])
  const { request, refusedWith } = createUploadReview(
    command as Command & { name: 'upload' },
    { streams, interruption, reporter },
    { isForSeveralTeams: false, terminal: { canAsk: () => true, openPrompt: () => prompt } },
  )
  const isApproved = (await request.approve?.(proposal({ groups: [conflict] }))) !== null
  return { isApproved, exitCode: refusedWith(), out, err }
}

test.each<[string | null, boolean, number | null]>([
  ['y', true, null],
  [' YES ', true, null],
  ['', false, exitCodes.someFailed],
  ['n', false, exitCodes.someFailed],
  ['yesterday', false, exitCodes.someFailed],
  [null, false, exitCodes.interrupted],
])('the answer %j on a terminal approves the files: %s, exit code %s', async (entered, expected, code) => {
  const { isApproved, exitCode, out } = await ask({ entered })
  expect([isApproved, exitCode, out]).toEqual([expected, code, []])
})

test('on a terminal shows a summary and asks, while other output is suspended', async () => {
  const summary = [
    '(suspended)',
    'loras               2 files, 13.6 GB',
    'Library path is in use; decide with --on-conflict: 1 file',
    expect.stringMatching(/: Flux$/) as unknown,
    'Upload 1 file (6.8 GB) to Studio North? [y/N] ',
    '(closed)',
  ]
  expect((await ask({ entered: 'y' })).err).toEqual([...summary, '(continued)'])
  expect((await ask({ entered: 'n' })).err).toEqual([...summary, 'Nothing was uploaded.', '(continued)'])
})

test('a signal during the question uploads nothing and ends with its exit code', async () => {
  const { isApproved, exitCode, err } = await ask({ entered: 'y', isInterrupted: true })
  expect([isApproved, exitCode, err.at(-2)]).toEqual([false, exitCodes.terminated, 'Nothing was uploaded.'])
})

test('on a terminal writes the plan and the answer as JSON too', async () => {
  const { out } = await ask({ options: '--json', entered: 'y' })
  const events = out.map((line) => JSON.parse(line) as { readonly event: string })
  expect(events.map(({ event }) => event)).toEqual(['planned', 'planned', 'review'])
  expect(events.at(-1)).toMatchObject({ needDecision: 1, notUploaded: 1, answer: 'yes' })
})
