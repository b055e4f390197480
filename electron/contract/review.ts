import * as v from 'valibot'
import type { Team, TeamChoice } from './account.ts'
import type { MissingCompanion } from './companions.ts'
import type { Failure, FailureCode } from './failures.ts'
import type { PrivateContent } from './recognition.ts'
import type { AddReport, SkippedFile, Target } from './uploads.ts'

/** Which added files are shown for approval before anything is sent. */
export const reviewSetting = v.picklist(['always', 'when-needed', 'never'])

/** A drop of more models than this is reviewed; a model of several files counts as one. */
export const reviewAboveModels = 5
/** A drop of more bytes than this is reviewed: at 100 Mbit/s it takes about half an hour to send. */
export const reviewAboveBytes = 20e9

/**
 * What one file of a group needs a decision about. The row, which has the same id, says everything else. A file that is
 * decided (`isDecided`) stays in its group, so that the user can decide again until the approval.
 */
export interface ReviewFacts {
  /** Incomplete, damaged or unreadable, or not allowed by the settings. It can be fixed or removed. */
  readonly broken: { readonly id: string; readonly code: FailureCode }
  /** It can run code when it is loaded. The call `allow` accepts it. */
  readonly unsafe: { readonly id: string; readonly code: FailureCode; readonly isDecided?: true }
  /** A link out of the added folder leads to it. The call `allow` accepts it. */
  readonly outside: { readonly id: string; readonly code: FailureCode; readonly isDecided?: true }
  /** A model or another upload has its library path. Another path or the call `decide` resolves it. */
  readonly 'path-conflict': { readonly id: string; readonly name: string; readonly isDecided?: true }
  /** Has the same bytes as the file `of`; unless `isCertain`, only its size and samples were compared. */
  readonly duplicate: { readonly id: string; readonly of: string; readonly isCertain: boolean }
  /** The team has it; unless `isCertain`, a model of the same size has its path. */
  readonly 'in-library': {
    readonly id: string
    readonly name: string
    readonly path: string | null
    readonly isCertain: boolean
  }
  /** Its header has content that the user may not want to share. */
  readonly 'private-content': { readonly id: string; readonly content: readonly PrivateContent[] }
  /** Its licence restricts the use or redistribution of the model. */
  readonly licence: { readonly id: string; readonly licence: string }
  /** It needs models that the team doesn't seem to have: keys of `ReviewView.missingCompanions`. */
  readonly 'missing-companion': { readonly id: string; readonly missing: readonly string[] }
}

export type ReviewGroupKind = keyof ReviewFacts

/** Files of these groups can't be uploaded as they are. */
const blockingKinds: ReadonlySet<ReviewGroupKind> = new Set(['broken', 'unsafe', 'outside', 'path-conflict'])

/** The user decides about files of these groups. About files of the others there is nothing to decide. */
const decisionKinds: ReadonlySet<ReviewGroupKind> = new Set([
  'unsafe',
  'outside',
  'path-conflict',
  'private-content',
  'licence',
])

/** Files that need the same kind of decision. A file may be in several groups. */
export type ReviewGroup = {
  [Kind in ReviewGroupKind]: { readonly kind: Kind; readonly files: readonly ReviewFacts[Kind][] }
}[ReviewGroupKind]

function undecidedIdsOf(groups: readonly ReviewGroup[]): ReadonlySet<string> {
  const files = groups.flatMap((group): readonly { readonly id: string }[] => group.files)
  return new Set(files.filter((file) => !('isDecided' in file)).map(({ id }) => id))
}

/** Ids of the files that need a decision. */
export function decisionIdsOf(groups: readonly ReviewGroup[]): ReadonlySet<string> {
  return undecidedIdsOf(groups.filter(({ kind }) => decisionKinds.has(kind)))
}

/** Ids of the files that can't be approved as they are. */
export function blockedIdsOf(groups: readonly ReviewGroup[]): ReadonlySet<string> {
  return undecidedIdsOf(groups.filter(({ kind }) => blockingKinds.has(kind)))
}

/** Files that uploading everything in a review does not send. */
export interface NotSent {
  readonly blocked: ReadonlySet<string>
  /** The library, or another file of the review that is sent, certainly has the bytes. */
  readonly skipped: ReadonlySet<string>
}

/** The files of these groups that are not sent. */
export function notSentOf(groups: readonly ReviewGroup[]): NotSent {
  const blocked = blockedIdsOf(groups)
  const skipped = new Set<string>()
  /** Blocked files of which a copy is sent. */
  const replaced = new Set<string>()
  for (const { kind, files } of groups) {
    if (kind === 'in-library') for (const { id, isCertain } of files) if (isCertain) skipped.add(id)
    if (kind !== 'duplicate') continue
    for (const { id, of, isCertain } of files) {
      if (!isCertain || blocked.has(id)) continue
      if (!blocked.has(of) || replaced.has(of)) skipped.add(id)
      else replaced.add(of)
    }
  }
  return { blocked, skipped }
}

/** Files of one drop of which nothing is sent until the user approves them: rows in the phase `review`. */
export interface ReviewView {
  /** Of the drop; the files of records that are older than reviews with ids share the id `''`. */
  readonly id: string
  /** The team of all files; null if the user has still to choose. */
  readonly team: TeamChoice | null
  readonly fileCount: number
  readonly totalBytes: number
  /** Files that were found and are still being inspected. */
  readonly inspectingCount: number
  /**
   * How long these files take at the speed that was last measured in this session, or null without a
   * measurement.
   */
  readonly secondsLeft: number | null
  /** Without empty groups, in the order of `ReviewFacts`. */
  readonly groups: readonly ReviewGroup[]
  /** What the group `missing-companion` refers to. */
  readonly missingCompanions: readonly MissingCompanion[]
  /** There is something to upload or to decide. A review without it ends by itself, and is not shown. */
  readonly hasWork: boolean
  /** The comparison with the team's library has not finished, so that groups may grow. */
  readonly isComparing: boolean
}

/** A file that a command would add. */
export interface ProposedUpload {
  readonly id: string
  readonly path: string
  readonly fileName: string
  readonly identity: { readonly sizeBytes: number }
  readonly team: Team
  readonly target: Target
  readonly failure: Failure | null
}

/** Files that a command would add, and what needs a decision about them. */
export interface UploadProposal {
  readonly records: readonly ProposedUpload[]
  readonly groups: readonly ReviewGroup[]
  /** What the group `missing-companion` refers to. */
  readonly missingCompanions: readonly MissingCompanion[]
  /** By the same rules as in the window. */
  readonly isReviewNeeded: boolean
  readonly skipped: readonly SkippedFile[]
  /** Names of files that the queue has already; they are continued. */
  readonly queuedNames: readonly string[]
}

/** The result of approving files in review; they can be undone together, like a drop. */
export interface ReviewApproval extends Pick<AddReport, 'drop' | 'newIds'> {
  readonly approvedCount: number
}
