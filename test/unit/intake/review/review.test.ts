import { expect, test } from 'vitest'
import type { TeamChoice } from '../../../../electron/contract/account.ts'
import { failed, failure, success } from '../../../../electron/contract/failures.ts'
import type { LibraryModel, OnConflict } from '../../../../electron/contract/library.ts'
import type { ReviewView } from '../../../../electron/contract/review.ts'
import { createTeamCompanions } from '../../../../electron/intake/companions/team-companions.ts'
import { Review } from '../../../../electron/intake/review/review.ts'
import { reviewPolicyOf, type ReviewPolicy } from '../../../../electron/intake/review/review-policy.ts'
import type { Rows } from '../../../../electron/journal/rows.ts'
import type { UploadRecord } from '../../../../electron/journal/upload-record.ts'
import { valueOf } from '../../../support/engine.ts'
import { libraryModel } from '../../../support/library-model.ts'
import { liveState, uploadRecord } from '../../../support/records.ts'
import { rowsOnJournal } from '../../../support/rows-on-journal.ts'

const accountId = 'cloud.example alice'
const north = { id: 'team_01', name: 'Studio North' }
const south = { id: 'team_02', name: 'Studio South' }

const inReview = (given: Partial<UploadRecord> = {}) => uploadRecord({ phase: 'review', ...given })
const ofSize = (sizeBytes: number, given: Partial<UploadRecord> = {}) =>
  inReview({ identity: { ...uploadRecord().identity, sizeBytes }, ...given })
/** A file that the app has found. */
const found = (given: Partial<UploadRecord> = {}) =>
  inReview({ seen: { place: '/models', target: uploadRecord().target, isFound: true }, ...given })

/** The result of approving these files while others stay in the review. */
const approvalOf = (newIds: readonly string[]) =>
  success({ approvedCount: newIds.length, drop: 'drop', newIds })

/** A review of these files with two teams, whose libraries are empty. */
function setup(records: readonly UploadRecord[], policy: Partial<ReviewPolicy> = {}, others?: Rows) {
  const { rows: ownRows, store, environment, breakJournal, repairJournal } = rowsOnJournal(records)
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
    inspectedAgain,
    remembered,
    clock,
    environment,
    breakJournal,
    repairJournal,
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

test('estimates the time at the speed that was measured last', () => {
  const { review } = setup([ofSize(1001)])
  const secondsLeft = (bytesPerSecond: number | null) => {
    review.speedMeasured(bytesPerSecond)
    review.compareAgain()
    return review.views()[0]?.secondsLeft
  }
  expect([null, 0, 1, 100, null].map(secondsLeft)).toEqual([null, null, 1001, 11, 11])
})

test.for([
  ['for one team', [{}, {}], to(north)],
  ['for several', [{}, { team: south }], null],
  ['for two accounts', [{}, { accountId: 'cloud.example bob' }], null],
  ['for a team that is not available', [{ team: { id: 'gone', name: 'Gone' } }], null],
] as const)('names the team of files that are %s', ([_what, given, team]) => {
  expect(setup(given.map((one) => inReview(one))).review.views()[0]?.team).toEqual(team)
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

test('compares with the libraries once all files were inspected', async () => {
  const { review, state, views, clock } = setup([inReview()])
  review.inspecting('', 2)
  clock.advance(100)
  expect([views.at(-1)?.inspectingCount, views.at(-1)?.isComparing, state.listings]).toEqual([2, true, 0])
  review.inspecting('', -2)
  clock.advance(100)
  expect(state.listings).toBe(1)
  await expect.poll(() => review.views()[0]?.isComparing).toBe(false)
  clock.advance(100)
  expect(views.at(-1)).toMatchObject({ inspectingCount: 0, isComparing: false })
})

test('reports no change of files outside of the review', () => {
  const { review, views, clock } = setup([uploadRecord()])
  review.compareAgain()
  review.offersChanged()
  clock.advance(1_000)
  expect(views).toEqual([])
})

test('compares files of a team that was not chosen yet with nothing', async () => {
  const { review, state, clock } = setup([inReview({ team: { id: '', name: '' } })])
  clock.advance(100)
  await expect.poll(() => review.views()[0]?.isComparing).toBe(false)
  expect(state.listings).toBe(0)
})

test('refuses a format that the settings forbid, and inspects the file again once they allow it', () => {
  const [allowed, other] = [inReview(), inReview({ failure: failure('file-empty') })]
  const undecided = inReview({ failure: failure('path-taken') })
  const { review, rows, state, inspectedAgain } = setup([allowed, other, undecided])
  const codes = () => [allowed, other, undecided].map(({ id }) => rows.get(id)?.record.failure?.code)
  review.policyChanged()
  expect(codes()).toEqual([undefined, 'file-empty', 'path-taken'])
  state.policy = reviewPolicyOf({ allowedFormats: ['gguf'] })
  review.policyChanged()
  // A conflict that is decided later must not let it pass.
  const refused = 'file-format-not-allowed'
  expect([codes(), inspectedAgain]).toEqual([[refused, 'file-empty', refused], []])
  state.policy = reviewPolicyOf({ allowedFormats: null })
  review.policyChanged()
  expect(inspectedAgain).toEqual([allowed.id, undecided.id])
})

test('approves each named file in review once, and leaves those with a failure', async () => {
  const [one, other, broken] = [inReview(), inReview(), inReview({ failure: failure('file-empty') })]
  const { review, queued, events } = setup([one, other, broken, uploadRecord({ id: 'waiting' })])
  const named = [one.id, one.id, broken.id, 'waiting', 'unknown']
  const approval = await review.approve(request(named), never)
  expect([approval, queued]).toEqual([approvalOf([one.id]), [one.id]])
  expect(events).toEqual(['warm up', 'approved 1'])
})

test('approves nothing while the team is not available', async () => {
  const { review, queued } = setup([inReview()])
  const approval = await review.approve(request(null, to({ id: 'gone' })), never)
  expect([approval.ok, !approval.ok && approval.failure.code, queued]).toEqual([false, 'no-team', []])
  expect(review.setTeam('', to({ id: 'gone' })).ok).toBe(false)
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

/** A diffusion model alone, which needs text encoders and a VAE. */
const flux = (path: string) => {
  const { recognition } = uploadRecord()
  return inReview({ path, recognition: { ...recognition, modelType: 'diffusion_models', base: 'Flux.1' } })
}

test('names each missing companion and each folder of the files that lack one once', async () => {
  const { review, views, clock } = setup([flux('/a/one'), flux('/a/two'), flux('/b/three')])
  review.offersChanged()
  clock.advance(100)
  await expect.poll(() => review.views()[0]?.isComparing).toBe(false)
  const { companions, folders } = review.missingCompanions()
  expect(companions.map(({ base }) => base)).toEqual(['CLIP-L', 'T5-XXL', 'Flux.1'])
  expect(folders).toEqual(['/a', '/b'])
  clock.advance(100)
  const shown = views.at(-1)
  expect(shown?.missingCompanions).toHaveLength(3)
  expect(shown?.groups.map(({ kind, files }) => [kind, files.length])).toEqual([['missing-companion', 3]])
  review.offersChanged()
  expect(clock.waits()).toEqual([100])
})

test('groups files without rows like those in review', () => {
  const { review } = setup([])
  expect(review.findGroups([])).toEqual({ groups: [], missingCompanions: [] })
  const recognition = { ...uploadRecord().recognition, base: null }
  const files = [flux('/a/one'), uploadRecord({ recognition, failure: failure('file-empty') })]
  const { groups, missingCompanions } = review.findGroups(files)
  expect(groups.map(({ kind }) => kind)).toEqual(['broken', 'missing-companion'])
  expect(missingCompanions).toHaveLength(3)
})

test('asks no question about found files that can’t be approved', async () => {
  const broken = found({ failure: failure('file-empty') })
  const sound = inReview()
  const { review } = setup([broken, sound])
  expect(await review.approve(request(null), never)).toEqual(approvalOf([sound.id]))
})

test('resets decisions that were made for another team', async () => {
  const library = { onConflict: 'replace', fate: 'delete' } as const
  const [accepted, decided, own] = [
    inReview({ allowed: true }),
    inReview({ library }),
    inReview({ library, allowed: true, team: south }),
  ]
  const { review, rows, state, inspectedAgain } = setup([accepted, decided, own])
  state.onConflict = 'skip'
  valueOf(review.setTeam('', to(south)))
  const changed = [accepted, decided, own].map(({ id }) => rows.get(id)?.record)
  expect(changed).toMatchObject([
    { team: south, allowed: false, failure: { code: 'file-look-late' }, library: { onConflict: 'skip' } },
    { team: south, allowed: false, failure: null, library: { onConflict: 'skip' } },
    { team: south, allowed: true, failure: null, library },
  ])
  expect(inspectedAgain).toEqual([accepted.id])
})

test('sends no accepted file to another team, but inspects it again for that team', async () => {
  const [accepted, plain] = [inReview({ allowed: true }), inReview()]
  const { review, queued, inspectedAgain } = setup([accepted, plain])
  const approval = await review.approve(request(null, to(south)), never)
  expect([approval, queued]).toEqual([approvalOf([plain.id]), [plain.id]])
  expect(inspectedAgain).toEqual([accepted.id])
})

test('shows 2,400 files 120 ms after a change of the library, and sooner after one by the user', () => {
  const { review, clock, views } = setup(Array.from({ length: 2_400 }, () => inReview()))
  clock.advance(100)
  views.length = 0
  review.compareAgain()
  clock.advance(119)
  expect(views).toEqual([])
  clock.advance(1)
  expect(views).toHaveLength(1)
  review.compareAgain()
  review.rowChanged(review.ids()[0] ?? '')
  clock.advance(100)
  expect(views).toHaveLength(2)
  // The later report was replaced.
  expect(clock.waits()).toEqual([])
})

test('shows any number of files each second while others are inspected', () => {
  const row = { record: inReview(), live: liveState({ phase: 'review' }) }
  const { review, clock } = setup([], {}, { get: () => row } as unknown as Rows)
  review.inspecting('', 1)
  for (let index = 0; index < 20_100; index += 1) review.rowChanged(`${index}`)
  clock.advance(100)
  review.rowChanged('0')
  expect(clock.waits()).toEqual([1_000])
})

test('waits ten seconds at most for the listing of the library', async () => {
  const { review, state, clock } = setup([])
  state.listing = new Promise(() => {})
  let isLoaded = false
  const loaded = review.loadLibrary(to(north)).then(() => (isLoaded = true))
  await expect.poll(() => clock.waits()).toEqual([10_000])
  expect(isLoaded).toBe(false)
  clock.advance(10_000)
  await loaded
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

test('compares again when a file joins the review after a comparison', async () => {
  const harness = setup([inReview()])
  const { review, rows, state } = harness
  await compared(harness)
  const late = inReview()
  rows.add([late])
  review.rowChanged(late.id)
  await compared(harness)
  expect(state.listings).toBe(2)
})

test('compares again once for all changes during a comparison', async () => {
  const harness = setup([inReview()])
  const { review, state, clock } = harness
  const listed = Promise.withResolvers<void>()
  state.listing = listed.promise
  clock.advance(100)
  for (let change = 0; change < 3; change += 1) {
    review.compareAgain()
    clock.advance(100)
  }
  expect(state.listings).toBe(1)
  listed.resolve()
  await expect.poll(() => clock.waits()).toEqual([100])
  await compared(harness)
  await compared(harness)
  expect(state.listings).toBe(2)
})

test('changes no file after a close during the comparison', async () => {
  const one = inReview()
  const { review, rows, state, clock } = setup([one])
  const listed = Promise.withResolvers<void>()
  state.listing = listed.promise
  state.models = [libraryModel(one.target.modelPath)]
  clock.advance(100)
  review.close()
  listed.resolve()
  await expect.poll(() => review.views()[0]?.isComparing).toBe(false)
  expect([rows.get(one.id)?.record.failure, clock.waits()]).toEqual([null, []])
})

test('logs a comparison that failed, and compares again after the next change', async () => {
  const harness = setup([inReview()])
  const { review, state, environment } = harness
  state.listing = Promise.reject(new Error('the listing is broken'))
  await compared(harness)
  expect(environment.lines).toEqual([
    {
      level: 'error',
      message: 'files in review could not be compared',
      facts: { error: 'Error: the listing is broken' },
    },
  ])
  state.listing = Promise.resolve()
  review.compareAgain()
  await compared(harness)
  expect([state.listings, environment.lines.length]).toEqual([2, 1])
})

test('finds no file to lack companions while the library can’t be listed', async () => {
  const lacking = flux('/a/one')
  const harness = setup([lacking])
  const { review, state, events } = harness
  state.isListed = false
  await compared(harness)
  expect([review.views()[0]?.groups, review.missingCompanions().folders, events]).toEqual([[], [], []])
  expect(review.findGroups([lacking])).toEqual({ groups: [], missingCompanions: [] })
  state.isListed = true
  review.compareAgain()
  await compared(harness)
  expect([review.missingCompanions().folders, events]).toEqual([['/a'], ['companions missing']])
})

test('names the folder in which a file that lacks companions was found', async () => {
  const lacking = flux('/disk/one')
  const harness = setup([{ ...lacking, seen: { place: '/linked', target: lacking.target } }])
  await compared(harness)
  expect(harness.review.missingCompanions().folders).toEqual(['/linked'])
})

test('inspects again what the settings had refused without a review, and nothing else', () => {
  const refused = uploadRecord({ phase: 'failed', failure: failure('file-pickle-not-allowed') })
  const others = [
    uploadRecord({ phase: 'failed', failure: failure('file-empty') }),
    uploadRecord({ phase: 'waiting', failure: failure('file-pickle-not-allowed') }),
  ]
  const { recognition } = refused
  const pickle = { ...refused, recognition: { ...recognition, format: 'pytorch' } } as const
  const { review, state, inspectedAgain } = setup([pickle, ...others])
  state.policy = reviewPolicyOf({ allowPickles: false })
  review.policyChanged()
  expect(inspectedAgain).toEqual([])
  state.policy = reviewPolicyOf({ allowPickles: true })
  review.policyChanged()
  expect(inspectedAgain).toEqual([refused.id])
})

test('a file that can’t be uploaded leaves the review with the others, and an Undo returns it', async () => {
  const [sound, broken] = [inReview(), inReview({ failure: failure('file-empty') })]
  const { review, rows, remembered } = setup([sound, broken])
  expect(await review.approve(request([sound.id]), never)).toEqual(approvalOf([sound.id]))
  expect(rows.get(broken.id)?.live.phase).toBe('failed')
  expect(remembered).toEqual([sound.id, broken.id])
})

test.for([
  [inReview({ failure: failure('file-empty') }), 'failed'],
  [found({ failure: failure('file-empty') }), 'review'],
] as const)(
  'ends once nothing can be uploaded or decided, unless the app has found a file',
  async ([one, phase]) => {
    const { review, rows, clock } = setup([one])
    review.inspecting('', 1)
    review.inspecting('', -1)
    clock.advance(100)
    await expect.poll(() => review.views()[0]?.isComparing ?? false).toBe(false)
    expect(rows.get(one.id)?.live.phase).toBe(phase)
  },
)

test('ends once the user has left out all files but those that can’t be uploaded', async () => {
  const [sound, broken] = [inReview(), inReview({ failure: failure('file-empty') })]
  const { review, rows, clock } = setup([sound, broken])
  rows.remove([sound.id])
  review.rowChanged(sound.id)
  review.excluded(new Set(['']))
  clock.advance(100)
  await expect.poll(() => rows.get(broken.id)?.live.phase).toBe('failed')
})

test('queues nothing if the approval can’t be recorded', async () => {
  const { review, queued, events, breakJournal } = setup([inReview()])
  breakJournal()
  const approval = await review.approve(request(null), never)
  expect([approval.ok, queued, events]).toEqual([false, [], []])
})

test('gives no team to files while that can’t be recorded', () => {
  const accepted = inReview({ allowed: true })
  const { review, rows, inspectedAgain, breakJournal } = setup([accepted])
  breakJournal()
  expect(review.setTeam('', to(south)).ok).toBe(false)
  expect([rows.get(accepted.id)?.record.team, inspectedAgain]).toEqual([north, []])
})
