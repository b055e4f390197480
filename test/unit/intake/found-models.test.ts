import { expect, test } from 'vitest'
import type { Account, TeamChoice } from '../../../electron/contract/account.ts'
import { success } from '../../../electron/contract/failures.ts'
import { createFoundModelsIntake } from '../../../electron/intake/found-models.ts'
import type { TeamForFiles } from '../../../electron/intake/waiting-files.ts'

const team: TeamChoice = { accountId: 'alice', teamId: 'team_01' }
const undecided: TeamForFiles = { accountId: 'alice', teamId: '', isUndecided: true }
const files = [{ path: '/models/a.safetensors', target: {} }]

/** Found models of a user with this team; `requests` are those to add files. */
function setup(shown: TeamForFiles | null, accounts: readonly Account[] = []) {
  const requests: unknown[] = []
  const queries: unknown[] = []
  const found = createFoundModelsIntake({
    findTeam: (isTeamShown) => (isTeamShown ? shown : null),
    isReviewed: () => true,
    accounts: { list: () => accounts },
    store: {
      queuedPathsOf(query) {
        queries.push(query)
        return ['/models/a.safetensors']
      },
    },
    intake: {
      async enqueuePlaced(placed, request) {
        requests.push([placed, request])
        return success({ added: placed.length, refused: 0, skipped: [] })
      },
    },
  })
  return { found, requests }
}

test.for<[what: string, shown: TeamForFiles | null, chosen: TeamForFiles | null]>([
  ['the team that is shown', team, team],
  ['no team while several are available', undecided, null],
  ['no team without one', null, null],
])('compares found models with %s', ([_what, shown, chosen]) => {
  expect(setup(shown).found.chosenTeam()).toEqual(chosen)
})

test.for<[what: string, shown: TeamForFiles]>([
  ['the team that is shown', team],
  ['a team that is chosen in the review', undecided],
])('reviews found models for %s', async ([_what, shown]) => {
  const { found, requests } = setup(shown)
  expect(await found.enqueueFound(files, null)).toMatchObject({ ok: true, value: { added: 1 } })
  expect(requests).toEqual([[files, { team: shown, review: 'first', isFound: true }]])
})
