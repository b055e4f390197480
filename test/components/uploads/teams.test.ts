import axe from 'axe-core'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import { listing } from '../support/library.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { openReview } from '../support/review.ts'
import { reviewOf, reviewRow } from '../support/review-view.ts'
import {
  account,
  failedRow,
  otherTeam,
  patchOf,
  registeredRow,
  row,
  signedIn,
  team,
} from '../support/rows.ts'

const forOther = (name: string, change: Parameters<typeof row>[1] = {}) =>
  row(name, { team: otherTeam, ...change })
const mixed = [row('Grain'), forOther('Flux', { position: 1 })]
const namesOf = ({ screen }: OpenPage) =>
  [...screen.container.querySelectorAll<HTMLElement>('[data-id]')].map((line) => line.dataset['id'])
const asked = ({ asked: calls }: OpenPage, name: string) =>
  calls.filter((one) => one.name === name).map(({ args }) => args)
const report: AddReport = { added: 1, refused: 0, skipped: [], drop: 'd', newIds: ['x'] }
const choiceOf = (one: { readonly id: string }) => ({ accountId: account().id, teamId: one.id })

async function choose(opened: OpenPage, name: string, item: string | RegExp) {
  await userEvent.click(opened.rowOf(name), { button: 'right' })
  await userEvent.click(opened.screen.getByRole('menuitem', { name: item }))
}

async function showOther({ screen, emit }: OpenPage) {
  emit('command', 'find')
  await userEvent.click(screen.getByRole('button', { name: 'Team: All teams' }))
  await userEvent.click(screen.getByRole('menuitemradio', { name: otherTeam.name }))
}

test('rows name their team only while the list has uploads for several, or for one that isn’t chosen', async () => {
  const { screen, rowOf, emit } = await openPage({ rows: mixed })
  await expect.element(rowOf('Grain').getByText(team.name)).toBeVisible()
  await expect.element(rowOf('Flux').getByTitle(`Team: ${otherTeam.name}`)).toBeVisible()
  await expect
    .element(screen.getByRole('row', { name: new RegExp(`^Flux, ${otherTeam.name}, `) }))
    .toBeVisible()
  emit('patch', patchOf(2, [], ['Flux']))
  await expect.poll(() => rowOf('Grain').getByText(team.name).elements()).toEqual([])
  emit('session', { ...signedIn(), chosen: choiceOf(otherTeam) })
  await expect.element(rowOf('Grain').getByText(team.name)).toBeVisible()
})

test('rows name the account too if several people upload, or two teams have one name', async () => {
  const bob = account({ id: 'account-2', personId: 'person-2', email: 'bob@aurora.example', teams: [team] })
  const { rowOf, emit } = await openPage({
    rows: [row('Grain'), row('Flux', { accountId: bob.id })],
    answers: { session: () => success(signedIn(account(), bob)) },
  })
  await expect.element(rowOf('Grain').getByText(`${team.name} · mira@aurora.example`)).toBeVisible()
  await expect.element(rowOf('Flux').getByText(`${team.name} · bob@aurora.example`)).toBeVisible()
  // A paired device of the same user is no other account.
  const device = account({ id: 'account-2', kind: 'device', teams: [team] })
  emit('session', signedIn(account(), device))
  await expect.poll(() => rowOf('Grain').getByText(team.name).elements()).toEqual([])
})

test('a long team name stays inside its row in a narrow window', async () => {
  const long = { id: otherTeam.id, name: '北方工作室的模型训练与发布团队'.repeat(6) }
  await page.viewport(480, 400)
  const rows = [row('Grain'), row('Flux', { team: long, target: { displayName: 'Flux'.repeat(20) } })]
  const { screen } = await openPage({ rows })
  const chip = screen.getByTitle(`Team: ${long.name}`)
  await expect.element(chip).toBeVisible()
  const line = chip.element().closest('[data-id]')?.getBoundingClientRect()
  const box = chip.element().getBoundingClientRect()
  expect([box.width > 40, box.right < (line?.right ?? 0), box.height < 24]).toEqual([true, true, true])
  expect(document.documentElement.scrollWidth).toBe(480)
})

test('the list shows one team, says so, and shows all again', async () => {
  const opened = await openPage({ rows: [...mixed, failedRow('Broken', failure('file-cut-short'))] })
  const { screen } = opened
  await showOther(opened)
  await expect.element(screen.getByText(`Showing only ${otherTeam.name}`)).toBeVisible()
  await expect.element(screen.getByText('1 file, 1.0 GB')).toBeVisible()
  await expect.element(screen.getByText('1 upload to another team needs attention.')).toBeVisible()
  expect([namesOf(opened), opened.lines()[0]]).toEqual([['Flux'], 'Waiting 1'])
  expect((await axe.run(screen.container)).violations.map(({ id }) => id)).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Show all' }))
  await expect.poll(() => namesOf(opened)).toEqual(['Broken', 'Grain', 'Flux'])
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Broken')
})

test('the count of a shown team is not announced, and follows a search and the size of a growing file', async () => {
  const growing = (sizeBytes: number) =>
    failedRow('Growing', failure('file-being-written'), { team: otherTeam, sizeBytes })
  const opened = await openPage({ rows: [...mixed, growing(500_000_000)] })
  const { screen, emit } = opened
  await showOther(opened)
  const note = screen.getByText('2 files, 1.5 GB')
  await expect.element(note).toBeVisible()
  expect(note.element().closest('[role=status]')).toBeNull()
  emit('patch', patchOf(2, [growing(1_000_000_000)]))
  await expect.element(screen.getByText('2 files, 2.0 GB')).toBeVisible()
  emit('command', 'find')
  await userEvent.fill(screen.getByRole('textbox', { name: 'Search uploads' }), 'Flux')
  await expect.element(screen.getByText('1 of 2 files, 1.0 GB')).toBeVisible()
})

test('the search filters by team too, and an empty result says why', async () => {
  const opened = await openPage({ rows: mixed })
  const { screen, emit } = opened
  emit('command', 'find')
  await userEvent.click(screen.getByRole('button', { name: 'Team: All teams' }))
  await userEvent.click(screen.getByRole('menuitemradio', { name: otherTeam.name }))
  await expect.poll(() => namesOf(opened)).toEqual(['Flux'])
  await userEvent.fill(screen.getByRole('textbox', { name: 'Search uploads' }), 'Grain')
  await expect.element(screen.getByText(`No matches among the uploads to ${otherTeam.name}.`)).toBeVisible()
  await userEvent.fill(screen.getByRole('textbox', { name: 'Search uploads' }), '')
  emit('patch', patchOf(2, [], ['Flux']))
  await expect.element(screen.getByText(`The list has no uploads to ${otherTeam.name}.`)).toBeVisible()
  await userEvent.click(screen.getByRole('main').getByRole('button', { name: 'Show all' }).last())
  await expect.poll(() => namesOf(opened)).toEqual(['Grain'])
})

test('uploads that need attention are shown although a filter hides them', async () => {
  const opened = await openPage({ rows: [...mixed, failedRow('Broken', failure('file-cut-short'))] })
  await showOther(opened)
  await userEvent.click(opened.screen.getByRole('button', { name: /needs? attention/ }))
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Broken')
})

test('a notification shows its upload in spite of the filter and a collapsed group', async () => {
  const opened = await openPage({ rows: mixed })
  const { screen, emit } = opened
  await userEvent.click(screen.getByRole('button', { name: /^Waiting/ }))
  await expect.poll(() => namesOf(opened)).toEqual([])
  emit('command', 'find')
  await userEvent.click(screen.getByRole('button', { name: 'Team: All teams' }))
  await userEvent.click(screen.getByRole('menuitemradio', { name: otherTeam.name }))
  emit('reveal', { kind: 'uploads', ids: ['Grain'] })
  await expect.element(opened.rowOf('Grain')).toHaveFocus()
})

test('a filter ends when its team is unknown, as after a sign-out', async () => {
  const opened = await openPage({ rows: mixed })
  await showOther(opened)
  opened.emit('patch', patchOf(2, [], ['Flux']))
  opened.emit('session', signedIn(account({ teams: [team] })))
  await expect.poll(() => namesOf(opened)).toEqual(['Grain'])
  expect(opened.screen.getByText(otherTeam.name, { exact: false }).elements()).toEqual([])
})

test('uploads are added to another team, which the dialog asks for', async () => {
  const opened = await openPage({
    rows: [row('Grain'), row('Depth', { position: 1 })],
    answers: { addUploadsToTeam: () => success(report) },
  })
  const { screen, rowOf } = opened
  await choose(opened, 'Grain', 'Also add to team…')
  const dialog = screen.getByRole('dialog', { name: 'Also add to team' })
  await expect.element(dialog.getByRole('button', { name: otherTeam.name })).toHaveFocus()
  expect(dialog.getByRole('button', { name: team.name }).elements()).toEqual([])
  expect((await axe.run(screen.container)).violations.map(({ id }) => id)).toEqual([])
  await userEvent.keyboard('{Escape}')
  await expect.element(dialog).not.toBeInTheDocument()
  expect(asked(opened, 'addUploadsToTeam')).toEqual([])

  await userEvent.click(rowOf('Grain'))
  await userEvent.click(rowOf('Depth'), { modifiers: ['Shift'] })
  await userEvent.click(screen.getByRole('button', { name: 'Also add to team…' }))
  await expect.element(dialog.getByText('2 files are uploaded', { exact: false })).toBeVisible()
  await userEvent.keyboard('{Enter}')
  await expect
    .poll(() => asked(opened, 'addUploadsToTeam'))
    .toEqual([{ ids: ['Grain', 'Depth'], team: choiceOf(otherTeam) }])
  await expect.element(screen.getByText('1 file added.', { exact: false })).toBeVisible()
})

test('models of the library are added to another team, and the report says which are not here', async () => {
  const opened = await openPage({
    answers: {
      library: () => success(listing()),
      addModelsToTeam: () =>
        success({ added: 0, refused: 0, skipped: [{ name: 'Grain', reason: 'not-here' }] }),
    },
  })
  const { screen, emit } = opened
  emit('command', 'show-library')
  await userEvent.click(screen.getByRole('row', { name: /^Grain/ }), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Also add to team…' }))
  await userEvent.click(screen.getByRole('dialog').getByRole('button', { name: otherTeam.name }))
  await expect
    .poll(() => asked(opened, 'addModelsToTeam'))
    .toEqual([{ choice: choiceOf(team), modelIds: ['Grain'], team: choiceOf(otherTeam) }])
  await expect.element(screen.getByText('No unchanged file of this model', { exact: false })).toBeVisible()
})

test('an upload of the history is added to another team than its own', async () => {
  const opened = await openPage({
    answers: { history: () => success({ rows: [registeredRow('Old')], nextBeforeMs: null }) },
  })
  const { screen } = opened
  await userEvent.click(screen.getByRole('button', { name: 'History' }))
  await choose(opened, 'Old', 'Also add to team…')
  const dialog = screen.getByRole('dialog', { name: 'Also add to team' })
  await expect.element(dialog.getByRole('button', { name: otherTeam.name })).toBeVisible()
  expect(dialog.getByRole('button', { name: team.name }).elements()).toEqual([])
})

/** A password sign-in with two teams, and a paired device of the same user with the second one. */
const session = account({ id: 'cloud.example person-1' })
const device = account({ id: 'cloud.example person-1 team_night', kind: 'device', teams: [otherTeam] })

test('a team that a paired device has too is offered once, for the password sign-in', async () => {
  const opened = await openPage({
    rows: [row('Grain', { accountId: session.id })],
    answers: {
      session: () => success(signedIn(device, session)),
      addUploadsToTeam: () => success(report),
    },
  })
  await choose(opened, 'Grain', 'Also add to team…')
  const dialog = opened.screen.getByRole('dialog', { name: 'Also add to team' })
  await userEvent.click(dialog.getByRole('button', { name: otherTeam.name }))
  await expect
    .poll(() => asked(opened, 'addUploadsToTeam'))
    .toEqual([{ ids: ['Grain'], team: { accountId: session.id, teamId: otherTeam.id } }])
})

test('the review shows the team of a paired device that the password sign-in has too', async () => {
  const rows = [reviewRow('Grain', { accountId: device.id, team: otherTeam })]
  const view = reviewOf(rows, { team: { accountId: device.id, teamId: otherTeam.id } })
  const { screen, sheet } = await openReview(rows, view, {
    session: () => success(signedIn(device, session)),
  })
  await userEvent.click(sheet.getByRole('button', { name: otherTeam.name }))
  const items = screen.getByRole('menuitemradio')
  await expect
    .poll(() => items.elements().map((item) => [item.textContent?.trim(), item.ariaChecked]))
    .toEqual([
      [otherTeam.name, 'true'],
      [team.name, 'false'],
    ])
})

test('a user with one team is offered no other one', async () => {
  const { screen, rowOf } = await openPage({
    rows: [row('Grain')],
    answers: { session: () => success(signedIn(account({ teams: [team] }))) },
  })
  await userEvent.click(rowOf('Grain'), { button: 'right' })
  await expect.element(screen.getByRole('menuitem', { name: 'Open details' })).toBeVisible()
  expect(screen.getByRole('menuitem', { name: 'Also add to team…' }).elements()).toEqual([])
})

const file = new File(['x'], 'flux.safetensors')

function drag(kind: string, target: Element): void {
  const dataTransfer = new DataTransfer()
  dataTransfer.items.add(file)
  target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }))
}

test('files dropped on a team of the picker are for that team, and the chosen one stays', async () => {
  const opened = await openPage()
  const { screen } = opened
  const picker = screen.getByRole('button', { name: `Team: ${team.name}` })
  drag('dragover', picker.element())
  const item = screen.getByRole('menuitemradio', { name: new RegExp(`^${otherTeam.name}`) })
  await expect.element(item).toBeVisible()
  drag('dragover', item.element())
  await expect.element(screen.getByText(`Drop to upload to ${otherTeam.name}`)).toBeVisible()
  drag('drop', item.element())
  await expect.poll(() => asked(opened, 'addFiles')).toEqual([{ files: [file], team: choiceOf(otherTeam) }])
  await expect.element(item).not.toBeInTheDocument()
  await expect.element(picker).toBeVisible()
  expect(asked(opened, 'chooseTeam')).toEqual([])
})

test('files dropped on the closed picker are for the chosen team; elsewhere none is named', async () => {
  const opened = await openPage()
  const picker = opened.screen.getByRole('button', { name: `Team: ${team.name}` })
  drag('drop', picker.element())
  drag('drop', document.body)
  await expect
    .poll(() => asked(opened, 'addFiles'))
    .toEqual([{ files: [file], team: choiceOf(team) }, { files: [file] }])
})

test('the picker closes when dragged files leave it for the list', async () => {
  const { screen } = await openPage({ rows: [row('Grain')] })
  drag('dragover', screen.getByRole('button', { name: `Team: ${team.name}` }).element())
  await expect.element(screen.getByRole('menu')).toBeVisible()
  // Between the button and its menu.
  drag('dragover', screen.getByRole('banner').element())
  await expect.element(screen.getByRole('menu')).toBeVisible()
  drag('dragover', screen.getByRole('grid').element())
  await expect.element(screen.getByRole('menu')).not.toBeInTheDocument()
})

test.each<[string, (opened: OpenPage) => unknown]>([
  [
    'the team filter',
    async ({ screen, emit }) => {
      emit('command', 'find')
      await userEvent.click(screen.getByRole('button', { name: 'Team: All teams' }))
    },
  ],
  ['the dialog “Also add to team”', async (opened) => choose(opened, 'Grain', 'Also add to team…')],
  [
    'the team picker under dragged files',
    ({ screen }) => drag('dragover', screen.getByRole('button', { name: `Team: ${team.name}` }).element()),
  ],
])('%s asks for the teams once when it opens', async (_, open) => {
  const opened = await openPage({ rows: mixed, answers: { library: () => success(listing()) } })
  await open(opened)
  await expect.poll(() => asked(opened, 'refreshTeams')).toHaveLength(1)
})
