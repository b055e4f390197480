import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { MissingCompanion } from '../../../electron/contract/companions.ts'
import type { Locale } from '../../../electron/contract/app-info.ts'
import { success } from '../../../electron/contract/failures.ts'
import type { ReviewGroup } from '../../../electron/contract/review.ts'
import { openPage } from '../support/open-page.ts'
import { openReview } from '../support/review.ts'
import { reviewOf, reviewRow } from '../support/review-view.ts'
import { row, team } from '../support/rows.ts'

const t5: MissingCompanion = {
  key: 't5',
  role: 'text-encoder',
  base: 'T5-XXL',
  isCertain: true,
  usualName: 't5xxl_fp16.safetensors',
  offers: [
    {
      id: 'offer-t5',
      fileName: 't5xxl_fp16.safetensors',
      sizeBytes: 9_790_000_000,
      where: '~/ComfyUI/models/clip',
    },
    {
      id: 'offer-fp8',
      fileName: 't5xxl_fp8_e4m3fn.safetensors',
      sizeBytes: 4_890_000_000,
      where: '~/ComfyUI/models/clip',
    },
  ],
}
const vae: MissingCompanion = {
  key: 'vae',
  role: 'vae',
  base: 'Flux.1',
  isCertain: false,
  usualName: 'ae.safetensors',
  offers: [
    { id: 'offer-vae', fileName: 'ae.safetensors', sizeBytes: 335_000_000, where: '~/ComfyUI/models/vae' },
  ],
}
const sdxl: MissingCompanion = {
  key: 'sdxl',
  role: 'base-model',
  base: 'SDXL',
  isCertain: true,
  usualName: null,
  offers: [
    { id: 'offer-a', fileName: 'a.safetensors', sizeBytes: 6_000_000_000, where: '~/models' },
    { id: 'offer-b', fileName: 'b.safetensors', sizeBytes: 6_000_000_000, where: '~/models' },
  ],
}
const rows = [
  reviewRow('Flux', { sizeBytes: 23_800_000_000, target: { modelType: 'diffusion_models' } }),
  reviewRow('Grain', { position: 1 }),
  reviewRow('Plain', { position: 2, target: { modelType: 'upscale_models' } }),
]
const group: ReviewGroup = {
  kind: 'missing-companion',
  files: [
    { id: 'Flux', missing: ['t5', 'vae'] },
    { id: 'Grain', missing: ['sdxl'] },
  ],
}
const viewWith = (missingCompanions: readonly MissingCompanion[]) =>
  reviewOf(rows, { groups: [group], missingCompanions })

const report = { added: 2, refused: 0, skipped: [], drop: 'drop-2', review: 'review-1' }

test('the review says what is missing and how that is known, and uploads the files all the same', async () => {
  const { sheet, asked } = await openReview(rows, viewWith([t5, vae, sdxl]))
  await expect
    .element(sheet)
    .toMatchTextContent(
      'The team has no T5-XXL text encoder, SDXL base model · May be missing from the library: Flux.1 VAE',
    )
  await expect
    .element(sheet.getByRole('row', { name: /^Flux,.*Needs T5-XXL text encoder, Flux.1 VAE/ }))
    .toBeVisible()
  await userEvent.click(sheet.getByRole('button', { name: /^Upload 3 files/ }))
  await expect.poll(() => asked.map(({ name }) => name)).toEqual(['approveReview'])
})

test('one action adds the best file of each companion, but chooses no base model', async () => {
  const { sheet, asked } = await openReview(rows, viewWith([t5, vae, sdxl]), {
    addCompanions: () => success(report),
  })
  await userEvent.click(sheet.getByRole('button', { name: 'Also upload 2 files (10.1 GB)' }))
  await expect
    .poll(() => asked)
    .toEqual([{ name: 'addCompanions', args: { id: 'Flux', offers: ['offer-t5', 'offer-vae'] } }])
})

test('the details offer each file of this computer', async () => {
  const { screen, asked, rowOf } = await openPage({
    rows: [row('Flux', { phase: 'waiting' })],
    answers: {
      companions: ({ isSearched }) =>
        success(isSearched ? [t5, vae] : [t5, vae].map((companion) => ({ ...companion, offers: [] }))),
      addCompanions: () => success({ added: 1, refused: 0, skipped: [], drop: 'drop-2', newIds: ['x'] }),
    },
  })
  await userEvent.dblClick(rowOf('Flux'))
  const pane = screen.getByRole('complementary', { name: 'Details of Flux' })
  await expect.element(pane.getByRole('heading', { name: 'Not in the team’s library' })).toBeVisible()
  await expect.element(pane).toMatchTextContent('T5-XXL text encoder')
  await expect.element(pane).toMatchTextContent('Usually named ae.safetensors')
  await userEvent.click(
    pane.getByRole('button', { name: 'Also upload t5xxl_fp8_e4m3fn.safetensors (4.9 GB)' }),
  )
  await expect
    .poll(() => asked.filter(({ name }) => name === 'addCompanions'))
    .toEqual([{ name: 'addCompanions', args: { id: 'Flux', offers: ['offer-fp8'] } }])
})

test('the details show that the computer is searched, and nothing for a file that needs nothing', async () => {
  let answer: () => void = () => undefined
  const searched = new Promise<void>((resolve) => (answer = resolve))
  const { screen, rowOf } = await openPage({
    rows: [row('Flux', { phase: 'waiting' }), row('Plain', { phase: 'waiting', position: 1 })],
    answers: {
      companions: async ({ id, isSearched }) => {
        if (isSearched) await searched
        return success(id === 'Flux' ? [{ ...t5, offers: isSearched ? t5.offers : [] }] : [])
      },
    },
  })
  await userEvent.dblClick(rowOf('Flux'))
  const status = screen.getByText('Looking for it on this computer…')
  await expect.element(status).toBeVisible()
  answer()
  await expect.element(screen.getByRole('button', { name: /^Also upload t5xxl_fp16/ })).toBeVisible()
  await expect.poll(() => status.elements()).toEqual([])
  await userEvent.dblClick(rowOf('Plain'))
  await expect
    .poll(() => screen.getByRole('heading', { name: 'Not in the team’s library' }).elements())
    .toEqual([])
})

/** The list with a row that needs companions, and one that needs none. */
const openList = (locale: Locale = 'en') =>
  openPage({
    locale,
    rows: [row('Flux', { phase: 'waiting' }), row('Plain', { phase: 'waiting', position: 1 })],
    answers: {
      missingCompanions: () =>
        success({ companions: [t5, vae], files: [{ id: 'Flux', missing: ['t5', 'vae'] }] }),
    },
  })

test('a row says what its team lacks, also for screen readers', async () => {
  const { rowOf, lines } = await openList()
  await expect
    .element(rowOf('Flux').getByRole('button', { name: 'Needs T5-XXL text encoder, Flux.1 VAE' }))
    .toHaveAttribute(
      'title',
      'The team has no T5-XXL text encoder · May be missing from the library: Flux.1 VAE',
    )
  expect(rowOf('Plain').getByText('Needs', { exact: false }).elements()).toEqual([])
  expect(lines()).toContain(
    'Flux, SDXL, Needs T5-XXL text encoder, Flux.1 VAE, 1.0 GB, Waiting for its turn, 0%',
  )
})

test('a row says nothing any more once the library has what it needs', async () => {
  let missing = ['t5', 'vae']
  const { rowOf, emit } = await openPage({
    rows: [row('Flux', { phase: 'waiting' })],
    answers: {
      missingCompanions: () =>
        success({ companions: [t5, vae], files: missing.length > 0 ? [{ id: 'Flux', missing }] : [] }),
    },
  })
  const needs = rowOf('Flux').getByRole('button', { name: /^Needs/ })
  await expect.element(needs).toBeVisible()
  missing = []
  emit('library', { teamId: team.id, failure: null })
  // The list is compared at most once a second.
  await expect.poll(() => needs.elements(), { timeout: 10_000 }).toEqual([])
})

test('what a row needs opens the details and selects the row', async () => {
  const { screen, rowOf } = await openList()
  await userEvent.click(rowOf('Plain'))
  await userEvent.click(rowOf('Flux').getByRole('button', { name: /^Needs/ }))
  await expect.element(screen.getByRole('complementary', { name: 'Details of Flux' })).toBeVisible()
  await expect.element(rowOf('Flux')).toHaveAttribute('aria-selected', 'true')
  await expect.element(rowOf('Plain')).toHaveAttribute('aria-selected', 'false')
})
