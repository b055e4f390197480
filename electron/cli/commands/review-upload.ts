import type { EnqueueRequest } from '../../engine/engine.ts'
import type { FailureCode } from '../../contract/failures.ts'
import { blockedIdsOf, decisionIdsOf, type ReviewGroup, type UploadProposal } from '../../contract/review.ts'
import { hasUnreadableFolder } from '../../contract/uploads.ts'
import { visibleText } from '../../contract/visible-text.ts'
import type { Command } from '../arguments.ts'
import type { UploadContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { isYes } from '../output/confirmation.ts'
import {
  plannedAsJson,
  planLines,
  proposalLines,
  questionFor,
  sizeOf,
  totalsAsJson,
  withLinksFollowed,
} from '../output/review-output.ts'

type UploadCommand = Command & { name: 'upload' }

/** The user's answer, or why there is none. */
type Answer = 'yes' | 'no' | 'not-asked' | 'dry-run'

/** The review of one `upload`, by the same rules as in the window. */
export interface UploadReview {
  readonly request: Pick<EnqueueRequest, 'review' | 'approve'>
  /** The exit code if the review has ended the command, else null. */
  refusedWith(): number | null
}

export function createUploadReview(
  command: UploadCommand,
  { streams, interruption, reporter }: Pick<UploadContext, 'streams' | 'interruption' | 'reporter'>,
  { isForSeveralTeams }: { readonly isForSeveralTeams: boolean },
): UploadReview {
  const { out, err } = streams
  let exitCode: number | null = null
  if (command.yes && !command.dryRun) return { request: { review: 'approved' }, refusedWith: () => null }

  function reportAnswer(proposal: UploadProposal, answer: Answer): void {
    if (!command.json) return
    const { records, groups } = proposal
    out.json({
      event: 'review',
      files: records.length,
      sizeBytes: sizeOf(records),
      needDecision: undecidedCount(groups),
      ...totalsAsJson(proposal),
      notUploaded: answer === 'yes' ? blockedIdsOf(groups).size : records.length,
      answer,
    })
  }

  function showPlan(proposal: UploadProposal): void {
    if (!command.json) return planLines(proposal).forEach((line) => out.line(line))
    for (const file of plannedAsJson(proposal)) out.json({ event: 'planned', ...file })
  }

  /** Shows what the question is about, where the user sees it. */
  async function ask(proposal: UploadProposal): Promise<Answer> {
    const prompter = streams.openPrompt()
    try {
      for (const line of proposalLines(proposal)) err.line(line)
      const answer = await interruption.race(prompter.ask(visibleText(questionFor(proposal))))
      if (answer === interrupted) return 'no'
      if (answer === null) exitCode = exitCodes.interrupted
      return isYes(answer) ? 'yes' : 'no'
    } finally {
      prompter.close()
    }
  }

  async function approve(proposal: UploadProposal): Promise<ReadonlySet<FailureCode> | null> {
    if (command.dryRun) {
      showPlan(proposal)
      reportAnswer(proposal, 'dry-run')
      const hasFiles = proposal.records.length + proposal.queuedNames.length > 0
      if (!hasFiles && !command.json) err.line('No model files found.')
      const isComplete = hasFiles && !hasUnreadableFolder(proposal.skipped)
      exitCode = isComplete && undecidedCount(proposal.groups) === 0 ? exitCodes.ok : exitCodes.someFailed
      return null
    }
    if (!proposal.isReviewNeeded) return new Set()
    // Files of another team may be uploading.
    reporter.suspendOutput()
    try {
      return (await isApproved(proposal)) ? new Set(['file-outside']) : null
    } finally {
      reporter.continueOutput()
    }
  }

  /** Asks, or shows the plan where it can't. */
  async function isApproved(proposal: UploadProposal): Promise<boolean> {
    const canAsk = streams.canAsk()
    if (command.json || !canAsk) showPlan(proposal)
    const answer = canAsk ? await ask(proposal) : 'not-asked'
    reportAnswer(answer === 'yes' ? withLinksFollowed(proposal) : proposal, answer)
    if (answer === 'yes') return true
    err.line(refusalText(answer, proposal, isForSeveralTeams))
    exitCode = interruption.signal.aborted ? interruption.exitCode : (exitCode ?? exitCodes.someFailed)
    return false
  }

  return {
    request: { approve, ...(command.dryRun ? { review: 'first' } : {}) },
    refusedWith: () => exitCode,
  }
}

/** The number of files that need a decision or can't be uploaded as they are. */
const undecidedCount = (groups: readonly ReviewGroup[]) =>
  new Set([...decisionIdsOf(groups), ...blockedIdsOf(groups)]).size

function refusalText(answer: Answer, { records }: UploadProposal, isForSeveralTeams: boolean): string {
  const team = visibleText(records[0]?.team.name ?? '')
  const what = isForSeveralTeams ? `Nothing was uploaded to ${team}` : 'Nothing was uploaded'
  return answer === 'no'
    ? `${what}.`
    : `${what}, because these files need your decision. Run the command on a terminal, or with --yes.`
}
