import axe from 'axe-core'
import { afterEach, expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { missingCompanions, openReview, reviewOf, reviewRows } from '../support/review.ts'
import {
  failedRow,
  registeredRow,
  row,
  sendingRow,
  settings,
  signedOut,
  pathConflictRow,
} from '../support/rows.ts'

const rows = [
  failedRow('Broken', failure('forbidden', { team: 'Aurora Studio' }, { serverMessage: 'viewer' }), {
    started: true,
    sentBytes: 200_000_000,
  }),
  sendingRow('Flux'),
  row('Later', { phase: 'retrying', started: true, failure: failure('offline'), retryAtMs: 5, sentBytes: 9 }),
  row('Grain'),
  row('Held', { phase: 'paused' }),
  registeredRow('Depth'),
]
const clashing = pathConflictRow('Taken')
const libraryModels = ['Grain', 'Depth'].map((displayName, index) => ({
  id: displayName,
  displayName,
  modelType: 'loras',
  modelPath: `models/loras/${displayName}`,
  sizeBytes: 5,
  sha256: null,
  status: index === 0 ? 'active' : 'disabled',
  createdAtMs: 5,
  storageKey: 'k',
}))
const rowCorner = { position: { x: 12, y: 12 } }

type Scene = (theme: 'light' | 'dark') => Promise<OpenPage>
const opened = (beginning: Parameters<typeof openPage>[0], act: (page: OpenPage) => Promise<void>): Scene => {
  return async (theme) => {
    const answers = { settings: () => success({ ...settings, theme }), ...beginning?.answers }
    const one = await openPage({ ...beginning, answers })
    await act(one)
    return one
  }
}

const scenes: Readonly<Record<string, Scene>> = {
  empty: opened({}, async ({ screen }) => {
    await expect.element(screen.getByText('Drop model files here', { exact: false })).toBeVisible()
  }),
  'an upload that lacks companions, with details': opened(
    { rows: [row('Flux')], answers: { companions: () => success(missingCompanions) } },
    async ({ rowOf, screen }) => {
      await userEvent.dblClick(rowOf('Flux'))
      await expect.element(screen.getByRole('button', { name: /^Also upload sd_xl/ })).toBeInTheDocument()
    },
  ),
  'uploads, with details': opened({ rows }, async ({ rowOf, screen }) => {
    await userEvent.dblClick(rowOf('Broken'), rowCorner)
    await expect.element(screen.getByRole('complementary')).toBeVisible()
  }),
  'a field being changed wrongly': opened({ rows }, async ({ rowOf, screen }) => {
    await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
    await userEvent.fill(screen.getByRole('textbox', { name: 'Library path' }), '/no')
  }),
  'a type being chosen': opened({ rows }, async ({ rowOf, screen }) => {
    await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Type/ }))
    await userEvent.keyboard('{ArrowDown}')
    await expect.poll(() => screen.getByRole('option').elements().length).toBeGreaterThan(5)
  }),
  'the question before cancelling': opened({ rows }, async ({ rowOf }) => {
    await userEvent.click(rowOf('Flux').getByRole('button', { name: /^Cancel upload/ }))
    await expect.element(rowOf('Flux').getByRole('button', { name: 'Keep' })).toBeVisible()
  }),
  'the keyboard shortcuts': opened({ rows }, async ({ screen, emit }) => {
    emit('command', 'show-shortcuts')
    await expect.element(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  }),
  'many chosen, a report and a search': opened({ rows }, async ({ rowOf, screen, emit }) => {
    emit('command', 'find')
    emit('added', { added: 2, refused: 1, skipped: [{ name: 'a.txt', reason: 'junk' }] })
    await userEvent.click(screen.getByRole('button', { name: '1 skipped' }))
    await userEvent.dblClick(rowOf('Flux'), rowCorner)
    await userEvent.keyboard('{Control>}a{/Control}')
    await expect.element(screen.getByRole('toolbar')).toBeVisible()
  }),
  'the library, with details and a requested deletion': opened(
    {
      answers: {
        library: () =>
          success({ models: libraryModels, listedAtMs: 5, completeAtMs: 5, failure: failure('offline') }),
        // The native question stays open.
        deleteModels: () => new Promise(() => {}),
      },
    },
    async ({ screen, rowOf }) => {
      await userEvent.click(screen.getByRole('button', { name: 'Library', exact: true }))
      await userEvent.dblClick(rowOf('Grain'), rowCorner)
      await userEvent.keyboard('{Delete}')
      await expect.element(screen.getByText('Deletion requested').first()).toBeVisible()
    },
  ),
  'the library, a model being changed': opened(
    {
      answers: {
        library: () => success({ models: libraryModels, listedAtMs: 5, completeAtMs: 5, failure: null }),
      },
    },
    async ({ screen, rowOf }) => {
      await userEvent.click(screen.getByRole('button', { name: 'Library', exact: true }))
      await userEvent.dblClick(rowOf('Grain'), rowCorner)
      await userEvent.click(screen.getByRole('button', { name: 'Edit name, type or path' }))
      await userEvent.fill(screen.getByRole('textbox', { name: 'Name' }), '')
    },
  ),
  'a library that can’t be had': opened(
    { answers: { library: () => ({ ok: false, failure: failure('not-found') }) } },
    async ({ screen }) => {
      await userEvent.click(screen.getByRole('button', { name: 'Library', exact: true }))
      await expect.element(screen.getByRole('main').getByRole('alert')).toBeVisible()
    },
  ),
  'a taken path being chosen about': opened({ rows: [clashing] }, async ({ rowOf, screen }) => {
    await userEvent.click(rowOf('Taken').getByRole('button', { name: 'Choose…' }))
    await userEvent.click(screen.getByRole('radio', { name: 'Replace' }))
  }),
  'the review with every group': async (theme) => {
    const one = await openReview(undefined, undefined, { settings: () => success({ ...settings, theme }) })
    await expect.element(one.sheet.getByRole('row', { name: /^Broken files/ })).toHaveFocus()
    return one
  },
  'the review without a team, with an invalid path': async (theme) => {
    const some = reviewRows.slice(-2)
    const view = reviewOf(some, { team: null, inspectingCount: 3 })
    const one = await openReview(some, view, { settings: () => success({ ...settings, theme }) })
    await userEvent.click(
      one.sheet.getByRole('row', { name: /^Flux,/ }).getByRole('button', { name: /^Library path/ }),
    )
    await userEvent.fill(one.sheet.getByRole('textbox', { name: 'Library path' }), '/no')
    return one
  },
  'the banner of a closed review, and an undo': async (theme) => {
    const one = await openReview(undefined, undefined, {
      settings: () => success({ ...settings, theme }),
      discardReview: () => success(['Flux']),
    })
    await userEvent.click(one.sheet.getByRole('button', { name: 'Cancel' }))
    await expect.element(one.screen.getByRole('button', { name: 'Undo' })).toBeVisible()
    return one
  },
  'an unsafe file, with details': opened(
    { rows: [failedRow('Trap', failure('file-dangerous', { imports: 'os.system' }))] },
    async ({ rowOf, screen }) => {
      await userEvent.click(rowOf('Trap').getByRole('button', { name: 'See finding' }))
      await expect.element(screen.getByRole('button', { name: 'Upload anyway…' })).toHaveFocus()
    },
  ),
  'team picker open': opened({ rows }, async ({ screen }) => {
    await userEvent.click(screen.getByRole('button', { name: /^Team/ }))
    await expect.element(screen.getByRole('menu', { name: /^Team/ })).toBeVisible()
  }),
  'sign-in, refused': opened(
    {
      answers: {
        session: () => success(signedOut),
        signIn: () => ({ ok: false, failure: failure('login-refused', {}, { serverMessage: 'no' }) }),
      },
    },
    async ({ screen }) => {
      await userEvent.fill(screen.getByLabelText('Email', { exact: true }), 'a@b.example')
      await userEvent.fill(screen.getByLabelText('Password', { exact: true }), 'x')
      await userEvent.keyboard('{Enter}')
      await expect
        .element(screen.getByRole('alert').getByText('Couldn’t sign in', { exact: false }))
        .toBeVisible()
    },
  ),
  'a pairing under way': opened(
    {
      answers: {
        session: () =>
          success({
            ...signedOut,
            pairing: {
              userCode: 'AB7K-PNQ3',
              address: 'https://app.cyberun.example/desktop/pair',
              expiresAtMs: Date.now() + 200_000,
              state: 'waiting',
              failure: null,
            },
          }),
      },
    },
    async ({ screen }) => {
      await expect.element(screen.getByLabelText('Code', { exact: true })).toBeVisible()
    },
  ),
  'settings, with a wrong address': opened({}, async ({ screen, emit }) => {
    emit('command', 'show-settings')
    await userEvent.fill(screen.getByLabelText('Server address', { exact: true }), 'http://nowhere')
    await userEvent.keyboard('{Enter}')
  }),
  'history, with details': opened(
    { answers: { history: () => success({ rows: [registeredRow('Depth')], nextBeforeMs: 1 }) } },
    async ({ screen, emit, rowOf }) => {
      emit('command', 'show-history')
      await userEvent.dblClick(rowOf('Depth'), rowCorner)
      await expect.element(screen.getByRole('complementary')).toBeVisible()
    },
  ),
}

const cases = Object.entries(scenes).flatMap(([name, scene]) => [
  { name, theme: 'light' as const, scene },
  { name, theme: 'dark' as const, scene },
])

afterEach(() => page.viewport(960, 640))

/** Transitions must have ended before axe runs. */
async function settled(): Promise<void> {
  await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)))
}

test.each(cases)('has no axe violations: $name ($theme)', async ({ scene, theme }) => {
  await scene(theme)
  await expect.poll(() => document.documentElement.dataset['theme']).toBe(theme)
  await settled()
  const { violations } = await axe.run(document.body, { resultTypes: ['violations'] })
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
})

test.each([
  [480, 400],
  [480, 320],
])('fits all controls into %d × %d', async (width, height) => {
  await page.viewport(width, height)
  const { screen } = await openPage({ rows })
  await expect.element(screen.getByRole('button', { name: 'Pause all' })).toBeInViewport()
  await expect.element(screen.getByRole('button', { name: 'Add', exact: true })).toBeInViewport()
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(width)
  const beyond = [...screen.container.querySelectorAll('header button, section button')].filter(
    (button) => button.getBoundingClientRect().right > width + 0.5,
  )
  expect(beyond).toEqual([])
})

test.each([
  [480, 400],
  [480, 320],
])('the review fits into %d × %d, with room for its list', async (width, height) => {
  await page.viewport(width, height)
  const { sheet } = await openReview()
  await expect.element(sheet.getByRole('button', { name: /^Upload 4 files/ })).toBeInViewport()
  await expect.element(sheet.getByRole('button', { name: 'Upload to Aurora Studio' })).toBeInViewport()
  await expect.element(sheet.getByRole('button', { name: /^Remove 1 file/ })).toBeInViewport()
  const list = sheet.getByRole('grid', { name: 'Files in review' }).element()
  expect(list.clientHeight).toBeGreaterThan(150)
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(width)
})
