import { expect, test } from 'vitest'
import type { SignIns } from '../../../electron/accounts/sign-ins.ts'
import type { Account, TeamChoice } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { AddReport, WaitingFilesView } from '../../../electron/contract/uploads.ts'
import {
  createTeamFinder,
  createWaitingFiles,
  type TeamForFiles,
} from '../../../electron/intake/waiting-files.ts'
import { valueOf } from '../../support/engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

const team: TeamChoice = { accountId: 'cloud.example alice', teamId: 'team_01' }
const report: AddReport = { added: 1, refused: 0, skipped: [] }

interface EnqueueCall {
  readonly paths: readonly string[]
  readonly team: TeamForFiles
  readonly review: string | undefined
  readonly end: (result: Result<AddReport>) => void
  readonly fail: (error: Error) => void
}

/** Waiting files with a team, not started; each call of `enqueue` waits for its end. */
function setup(values: Readonly<Record<string, string>> = {}) {
  const stored = new Map(Object.entries(values))
  const calls: EnqueueCall[] = []
  const [reports, views, dropped]: [AddReport[], WaitingFilesView[], unknown[]] = [[], [], []]
  const state = {
    team: team as TeamForFiles | null,
    shownTeam: null as TeamForFiles | null,
    isDiskFull: false,
  }
  const environment = createTestEnvironment(standingClock())
  const files = createWaitingFiles({
    choices: {
      get: (name) => stored.get(name) ?? null,
      set(name, value) {
        if (state.isDiskFull) return failed(failure('journal-trouble'))
        stored.set(name, value)
        return success(undefined)
      },
    },
    findTeam: (isTeamShown) => (isTeamShown ? state.shownTeam : state.team),
    reading: { run: (add) => add({ signal: new AbortController().signal, onProgress() {} }) },
    processDropped(paths, enqueue, named) {
      dropped.push(named)
      return enqueue(paths)
    },
    enqueue(paths, teamOfFiles, { review }) {
      const { promise, resolve, reject } = Promise.withResolvers<Result<AddReport>>()
      calls.push({ paths, team: teamOfFiles, review, end: resolve, fail: reject })
      return promise
    },
    onAdded: (added) => void reports.push(added),
    onChange: (view) => void views.push(view),
    environment,
  })
  const storedPaths = () => stored.get('waiting-files') ?? ''
  function add(paths: readonly string[], shownTeam: TeamForFiles | null) {
    state.shownTeam = shownTeam
    return files.add(paths, { source: 'window' })
  }
  return { files, add, calls, reports, views, state, storedPaths }
}

test('adds files that arrive while others are being added, and no file twice', async () => {
  const { files, add, calls, reports } = setup()
  files.start()
  await add(['/a.safetensors'], null)
  await add(['/b.safetensors'], null)
  expect(files.view()).toMatchObject({ count: 1, names: ['b.safetensors'] })
  calls[0]?.end(success(report))
  await expect.poll(() => calls.map(({ paths }) => paths)).toEqual([['/a.safetensors'], ['/b.safetensors']])
  calls[1]?.end(success(report))
  await expect.poll(() => [reports.length, files.view().count]).toEqual([2, 0])
})

test.each([
  ['no-team', null],
  ['journal-trouble', { code: 'journal-trouble' }],
] as const)('files whose adding failed with %s wait again', async (code, shown) => {
  const { files, add, calls } = setup()
  files.start()
  await add(['/a.safetensors'], null)
  calls[0]?.end(failed(failure(code)))
  await expect.poll(() => files.view().count).toBe(1)
  if (shown === null) expect(files.view().failure).toBe(null)
  else expect(files.view().failure).toMatchObject(shown)
})

test('files that are being added at the end of the app stay for the next start', async () => {
  const { files, add, calls, reports, storedPaths } = setup()
  files.start()
  await add(['/a.safetensors'], null)
  const closed = files.close()
  calls[0]?.end(success(report))
  await closed
  expect([storedPaths().includes('/a.safetensors'), reports]).toEqual([true, []])
})

test('keeps files whose team is signed out while they are added', async () => {
  const { add, calls, storedPaths } = setup()
  const added = add(['/a.safetensors'], team)
  calls[0]?.end(failed(failure('no-team')))
  expect(valueOf(await added)).toEqual({ added: 0, refused: 0, skipped: [] })
  expect(storedPaths()).toContain('/a.safetensors')
})

test('changes nothing while the list can’t be stored', async () => {
  const { files, add, state, views } = setup()
  await add(['/a'], null)
  files.discard()
  state.isDiskFull = true
  expect((await add(['/b'], null)).ok).toBe(false)
  expect(files.undoDiscard().ok).toBe(false)
  state.isDiskFull = false
  expect(valueOf(files.undoDiscard()).names).toEqual(['a'])
  state.isDiskFull = true
  expect([files.discard().ok, files.view().count, views.length]).toEqual([false, 1, 3])
  state.isDiskFull = false
  // What was kept again is not discarded a second time.
  expect(valueOf(files.undoDiscard()).names).toEqual(['a'])
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
