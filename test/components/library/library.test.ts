import { tick } from 'svelte'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { FailedDeletion } from '../../../electron/contract/library.ts'
import { choice, rowCorner, listing, model, openLibrary, threeModels } from '../support/library.ts'
import { openPage } from '../support/open-page.ts'
import { selectOption } from '../support/select-option.ts'
import { account, noonMs, otherTeam, registeredRow, signedIn, team } from '../support/rows.ts'

test('lists the models of the chosen team, newest first', async () => {
  const { names, asked, rowOf } = await openLibrary()
  await expect.poll(names).toEqual(['Flux', 'Depth', 'Grain'])
  expect(asked).toEqual([
    { name: 'agents', args: { choice } },
    { name: 'library', args: { choice } },
    { name: 'library', args: { choice, maxAgeMs: 10_000 } },
  ])
  await expect.element(rowOf('Flux')).toHaveAttribute('aria-label', 'Flux, checkpoints, 1.0 GB, Disabled')
  await userEvent.keyboard('{F5}')
  await expect.poll(() => asked.at(-1)).toEqual({ name: 'library', args: { choice, maxAgeMs: 0 } })
})

test('search, type and status filter the list, and one click clears them', async () => {
  const { names, screen } = await openLibrary()
  await userEvent.fill(screen.getByRole('textbox', { name: 'Search library' }), 'grain')
  await expect.poll(names).toEqual(['Grain'])
  await selectOption(screen.getByRole('combobox', { name: 'Type' }), /^controlnet 1 · 2.0 GB/)
  await expect.element(screen.getByText('No models match.')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show all' }))
  await selectOption(screen.getByRole('combobox', { name: 'Status' }), /^Disabled/)
  await expect.poll(names).toEqual(['Flux'])
})

test('a narrow window filters and sorts by a menu, in both directions', async () => {
  await page.viewport(480, 400)
  const { names, screen } = await openLibrary()
  async function choose(group: string, item: RegExp) {
    await userEvent.click(screen.getByRole('button', { name: 'Filter and sort' }))
    await userEvent.click(screen.getByRole('menuitem', { name: new RegExp(`^${group}`) }))
    await userEvent.click(screen.getByRole('menuitemradio', { name: item }))
  }
  expect(screen.getByRole('combobox').elements()).toEqual([])
  await choose('Sort by', /^Name/)
  await expect.poll(names).toEqual(['Depth', 'Flux', 'Grain'])
  await choose('Sort by', /^Descending/)
  await expect.poll(names).toEqual(['Grain', 'Flux', 'Depth'])
  await choose('Status', /^Disabled/)
  await expect.poll(names).toEqual(['Flux'])
  await choose('Status', /^All statuses/)
  await choose('Type', /^loras/)
  await expect.poll(names).toEqual(['Grain'])
})

test('shows and filters by base models, if any is known', async () => {
  const { screen, names, rowOf } = await openLibrary([...threeModels, model('Ink', { base: 'SDXL' })])
  await expect.element(rowOf('Ink')).toMatchTextContent('SDXL')
  await selectOption(screen.getByRole('combobox', { name: 'Base model' }), /^SDXL/)
  await expect.poll(names).toEqual(['Ink'])
})

const diffusers = ['model_index.json', 'unet/a.safetensors', 'vae/a.safetensors'].map((name) =>
  model(name, { modelType: 'diffusers', modelPath: `models/diffusers/sdxl/${name}` }),
)
const diffusersIds = diffusers.map(({ id }) => id)

test('a diffusers folder is one row, whose details list its files and whose commands apply to all of them', async () => {
  const { screen, names, rowOf, asked } = await openLibrary([...threeModels, ...diffusers])
  await expect.poll(names).toEqual(['Flux', 'sdxl', 'Depth', 'Grain'])
  await expect
    .element(rowOf('sdxl'))
    .toHaveAttribute('aria-label', 'sdxl, diffusers, 3.0 GB, 3 files, Active')
  await userEvent.dblClick(rowOf('sdxl'), rowCorner)
  const details = screen.getByRole('complementary', { name: 'Details of sdxl' })
  for (const id of diffusersIds) await expect.element(details.getByText(id).last()).toBeVisible()
  await userEvent.click(details.getByRole('button', { name: 'Disable' }))
  await expect.element(rowOf('sdxl')).toMatchTextContent('Disabled')
  const argsOf = (of: string) => asked.filter(({ name }) => name === of).map(({ args }) => args)
  expect(argsOf('changeModel')).toMatchObject(diffusersIds.map((modelId) => ({ modelId })))
  await userEvent.keyboard('{Escape}')
  await userEvent.click(rowOf('sdxl').getByRole('button', { name: /^Delete/ }))
  await expect.poll(names).toEqual(['Flux', 'Depth', 'Grain'])
  expect(argsOf('deleteModels')).toEqual([{ choice, modelIds: diffusersIds }])
})

test('a wide window sorts by its column headers only, in both directions', async () => {
  const { names, screen } = await openLibrary()
  expect(screen.getByRole('button', { name: 'Filter and sort' }).elements()).toEqual([])
  const size = screen.getByRole('columnheader', { name: 'Size' })
  await expect.element(size).toHaveAttribute('aria-sort', 'none')
  await userEvent.click(size.getByRole('button'))
  await expect.poll(() => names()[0]).toBe('Depth')
  await expect.element(size).toHaveAttribute('aria-sort', 'descending')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => names().at(-1)).toBe('Depth')
  await expect.element(size).toHaveAttribute('aria-sort', 'ascending')
  expect(screen.getByRole('columnheader', { name: 'Date added' }).element().ariaSort).toBe('none')
})

test('keeps a model whose deletion was not confirmed, and its focus', async () => {
  const { promise, resolve } = Promise.withResolvers<null>()
  const { rowOf, names } = await openLibrary(threeModels, {
    deleteModels: async () => success(await promise),
  })
  await userEvent.dblClick(rowOf('Depth'), rowCorner)
  await userEvent.keyboard('{Delete}')
  await expect.element(rowOf('Depth')).toMatchTextContent('Deletion requested')
  resolve(null)
  await expect.element(rowOf('Depth')).not.toMatchTextContent('Deletion requested')
  expect(names()).toEqual(['Flux', 'Depth', 'Grain'])
  await expect.element(rowOf('Depth')).toHaveFocus()
})

test('changes models with the selected account, also if another one has the same team', async () => {
  const session = account({ id: 'cloud.example person-1', teams: [team] })
  const device = account({ id: 'cloud.example person-1 team_aurora', kind: 'device', teams: [team] })
  const { rowOf, asked, emit } = await openLibrary(threeModels, {
    session: () => success(signedIn(session, device)),
  })
  await expect.element(rowOf('Depth')).toBeVisible()
  const chosen = { accountId: device.id, teamId: team.id }
  emit('session', { ...signedIn(session, device), chosen })
  await userEvent.dblClick(rowOf('Depth'), rowCorner)
  await userEvent.keyboard('{Delete}')
  await expect
    .poll(() => asked.at(-1))
    .toEqual({ name: 'deleteModels', args: { choice: chosen, modelIds: ['Depth'] } })
})

test('open details follow the focus and close when the model is deleted', async () => {
  const { screen, rowOf, names } = await openLibrary()
  const details = (name: string) => screen.getByRole('complementary', { name: `Details of ${name}` })
  await userEvent.dblClick(rowOf('Flux'), rowCorner)
  await expect.element(details('Flux')).toBeVisible()
  await userEvent.keyboard('{ArrowDown}')
  await expect.element(details('Depth')).toBeVisible()
  await userEvent.keyboard('{End}')
  await expect.element(details('Grain')).toBeVisible()
  await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Delete/ }))
  await expect.poll(names).toEqual(['Flux', 'Depth'])
  expect(screen.getByRole('complementary').elements()).toEqual([])
  await expect.element(rowOf('Depth')).toHaveFocus()
  await expect.element(screen.getByText(`“Grain” was deleted from ${team.name}.`)).toBeVisible()
})

test('Undo enables again what was disabled, except a model whose change was refused', async () => {
  const { screen, asked } = await openLibrary(threeModels, {
    changeModel: ({ modelId }) => (modelId === 'Grain' ? failed(failure('bad-request')) : success(undefined)),
  })
  await userEvent.click(screen.getByRole('row', { name: /^Depth,/ }), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(screen.getByRole('toolbar').getByRole('button', { name: 'Disable' }))
  await expect.element(screen.getByText('Disabled 1 model.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  const changes = () => asked.filter(({ name }) => name === 'changeModel').map(({ args }) => args)
  await expect.poll(changes).toEqual([
    { choice, modelId: 'Depth', change: { status: 'disabled' } },
    { choice, modelId: 'Grain', change: { status: 'disabled' } },
    { choice, modelId: 'Depth', change: { status: 'active' } },
  ])
})

test('Undo changes the models of their own team, also when another one is shown, and reports a failure', async () => {
  const { screen, asked, emit, names } = await openLibrary(threeModels, {
    library: ({ choice: shown }) => success(listing(shown.teamId === team.id ? threeModels : [])),
    changeModel: ({ change }) =>
      change.status === 'active' ? failed(failure('forbidden', { team: '' })) : success(undefined),
  })
  await userEvent.dblClick(screen.getByRole('row', { name: /^Depth,/ }), rowCorner)
  await userEvent.click(screen.getByRole('complementary').getByRole('button', { name: 'Disable' }))
  await expect.element(screen.getByText('Disabled 1 model.', { exact: false })).toBeVisible()
  emit('session', { ...signedIn(), chosen: { ...choice, teamId: otherTeam.id } })
  await expect.poll(names).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  const failed403 = `Couldn’t undo the changes in ${team.name}. You don’t have permission to change models`
  await expect.element(screen.getByText(failed403, { exact: false })).toBeVisible()
  expect(asked.filter(({ name }) => name === 'changeModel').map(({ args }) => args)).toEqual([
    { choice, modelId: 'Depth', change: { status: 'disabled' } },
    { choice, modelId: 'Depth', change: { status: 'active' } },
  ])
})

test('offers the local file only if it is known', async () => {
  const hasLocalFile = () => success(true)
  const { screen, rowOf, asked } = await openLibrary(threeModels, { hasLocalFile })
  await userEvent.dblClick(rowOf('Depth'), rowCorner)
  await expect.element(screen.getByRole('complementary', { name: 'Details of Depth' })).toBeVisible()
  expect(screen.getByRole('button', { name: 'Show local file' }).elements()).toEqual([])
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('button', { name: 'Show local file' }))
  expect(asked.at(-1)).toEqual({ name: 'showLocalFile', args: { sha256: 'ab'.repeat(32) } })
})

test('shows the library of the new team after a team change', async () => {
  const theirs = [model('Theirs')]
  const { names, emit } = await openLibrary(threeModels, {
    library: ({ choice: asked }) => success(listing(asked.teamId === team.id ? threeModels : theirs)),
  })
  await expect.poll(names).toHaveLength(3)
  emit('session', { ...signedIn(), chosen: { ...choice, teamId: otherTeam.id } })
  await expect.poll(names).toEqual(['Theirs'])
})

const otherLibrary = `Library of ${otherTeam.name}. New uploads go to ${team.name}.`
const twoTeams = {
  library: ({ choice: asked }: { choice: { teamId: string } }) =>
    success(listing(asked.teamId === team.id ? threeModels : [model('Theirs')])),
}

const theirs = registeredRow('Theirs', { team: otherTeam, modelId: 'Theirs' })

test('“Show in library” of another team’s upload leaves the team of new files as it is', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [theirs], answers: twoTeams })
  await userEvent.click(rowOf('Theirs'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Show in library' }))
  await expect.element(screen.getByRole('complementary', { name: 'Details of Theirs' })).toBeVisible()
  await expect.element(screen.getByText(otherLibrary)).toBeVisible()
  expect(asked.map(({ name }) => name)).not.toContain('chooseTeam')
  await userEvent.click(screen.getByRole('button', { name: `Show ${team.name}` }))
  await expect.element(rowOf('Flux')).toBeVisible()
  expect(screen.getByText(otherLibrary).elements()).toEqual([])
})

test('says how many of the models are no longer in the library, and has their uploads verified again', async () => {
  const { screen, rowOf, asked } = await openPage({
    rows: ['Flux', 'Wan'].map((name) => registeredRow(name, { modelId: name })),
    answers: { library: () => success(listing([model('Flux')])) },
  })
  await userEvent.click(rowOf('Wan'))
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: /^Show in library/ }))
  const missing = screen.getByText(`This model is no longer in the library of ${team.name}.`)
  await expect.element(missing).toBeVisible()
  await expect.element(rowOf('Flux')).toHaveAttribute('aria-selected', 'true')
  expect(asked).toContainEqual({ name: 'retry', args: { ids: ['Wan'] } })
})

test('opens the server of the shown library, not that of new files', async () => {
  const second = account({ id: 'account-2', server: 'https://other.example', teams: [otherTeam] })
  const { screen, rowOf, asked } = await openPage({
    rows: [{ ...theirs, accountId: second.id }],
    answers: { ...twoTeams, session: () => success(signedIn(account({ teams: [team] }), second)) },
  })
  await userEvent.click(rowOf('Theirs'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Show in library' }))
  await expect.element(screen.getByRole('complementary', { name: 'Details of Theirs' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Open Cyberun Cloud in browser' }))
  expect(asked.at(-1)).toEqual({ name: 'openServer', args: { accountId: 'account-2' } })
})

test('asks for a sign-in to show the library of a signed-out account', async () => {
  const { screen, rowOf } = await openPage({
    rows: [theirs],
    answers: { session: () => success(signedIn(account({ state: 'signed-out' }))) },
  })
  await userEvent.click(rowOf('Theirs'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Show in library' }))
  await expect
    .element(screen.getByText(`Sign in again to see the library of ${otherTeam.name}.`))
    .toBeVisible()
})

test('lists a finished upload without a manual refresh', async () => {
  let models = threeModels
  const { names, emit } = await openLibrary(threeModels, { library: () => success(listing(models)) })
  await expect.poll(names).toHaveLength(3)
  models = [...threeModels, model('New', { createdAtMs: noonMs + 1_000 })]
  emit('library', { teamId: team.id, failure: null })
  await expect.poll(names).toEqual(['New', 'Flux', 'Depth', 'Grain'])
})

test.each([
  [failure('not-found'), 'This server doesn’t provide a list'],
  [failure('server-trouble', { status: 500 }), 'The server is temporarily unavailable'],
  [failure('offline'), 'No connection.'],
] as const)('the library, not loaded ($code) says so and tries again', async (why, words) => {
  let answer: ReturnType<typeof failed> | ReturnType<typeof success<ReturnType<typeof listing>>> = failed(why)
  const { screen, names } = await openLibrary(threeModels, { library: () => answer })
  await expect.element(screen.getByRole('main').getByRole('alert')).toMatchTextContent(words.slice(0, 14))
  answer = success(listing())
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await expect.poll(names).toHaveLength(3)
})

test('renders only the visible rows of 10,000 models, and End reaches the last', async () => {
  await page.viewport(960, 640)
  const many = Array.from({ length: 10_000 }, (_, index) =>
    model(`Model ${index}`, { createdAtMs: noonMs - index }),
  )
  const { screen, names } = await openLibrary(many)
  await expect.poll(names).toContain('Model 0')
  expect(names().length).toBeLessThan(60)
  screen.container.querySelector<HTMLElement>('[data-id]')?.focus()
  await userEvent.keyboard('{End}')
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Model 9999')
  await userEvent.fill(screen.getByRole('textbox', { name: 'Search library' }), 'Model 4321')
  await expect.poll(names).toEqual(['Model 4321'])
})

test('reports once that a server does not list its models', async () => {
  const { emit, screen } = await openPage()
  for (let times = 0; times < 2; times += 1)
    emit('library', { teamId: team.id, failure: failure('not-found') })
  const notice = screen.getByText('The library can’t be listed.', { exact: false })
  await expect.element(notice).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Close', exact: true }))
  await expect.element(notice).not.toBeInTheDocument()
  emit('library', { teamId: team.id, failure: failure('not-found') })
  await tick()
  expect(notice.elements()).toEqual([])
})

test('a model that is being deleted is not deleted a second time', async () => {
  const { rowOf, asked } = await openLibrary(threeModels, {
    deleteModels: () => new Promise(() => {}),
  })
  const deletions = () => asked.filter(({ name }) => name === 'deleteModels')
  await userEvent.dblClick(rowOf('Depth'), rowCorner)
  await userEvent.keyboard('{Delete}')
  await expect.poll(deletions).toHaveLength(1)
  await expect.element(rowOf('Depth').getByRole('button', { name: /^Delete/ })).toBeDisabled()
  await userEvent.keyboard('{Delete}')
  expect(deletions()).toHaveLength(1)
})

test('deletes several models after a native dialog, which the page leaves to the main process', async () => {
  let answer: readonly FailedDeletion[] | null = null
  const { screen, rowOf, asked, names } = await openLibrary(threeModels, {
    deleteModels: () => success(answer),
  })
  const deletions = () => asked.filter(({ name }) => name === 'deleteModels').map(({ args }) => args)
  await userEvent.dblClick(rowOf('Flux'), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}{Delete}')
  const modelIds = ['Flux', 'Depth', 'Grain']
  await expect.poll(deletions).toEqual([{ choice, modelIds }])
  expect(screen.getByRole('alertdialog').elements()).toEqual([])
  expect(names()).toEqual(modelIds)
  answer = [{ modelId: 'Depth', failure: failure('forbidden', { team: '' }) }]
  await userEvent.click(screen.getByRole('toolbar').getByRole('button', { name: 'Delete…' }))
  await expect.element(rowOf('Flux')).not.toBeInTheDocument()
  await expect.element(rowOf('Grain')).not.toBeInTheDocument()
  const error = screen.getByText('You don’t have permission to change models', { exact: false })
  await expect.element(error).toBeVisible()
})

test('an invalid path cannot be saved', async () => {
  const { screen, rowOf } = await openLibrary()
  await userEvent.dblClick(rowOf('Grain'), rowCorner)
  await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
  await userEvent.fill(screen.getByRole('textbox', { name: 'Library path' }), '../x')
  await expect.element(screen.getByRole('button', { name: 'Save' })).toBeDisabled()
})
