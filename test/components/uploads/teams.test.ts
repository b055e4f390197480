import axe from 'axe-core'
import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import { listing } from '../support/library.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { account, failedRow, otherTeam, patchOf, row, signedIn, team } from '../support/rows.ts'

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

test('uploads are added to another team, which the dialog asks for', async () => {
  const opened = await openPage({
    rows: [row('Grain'), row('Depth', { position: 1 })],
    answers: { addUploadsToTeam: () => success(report) },
  })
  const { screen, rowOf } = opened
  await choose(opened, 'Grain', 'Also add to team…')
  const dialog = screen.getByRole('dialog', { name: 'Also add to team' })
  await expect.element(dialog.getByRole('button', { name: `Upload to ${otherTeam.name}` })).toHaveFocus()
  expect(dialog.getByRole('button', { name: `Upload to ${team.name}` }).elements()).toEqual([])
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
  await userEvent.click(
    screen.getByRole('dialog').getByRole('button', { name: `Upload to ${otherTeam.name}` }),
  )
  await expect
    .poll(() => asked(opened, 'addModelsToTeam'))
    .toEqual([{ choice: choiceOf(team), modelIds: ['Grain'], team: choiceOf(otherTeam) }])
  await expect.element(screen.getByText('No unchanged file of this model', { exact: false })).toBeVisible()
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
  await userEvent.click(dialog.getByRole('button', { name: `Upload to ${otherTeam.name}` }))
  await expect
    .poll(() => asked(opened, 'addUploadsToTeam'))
    .toEqual([{ ids: ['Grain'], team: { accountId: session.id, teamId: otherTeam.id } }])
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
