import axe from 'axe-core'
import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { UpdateState } from '../../../electron/contract/updates.ts'
import { openPage } from '../support/open-page.ts'
import { sendingRow, signedIn } from '../support/rows.ts'

const inMemory = { ...signedIn(), keychain: 'absent' } as const
const ready: UpdateState = { kind: 'ready', version: '1.1.0' }

test('a downloaded update is offered in a banner and restarts on request', async () => {
  const { screen, emit, asked } = await openPage({
    answers: { installUpdate: () => success({ kind: 'installing', version: '1.1.0' }) },
  })
  emit('update', ready)
  const note = screen.getByRole('status').filter({ hasText: 'Modelferry 1.1.0 is ready to install.' })
  await expect.element(note).toBeVisible()
  expect((await axe.run(screen.container)).violations).toEqual([])
  await userEvent.click(note.getByRole('button', { name: 'Restart to update' }))
  expect(asked).toEqual([{ name: 'installUpdate', args: undefined }])
  await expect
    .element(screen.getByText('Installing Modelferry 1.1.0. The app restarts automatically…'))
    .toBeVisible()
})

test('the update banner says that uploads continue after the restart', async () => {
  const { screen, emit } = await openPage({ rows: [sendingRow('Flux')] })
  emit('update', ready)
  await expect
    .element(screen.getByText('Uploads continue after the restart.', { exact: false }))
    .toBeVisible()
})

test('the update banner warns if a restart would end the sign-in', async () => {
  const { screen, emit } = await openPage({ answers: { session: () => success(inMemory) } })
  emit('update', ready)
  await expect.element(screen.getByText('Restarting signs you out', { exact: false })).toBeVisible()
})

test('a dismissed update banner returns with the next version', async () => {
  const { screen, emit } = await openPage()
  emit('update', ready)
  await userEvent.click(screen.getByRole('button', { name: 'Later' }))
  await expect.element(screen.getByText('Modelferry 1.1.0 is ready to install.')).not.toBeInTheDocument()
  emit('update', { kind: 'ready', version: '1.2.0' })
  await expect.element(screen.getByText('Modelferry 1.2.0 is ready to install.')).toBeVisible()
})

const stands: readonly (readonly [UpdateState, string, string | null])[] = [
  [{ kind: 'off', why: 'package' }, 'download the newest package from modelferry.app', null],
  [{ kind: 'resting' }, 'Automatic update checks are turned off', 'Check now'],
  [{ kind: 'found', version: '1.1.0' }, 'Modelferry 1.1.0 is available.', 'Download'],
  [{ kind: 'downloading', version: '1.1.0', percent: 40 }, 'Downloading Modelferry 1.1.0: 40%', null],
  [ready, 'Modelferry 1.1.0 is ready to install.', 'Restart to update'],
  [{ kind: 'failed', failure: failure('update-unsigned') }, 'isn’t signed by Modelferry', 'Try again'],
]

test.for(stands)(
  'settings show the update state and the one action for it (%s)',
  async ([state, sentence, button]) => {
    const { screen, emit } = await openPage({ answers: { update: () => success(state) } })
    emit('command', 'show-settings')
    const card = screen.getByRole('region', { name: 'Updates' })
    await expect.element(card.getByText(sentence, { exact: false })).toBeVisible()
    const buttons = card
      .getByRole('button')
      .elements()
      .map(({ textContent }) => textContent.trim())
    expect(buttons).toEqual(button === null ? [] : [button])
    // Installations that the system updates offer no choice.
    expect(card.getByRole('combobox').elements().length).toBe(state.kind === 'off' ? 0 : 2)
  },
)

test('the licences open from the About card', async () => {
  const { screen, emit } = await openPage({
    answers: { thirdPartyNotices: () => success('svelte 5.57.3\nLicence: MIT') },
  })
  emit('command', 'show-settings')
  await userEvent.click(screen.getByRole('button', { name: 'Licences' }))
  await expect.element(screen.getByText('svelte 5.57.3', { exact: false })).toBeVisible()
  expect((await axe.run(screen.container)).violations).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Back to settings' }))
  await expect.element(screen.getByRole('region', { name: 'Updates' })).toBeVisible()
})

test('a download is announced at each quarter only', async () => {
  const { screen, emit } = await openPage({ answers: { update: () => success(ready) } })
  emit('command', 'show-settings')
  const status = screen.getByRole('region', { name: 'Updates' }).getByRole('status')
  for (const [percent, isAnnounced] of [
    [0, true],
    [40, false],
    [50, true],
  ] as const) {
    emit('update', { kind: 'downloading', version: '1.1.0', percent })
    await expect.element(status).toHaveTextContent(`Downloading Modelferry 1.1.0: ${percent}%`)
    expect(status.element().getAttribute('aria-live')).toBe(isAnnounced ? null : 'off')
  }
})
