import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { SessionView } from '../../../electron/contract/account.ts'
import { success } from '../../../electron/contract/failures.ts'
import type { Answers } from '../support/fake-bridge.ts'
import { selectOption } from '../support/select-option.ts'
import { openPage } from '../support/open-page.ts'
import { listing } from '../support/library.ts'
import {
  account,
  foundModel,
  foundPlace,
  foundView,
  need,
  otherTeam,
  signedIn,
  team,
} from '../support/rows.ts'

const undecided: SessionView = { ...signedIn(), chosen: null }
const decided: SessionView = {
  ...undecided,
  chosen: { accountId: account().id, teamId: otherTeam.id },
}

/** A page of a user with two teams who has chosen none; choosing one chooses the second. */
const openUndecided = (answers: Answers = {}) =>
  openPage({
    answers: { session: () => success(undecided), chooseTeam: () => success(decided), ...answers },
  })

test('the header asks for a team instead of showing the first one', async () => {
  const { screen, asked } = await openUndecided()
  await userEvent.click(screen.getByRole('banner').getByRole('button', { name: 'Choose team' }))
  const items = screen.getByRole('menuitemradio')
  await expect.poll(() => items.elements().map((item) => item.ariaChecked)).toEqual(['false', 'false'])
  await userEvent.click(screen.getByRole('menuitemradio', { name: new RegExp(`^${otherTeam.name}`) }))
  expect(asked.at(-1)).toEqual({ name: 'chooseTeam', args: decided.chosen })
  await expect.element(screen.getByRole('button', { name: `Team: ${otherTeam.name}` })).toBeVisible()
})

test('opening the menu asks for the teams, and shows one that the user has just joined', async () => {
  const { screen, asked, emit } = await openPage()
  await userEvent.click(screen.getByRole('button', { name: `Team: ${team.name}` }))
  expect(asked).toEqual([{ name: 'refreshTeams', args: undefined }])
  emit('session', {
    ...signedIn(),
    accounts: [account({ teams: [team, { id: 'new', name: 'Studio East' }] })],
  })
  await expect.element(screen.getByRole('menuitemradio', { name: /^Studio East/ })).toBeVisible()
})

test('the library asks for a team, and then shows its models', async () => {
  const { screen, asked, emit } = await openUndecided({ library: () => success(listing()) })
  emit('command', 'show-library')
  await expect.element(screen.getByText('Choose a team to see its library.')).toBeVisible()
  expect(asked.map(({ name }) => name)).not.toContain('library')
  await userEvent.click(screen.getByRole('main').getByRole('button', { name: 'Choose team' }))
  await userEvent.click(screen.getByRole('menuitem', { name: otherTeam.name }))
  await expect.element(screen.getByRole('row', { name: /^Grain/ })).toBeVisible()
  expect(asked.find(({ name }) => name === 'library')?.args).toMatchObject({ choice: decided.chosen })
})

test('equally named teams of two servers are told apart by their hosts', async () => {
  const of = (host: string) =>
    account({ id: `${host} person-1`, server: `https://${host}/api/v1`, teams: [team] })
  const hosts = ['models.aurora-pictures.example', 'models.aurora-pictures.test']
  const session = { ...signedIn(...hosts.map(of)), chosen: null }
  const { screen, emit } = await openUndecided({ session: () => success(session) })
  const names = hosts.map((host) => `${team.name} (mira@aurora.example · ${host})`)
  emit('command', 'show-library')
  await userEvent.click(screen.getByRole('main').getByRole('button', { name: 'Choose team' }))
  const items = screen.getByRole('menuitem')
  await expect.poll(() => items.elements().map((item) => item.textContent?.trim())).toEqual(names)
  const labels = items.elements().flatMap((item) => [...item.querySelectorAll('.label > span')])
  const isCut = (label: Element) =>
    label.scrollWidth > label.clientWidth || label.scrollHeight > label.clientHeight
  expect(labels.map(isCut)).toEqual([false, false])
  await userEvent.keyboard('{Escape}')
  emit('command', 'show-settings')
  await userEvent.click(screen.getByRole('combobox', { name: 'Team for new models' }))
  const options = screen.getByRole('option')
  await expect
    .poll(() => options.elements().map((option) => option.textContent?.trim()))
    .toEqual(['Choose team', ...names])
})

test('found models are added to the review without a team, which is not compared with them', async () => {
  const view = foundView([foundPlace('p')], {
    library: { team: null, isListing: false, failure: null, listedAtMs: null },
  })
  const { screen, asked } = await openUndecided({
    findPlaces: () => success(view),
    foundModels: () => success([foundModel('grain')]),
  })
  await userEvent.click(screen.getByRole('button', { name: 'Find my models…' }))
  await expect.element(screen.getByText('Choose a team to see which models it already has.')).toBeVisible()
  await expect.element(screen.getByRole('main').getByRole('button', { name: 'Choose team' })).toBeVisible()
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select grain.safetensors' }))
  await userEvent.click(screen.getByRole('button', { name: /^Review 1 model/ }))
  expect(asked.map(({ name }) => name)).toContain('addFound')
})

test('a workflow names no team, and uploads nothing, before one is chosen', async () => {
  const workflow = {
    ...{
      id: 'w',
      fileName: 'w.json',
      team: null,
      isLooking: false,
      libraryFailure: null,
      libraryListedAtMs: null,
    },
    ...{ unseen: [], isUsualSeen: true, needs: [need('a.safetensors', { stand: 'here' })] },
  }
  const { screen, emit } = await openUndecided({ workflow: () => success(workflow) })
  emit('added', { added: 0, refused: 0, skipped: [], workflow: 'w' })
  await expect.element(screen.getByRole('heading', { name: 'On this computer' })).toBeVisible()
  await expect.element(screen.getByText(/: 1 here$/)).toBeVisible()
  await expect.element(screen.getByText('Choose a team to see which of these models it lacks.')).toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Upload 1 model' })).toBeDisabled()
  await expect.element(screen.getByRole('main').getByRole('button', { name: 'Choose team' })).toBeVisible()
})

test('a folder is watched for no team until one is chosen', async () => {
  const { screen, asked, emit } = await openUndecided({ watchFolder: () => success({ folders: [] }) })
  emit('command', 'show-settings')
  const select = screen.getByRole('combobox', { name: 'Team for new models' })
  await expect.element(select).toMatchTextContent('Choose team')
  const watch = screen.getByRole('button', { name: 'Watch a folder…' })
  await expect.element(watch).toBeDisabled()
  await selectOption(select, team.name)
  await userEvent.click(watch)
  expect(asked.find(({ name }) => name === 'watchFolder')?.args).toEqual({
    team: { accountId: account().id, teamId: team.id },
  })
})
