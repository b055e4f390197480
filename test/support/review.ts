import type { AddReport } from '../../electron/contract/uploads.ts'
import type { ReviewApproval, ReviewGroupKind, ReviewView } from '../../electron/contract/review.ts'
import { ALICES_TEAM_ID } from '../cloud/accounts.ts'
import { setup, valueOf, type App, type EngineHarness, type EngineOptions } from './engine.ts'

/** An app with the default setting, in which Alice has chosen a team. */
export async function setupReview(options: EngineOptions = {}): Promise<EngineHarness> {
  const harness = await setup({ ...options, settings: { review: 'when-needed', ...options.settings } })
  if (options.as !== null) await chooseTeam(harness.app, ALICES_TEAM_ID)
  harness.cloud.forgetOperations()
  return harness
}

/** A team of the account that is signed in. */
export const teamOf = (app: App, teamId: string) => ({
  accountId: app.session().accounts.find(({ state }) => state === 'ready')?.id ?? '',
  teamId,
})

export const chooseTeam = async (app: App, teamId: string) =>
  valueOf(await app.calls.chooseTeam(teamOf(app, teamId)))

/** The oldest review, or null. */
export const viewOf = async (app: App): Promise<ReviewView | null> =>
  valueOf(await app.calls.reviews(undefined))[0] ?? null

/** The id of the oldest review. */
export const reviewIdOf = async (app: App): Promise<string> => (await viewOf(app))?.id ?? ''

/** Resolves at the next change of a review. */
export const reviewChange = (app: App) =>
  new Promise<void>((resolve) => {
    const end = app.engine.subscribe({
      reviews() {
        end()
        resolve()
      },
    })
  })

/** The view once the comparison with the library has ended. */
export async function comparedView(app: App): Promise<ReviewView> {
  for (;;) {
    const view = await viewOf(app)
    if (view && !view.isComparing) return view
    await reviewChange(app)
  }
}

/** Resolves with the ids of the files in a group once there are as many. */
export async function filesInGroup(
  app: App,
  kind: ReviewGroupKind,
  count: number,
): Promise<readonly string[]> {
  for (;;) {
    const ids = idsInGroup(await comparedView(app), kind)
    if (ids.length === count) return ids
    await reviewChange(app)
  }
}

export const idsInGroup = (view: ReviewView | null, kind: ReviewGroupKind): readonly string[] =>
  view?.groups
    .find((group) => group.kind === kind)
    ?.files.flatMap((file) => ('isDecided' in file ? [] : [file.id])) ?? []

/** Writes files that need no decision. */
export const writeFiles = ({ file }: Pick<EngineHarness, 'file'>, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => file(`style-${index}.safetensors`)))

export const addFiles = async (app: App, paths: readonly string[]): Promise<AddReport> =>
  valueOf(await app.calls.addFiles({ paths: [...paths] }))

/** Approves files of a review, of the oldest unless another is named. */
export const approve = async (
  app: App,
  ids: readonly string[] | null = null,
  teamId = ALICES_TEAM_ID,
  review?: string,
): Promise<ReviewApproval> => {
  const declines = async () => false
  const request = { review: review ?? (await reviewIdOf(app)), ids: ids && [...ids] }
  const approval = valueOf(
    await app.engine.approveReview({ ...request, team: teamOf(app, teamId) }, declines),
  )
  if (!approval) throw new Error('the review contains files that the app has found')
  return approval
}

export const allRegistered = (app: App) =>
  app.until(({ rows }) => rows.length > 0 && rows.every(({ phase }) => phase === 'registered'))
