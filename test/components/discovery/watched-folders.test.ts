import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { SessionView } from '../../../electron/contract/account.ts'
import { success } from '../../../electron/contract/failures.ts'
import type { WatchedFolderView, WatchedFoldersView } from '../../../electron/contract/watched-folders.ts'
import type { Asked } from '../support/fake-bridge.ts'
import { openPage } from '../support/open-page.ts'
import { openReview } from '../support/review.ts'
import { reviewOf, reviewRow } from '../support/review-view.ts'
import { selectOption } from '../support/select-option.ts'
import { account, otherTeam, patchOf, signedIn, team } from '../support/rows.ts'

const asks = (asked: readonly Asked[], name: string) =>
  asked.filter((one) => one.name === name).map(({ args }) => args)

function folder(change: Partial<WatchedFolderView> = {}): WatchedFolderView {
  return {
    id: 'folder-1',
    where: '~/training/out',
    accountId: 'account-1',
    team,
    state: 'watching',
    isPolled: false,
    settling: 0,
    incomplete: 0,
    offered: { count: 0, sizeBytes: 0 },
    ...change,
  }
}

const settings = (...folders: readonly WatchedFolderView[]) => settingsOf(signedIn(), folders)

async function settingsOf(session: SessionView, folders: readonly WatchedFolderView[]) {
  const now: WatchedFoldersView = { folders }
  const page = await openPage({
    answers: {
      session: () => success(session),
      watching: () => success(now),
      watchFolder: () => success({ folders: [folder({ where: '~/new' })] }),
      pauseWatched: () => success({ folders: [folder({ state: 'paused' })] }),
      giveWatched: () => success({ folders: [folder({ team: otherTeam })] }),
      unwatch: () => success({ folders: [] }),
      declineOffered: () => success({ folders: [folder()] }),
      sendOffered: () => success({ added: 3, refused: 0, skipped: [] }),
    },
  })
  page.emit('command', 'show-settings')
  await expect.element(page.screen.getByRole('heading', { name: 'Watched folders' })).toBeVisible()
  return page
}

test('adds a folder by the picker for the team chosen beside it', async () => {
  const { screen, asked } = await settings()
  await selectOption(screen.getByRole('combobox', { name: 'Team for new models' }), otherTeam.name)
  await userEvent.click(screen.getByRole('button', { name: 'Watch a folder…' }))
  expect(asks(asked, 'watchFolder')).toEqual([{ team: { accountId: 'account-1', teamId: otherTeam.id } }])
  await expect.element(screen.getByText('~/new', { exact: false })).toBeVisible()
})

/** A session and a paired device of the same user, with ids as the engine creates them, and the same team. */
function twoAccounts() {
  const session = account({ id: 'cloud.example person-1', teams: [team] })
  const device = account({ id: 'cloud.example person-1 team_aurora', kind: 'device', teams: [team] })
  return { session, device, view: signedIn(session, { ...device, email: 'device@aurora.example' }) }
}

test('a team that a user reaches by two sign-ins is offered once, with the password sign-in', async () => {
  const { session, device, view } = twoAccounts()
  const chosen = { accountId: device.id, teamId: team.id }
  const { screen, asked } = await settingsOf({ ...view, chosen }, [folder({ accountId: device.id })])
  await userEvent.click(screen.getByRole('button', { name: 'Watch a folder…' }))
  expect(asks(asked, 'watchFolder')).toEqual([{ team: { accountId: session.id, teamId: team.id } }])
  await expect
    .element(screen.getByRole('combobox', { name: 'Team for new models in', exact: false }))
    .toMatchTextContent(`uploads to ${team.name}`)
})

test('existing files of a folder are offered to be added or left', async () => {
  const { screen, asked } = await settings(folder({ offered: { count: 3, sizeBytes: 7_000_000_000 } }))
  await expect.element(screen.getByText('3 existing model files (7', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Add all' }))
  await expect.element(screen.getByText('3 files added.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Ignore' }))
  expect([asks(asked, 'sendOffered'), asks(asked, 'declineOffered')]).toEqual([
    [{ id: 'folder-1' }],
    [{ id: 'folder-1' }],
  ])
  await expect.poll(() => screen.getByRole('button', { name: 'Add all' }).elements()).toEqual([])
})

test('existing files of a folder open a review of their own', async () => {
  const kept = [reviewRow('Grain')]
  const { screen, sheet, emit } = await openReview(kept, reviewOf(kept), {
    watching: () => success({ folders: [folder({ offered: { count: 1, sizeBytes: 7 } })] }),
    sendOffered: () => success({ added: 1, refused: 0, skipped: [], drop: 'd', review: 'review-2' }),
  })
  await expect.element(sheet).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await expect.element(sheet).not.toBeInTheDocument()
  emit('command', 'show-settings')
  await userEvent.click(screen.getByRole('button', { name: 'Add all' }))
  const offered = [reviewRow('Flux', { review: 'review-2' })]
  emit('patch', patchOf(2, offered))
  emit('reviews', [reviewOf(kept), reviewOf(offered, { id: 'review-2' })])
  await expect.element(sheet).toMatchTextContent('Upload 1')
})

test('a watched folder is paused, resumed and removed', async () => {
  const { screen, asked } = await settings(folder())
  await userEvent.click(screen.getByRole('button', { name: 'Pause watching ~/training/out' }))
  await userEvent.click(screen.getByRole('button', { name: 'Resume watching ~/training/out' }))
  await userEvent.click(screen.getByRole('button', { name: 'Stop watching ~/training/out' }))
  expect(asks(asked, 'pauseWatched')).toEqual([
    { id: 'folder-1', isPaused: true },
    { id: 'folder-1', isPaused: false },
  ])
  expect(asks(asked, 'unwatch')).toEqual([{ id: 'folder-1' }])
})

test.each([
  [{ state: 'gone' as const }, 'The folder isn’t available.'],
  [{ state: 'signed-out' as const }, 'Signed out of this team.'],
  [{ isPolled: true }, 'network drive, checked once a minute'],
  [{ settling: 2 }, '2 new files aren’t complete yet'],
  [{ settling: 3, incomplete: 2 }, '2 new files are waiting for missing parts of their models'],
  [{ settling: 3, incomplete: 2 }, '1 new file isn’t complete yet'],
  [{ state: 'too-many' as const }, 'Watch a subfolder instead.'],
  [{ state: 'too-slow' as const }, 'Scanning takes too long'],
  [{ state: 'unreadable' as const }, 'The folder can’t be read'],
])('shows that a folder is %o', async (change, words) => {
  const { screen } = await settings(folder(change))
  await expect.element(screen.getByText(words, { exact: false })).toBeVisible()
})

test('changes the team of a watched folder in place', async () => {
  const { screen, asked } = await settings(folder())
  const teams = screen.getByLabelText('Team for new models in ~/training/out')
  await selectOption(teams, `uploads to ${otherTeam.name}`)
  expect(asks(asked, 'giveWatched')).toEqual([
    { id: 'folder-1', team: { accountId: 'account-1', teamId: otherTeam.id } },
  ])
  await expect.element(teams).toMatchTextContent(`uploads to ${otherTeam.name}`)
})
