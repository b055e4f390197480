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
