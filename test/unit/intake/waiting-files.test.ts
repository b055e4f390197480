import { expect, test } from 'vitest'
import type { SignIns } from '../../../electron/accounts/sign-ins.ts'
import type { Account, TeamChoice } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import {
  createTeamFinder,
  createWaitingFiles,
  type TeamForFiles,
} from '../../../electron/intake/waiting-files.ts'
import { valueOf } from '../../support/engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

const team: TeamChoice = { accountId: 'cloud.example alice', teamId: 'team_01' }
const report: AddReport = { added: 1, refused: 0, skipped: [] }

/** Started waiting files with a team; each call of `enqueue` waits for `end`. */
function setup() {
  const stored = new Map<string, string>()
  const calls: { readonly paths: readonly string[]; readonly end: (result: Result<AddReport>) => void }[] = []
  const reports: AddReport[] = []
  const files = createWaitingFiles({
    choices: {
      get: (name) => stored.get(name) ?? null,
      set(name, value) {
        stored.set(name, value)
        return success(undefined)
      },
    },
    chosenTeam: () => team,
    processDropped: (paths, enqueue) => enqueue(paths),
    enqueue(paths) {
      const { promise, resolve } = Promise.withResolvers<Result<AddReport>>()
      calls.push({ paths, end: resolve })
      return promise
    },
    onAdded: (added) => void reports.push(added),
    onChange: () => {},
    environment: createTestEnvironment(standingClock()),
  })
  return { files, calls, reports, storedPaths: () => stored.get('waiting-files') ?? '' }
}

test('keeps a path once that is added twice', async () => {
  const { files } = setup()
  await files.addOrKeep(['/a.safetensors'], null)
  valueOf(await files.addOrKeep(['/a.safetensors', '/b.safetensors'], null))
  expect(files.view()).toMatchObject({ count: 2, names: ['a.safetensors', 'b.safetensors'] })
})

test('adds files that arrive while others are being added, and no file twice', async () => {
  const { files, calls, reports } = setup()
  files.start()
  await files.addOrKeep(['/a.safetensors'], null)
  await files.addOrKeep(['/b.safetensors'], null)
  expect(files.view()).toMatchObject({ count: 1, names: ['b.safetensors'] })
  calls[0]?.end(success(report))
  await expect.poll(() => calls.map(({ paths }) => paths)).toEqual([['/a.safetensors'], ['/b.safetensors']])
  calls[1]?.end(success(report))
  await expect.poll(() => [reports.length, files.view().count]).toEqual([2, 0])
})

test('tries again if the team has changed while the files were being added', async () => {
  const { files, calls, reports } = setup()
  files.start()
  await files.addOrKeep(['/a.safetensors'], null)
  files.addIfPossible()
  calls[0]?.end(failed(failure('no-team')))
  await expect.poll(() => calls).toHaveLength(2)
  calls[1]?.end(success(report))
  await expect.poll(() => [reports.length, files.view().count]).toEqual([1, 0])
})

test.each([
  ['no-team', null],
  ['journal-trouble', { code: 'journal-trouble' }],
] as const)('files whose adding failed with %s wait again', async (code, shown) => {
  const { files, calls } = setup()
  files.start()
  await files.addOrKeep(['/a.safetensors'], null)
  calls[0]?.end(failed(failure(code)))
  await expect.poll(() => files.view().count).toBe(1)
  if (shown === null) expect(files.view().failure).toBe(null)
  else expect(files.view().failure).toMatchObject(shown)
})

test('files that are being added at the end of the app stay for the next start', async () => {
  const { files, calls, reports, storedPaths } = setup()
  files.start()
  await files.addOrKeep(['/a.safetensors'], null)
  const closed = files.close()
  calls[0]?.end(success(report))
  await closed
  expect([storedPaths().includes('/a.safetensors'), reports]).toEqual([true, []])
})

test('discards only files that are not being added', async () => {
  const { files, calls, storedPaths } = setup()
  files.start()
  await files.addOrKeep(['/a.safetensors'], null)
  await files.addOrKeep(['/b.safetensors'], null)
  expect(valueOf(files.discard()).count).toBe(0)
  expect([storedPaths().includes('/a.safetensors'), storedPaths().includes('/b.safetensors')]).toEqual([
    true,
    false,
  ])
  expect(calls).toHaveLength(1)
})

test('keeps files whose team is signed out while they are added', async () => {
  const { files, calls, storedPaths } = setup()
  const added = files.addOrKeep(['/a.safetensors'], team)
  calls[0]?.end(failed(failure('no-team')))
  expect(valueOf(await added)).toEqual({ added: 0, refused: 0, skipped: [] })
  expect(storedPaths()).toContain('/a.safetensors')
})

const undecided = { accountId: 'ready', teamId: '', isUndecided: true }
const ready: Account = {
  id: 'ready',
  kind: 'session',
  server: 'https://cloud.example',
  personId: 'alice',
  name: 'Alice',
  email: 'alice@example.com',
  teams: [{ id: 'team_01', name: 'Studio North' }],
  state: 'ready',
}

interface TeamFacts {
  readonly chosen?: TeamChoice
  readonly decided?: TeamChoice
  readonly review?: 'never'
  readonly hasChoice?: true
  readonly account?: Partial<Account>
}

test.for<[what: string, facts: TeamFacts, isTeamShown: boolean, found: TeamForFiles | null]>([
  ['the chosen team if it is shown', { chosen: team }, true, team],
  ['no chosen team that is not shown', { chosen: team }, false, undecided],
  ['a team that is the only one', { decided: team }, false, team],
  ['no team to choose later if nothing is reviewed', { review: 'never' }, true, null],
  ['no other team while the chosen one is signed out', { hasChoice: true }, true, null],
  ['an undecided team of a user who is signed in', {}, true, undecided],
  ['none for a user without teams', { account: { teams: [] } }, true, null],
  ['none for a user who is signed out', { account: { state: 'signed-out' } }, true, null],
])('finds for added files %s', ([_what, facts, isTeamShown, found]) => {
  const { chosen = null, decided = null, review = 'when-needed', hasChoice = false, account } = facts
  const view = { accounts: [{ ...ready, ...account }], chosen }
  const findTeam = createTeamFinder({
    signIns: {
      view: () => view as unknown as ReturnType<SignIns['view']>,
      decidedTeam: () => decided,
      hasTeamChoice: () => hasChoice,
    },
    policy: () => ({ review }),
  })
  expect(findTeam(isTeamShown)).toEqual(found)
})
