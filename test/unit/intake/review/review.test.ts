import { expect, test } from 'vitest'
import type { TeamChoice } from '../../../../electron/contract/account.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import type { LibraryModel, OnConflict } from '../../../../electron/contract/library.ts'
import type { ReviewView } from '../../../../electron/contract/review.ts'
import { createTeamCompanions } from '../../../../electron/intake/companions/team-companions.ts'
import { Review } from '../../../../electron/intake/review/review.ts'
import { reviewPolicyOf, type ReviewPolicy } from '../../../../electron/intake/review/upload-policy.ts'
import type { Rows } from '../../../../electron/journal/rows.ts'
import type { UploadRecord } from '../../../../electron/journal/upload-record.ts'
import { valueOf } from '../../../support/engine.ts'
import { libraryModel } from '../../../support/library-model.ts'
import { uploadRecord } from '../../../support/records.ts'
import { rowsOnJournal } from '../../../support/rows-on-journal.ts'

const accountId = 'cloud.example alice'
const north = { id: 'team_01', name: 'Studio North' }
const south = { id: 'team_02', name: 'Studio South' }

const inReview = (given: Partial<UploadRecord> = {}) => uploadRecord({ phase: 'review', ...given })
/** A file that the app has found. */
const found = (given: Partial<UploadRecord> = {}) =>
  inReview({ seen: { place: '/models', target: uploadRecord().target, isFound: true }, ...given })

/** The result of approving these files while others stay in the review. */
const approvalOf = (newIds: readonly string[]) =>
  success({ approvedCount: newIds.length, drop: 'drop', newIds })

/** A review of these files with two teams, whose libraries are empty. */
function setup(records: readonly UploadRecord[], policy: Partial<ReviewPolicy> = {}, others?: Rows) {
  const { rows: ownRows, store, environment, breakJournal } = rowsOnJournal(records)
  const rows = others ?? ownRows
  const state = {
    policy: reviewPolicyOf(policy),
    teams: [north, south],
    hidden: new Set<string>(),
    onConflict: 'ask' as OnConflict,
    listings: 0,
    /** In the library of each team. */
    models: [] as readonly LibraryModel[],
    isListed: true,
    /** Delays each listing. */
    listing: Promise.resolve(),
  }
  const events: string[] = []
  const views: (ReviewView | undefined)[] = []
  const [queued, inspectedAgain, remembered]: [string[], string[], string[]] = [[], [], []]
  const review = new Review({
    rows,
    environment,
    policy: () => state.policy,
    resolve(choice: TeamChoice) {
      const team = state.teams.find(({ id }) => id === choice.teamId)
      return team ? { accountId: choice.accountId, team } : null
    },
    isHidden: (id) => state.hidden.has(id),
    library: {
      async models() {
        state.listings += 1
        await state.listing
        if (!state.isListed) return failed(failure('forbidden'))
        return success({ models: state.models, listedAtMs: 0, completeAtMs: 0, failure: null })
      },
      cachedModels: () => (state.isListed ? state.models : null),
    },
    knownHash: () => null,
    companions: createTeamCompanions({ rows, store }),
    onCompanionsMissing: () => events.push('companions missing'),
    queue: { add: (ids) => queued.push(...ids) },
    warmUp: () => events.push('warm up'),
    approved: (ids) => events.push(`approved ${ids.length}`),
    onConflict: () => state.onConflict,
    inspectAgain: (ids) => inspectedAgain.push(...ids),
    rememberApproval(ids) {
      remembered.push(...ids)
      return 'drop'
    },
    onChange: ([view]) => views.push(view),
    onSettled: () => undefined,
  })
  for (const { id } of records) review.rowChanged(id)
  const { clock } = environment
  return {
    review,
    rows,
    state,
    views,
    events,
    queued,
    clock,
    environment,
    breakJournal,
  }
}

const never = async () => {
  throw new Error('nothing was to be confirmed')
}
const to = (team: { readonly id: string }): TeamChoice => ({ accountId, teamId: team.id })
/** The records of these tests have no review of their own. */
const request = (ids: readonly string[] | null, team = to(north)) => ({
  review: '',
  ids: ids && [...ids],
  team,
})

test('shows the files of accounts that are not hidden, in the order of the queue', () => {
  const [last, first] = [inReview({ position: 9_000 }), inReview({ position: 1 })]
  const hidden = inReview({ accountId: 'hidden' })
  const { review, state } = setup([last, hidden, first, uploadRecord()])
  state.hidden.add('hidden')
  expect(review.ids()).toEqual([first.id, last.id])
  expect(review.views()[0]?.fileCount).toBe(2)
  state.hidden.add(accountId)
  review.compareAgain()
  expect(review.views()).toEqual([])
})

const ofReview = (review: string) =>
  inReview({ seen: { place: '/models', target: uploadRecord().target, review } })

test('approves, gives a team to and lists the files of one review only', async () => {
  const [one, other] = [ofReview('one'), ofReview('other')]
  const { review, rows, queued } = setup([one, other])
  expect(review.views().map(({ id, fileCount }) => [id, fileCount])).toEqual([
    ['one', 1],
    ['other', 1],
  ])
  expect(review.ids('other')).toEqual([other.id])
  valueOf(review.setTeam('one', to(south)))
  expect(rows.get(other.id)?.record.team).toEqual(north)
  const approval = { review: 'one', ids: [one.id, other.id], team: to(south) }
  expect(await review.approve(approval, never)).toEqual(approvalOf([one.id]))
  expect([queued, rows.get(other.id)?.live.phase]).toEqual([[one.id], 'review'])
})

test('queues nothing if the user declines, or the account signs out meanwhile', async () => {
  const { review, state, queued } = setup([found(), inReview()])
  expect(await review.approve(request(null), async () => false)).toEqual(success(null))
  const approval = await review.approve(request(null), async () => {
    state.teams = []
    return true
  })
  expect([approval.ok, !approval.ok && approval.failure.code]).toEqual([false, 'no-team'])
  expect(queued).toEqual([])
})

test('reviews a changed file that the app has found, and others by the rules', () => {
  const licensed = uploadRecord()
  const recognition = { ...licensed.recognition, licence: 'cc-by-nc-4.0' }
  const { review, state } = setup([])
  expect([found(), uploadRecord(), { ...licensed, recognition }].map(review.mustReview)).toEqual([
    true,
    false,
    true,
  ])
  state.policy = reviewPolicyOf({ review: 'always' })
  expect(review.mustReview(uploadRecord())).toBe(true)
  state.policy = reviewPolicyOf({ review: 'never' })
  expect([found(), { ...licensed, recognition }].map(review.mustReview)).toEqual([true, false])
})

test('sends no accepted file to another team', async () => {
  const [accepted, undone, plain] = [
    inReview({ allowed: true, failure: failure('file-dangerous') }),
    inReview({ allowed: true }),
    inReview(),
  ]
  const { review, queued } = setup([accepted, undone, plain])
  const approval = await review.approve(request(null, to(south)), never)
  expect([approval, queued]).toEqual([approvalOf([plain.id]), [plain.id]])
})

/** Resolves once the files were compared, and that was shown. */
async function compared({ review, clock }: Pick<ReturnType<typeof setup>, 'review' | 'clock'>) {
  clock.advance(100)
  await expect.poll(() => review.views()[0]?.isComparing, { interval: 1 }).toBe(false)
  clock.advance(100)
}

test('shows what the library has at the paths of files, and compares once', async () => {
  const [one, same, broken] = [inReview(), inReview(), inReview({ failure: failure('file-empty') })]
  const harness = setup([one, same, broken])
  const { review, rows, state, environment } = harness
  const { sizeBytes } = same.identity
  state.models = [
    ...[one, broken].map(({ target }) => libraryModel(target.modelPath)),
    libraryModel(same.target.modelPath, { sizeBytes }),
  ]
  await compared(harness)
  expect(rows.get(one.id)?.record.failure?.code).toBe('path-taken')
  // A conflict does not hide that the file is broken.
  expect(rows.get(broken.id)?.record.failure?.code).toBe('file-empty')
  const groups = review.views()[0]?.groups.map(({ kind, files }) => [kind, files.map(({ id }) => id)])
  expect(groups?.slice(0, 3)).toEqual([
    ['broken', [broken.id]],
    ['path-conflict', [one.id]],
    ['in-library', [same.id]],
  ])
  await compared(harness)
  expect([state.listings, environment.lines]).toEqual([1, []])
  state.models = []
  review.compareAgain()
  await compared(harness)
  expect([rows.get(one.id)?.record.failure, state.listings]).toEqual([null, 2])
})

test('queues nothing if the approval can’t be recorded', async () => {
  const { review, queued, events, breakJournal } = setup([inReview()])
  breakJournal()
  const approval = await review.approve(request(null), never)
  expect([approval.ok, queued, events]).toEqual([false, [], []])
})
