import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { success } from '../../../electron/contract/failures.ts'
import type { ModelFacts } from '../../../electron/contract/recognition.ts'
import { openPage } from '../support/open-page.ts'
import { row } from '../support/rows.ts'

const facts: ModelFacts = {
  title: 'Painter',
  author: 'Mira',
  description: null,
  licence: 'FLUX.1 dev non-commercial',
  date: null,
  triggerWords: ['in oil'],
  resolution: '1024x1024',
  trainingBase: 'sd_xl_base',
  usageHint: null,
  predictionType: null,
  quantisation: null,
  producer: 'kohya',
  parameterCount: 12_345_678_901,
  dtypes: [{ dtype: 'F16', sizeBytes: 1_000_000 }],
  inputs: [],
  privateContent: ['workflow'],
  sidecars: ['painter.png'],
  imports: [{ name: 'some.thing', level: 'suspicious' }],
}
// A picture of one grey pixel.
const dot =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='

test('the details show metadata, private content and the preview of a file', async () => {
  const painter = row('Painter')
  const { screen, rowOf, asked } = await openPage({
    rows: [{ ...painter, recognition: { ...painter.recognition, hasPreview: true } }],
    answers: { modelFacts: () => success({ facts, preview: { url: dot, from: 'sidecar' } }) },
  })
  await userEvent.dblClick(rowOf('Painter'))
  const pane = screen.getByRole('complementary', { name: 'Details of Painter' })
  await expect.element(pane.getByRole('img', { name: 'Preview of Painter' })).toBeVisible()
  await expect.element(pane.getByRole('note')).toMatchTextContent('the file contains a workflow')
  for (const text of ['Mira', 'in oil', '1024x1024', '12.3B', 'some.thing', 'unusual for a model']) {
    await expect.element(pane.getByText(text, { exact: false }).first()).toBeVisible()
  }
  await expect
    .element(pane.getByText('This licence restricts who may use the model', { exact: false }))
    .toBeVisible()
  // The picture replaces the row's icon.
  await expect
    .poll(() => screen.container.querySelector('.row .tile img')?.getAttribute('src'))
    .toMatch(/^data:image\//)
  expect(asked.filter(({ name }) => name === 'modelFacts').length).toBeGreaterThan(0)
})

test('a row without a preview requests none', async () => {
  const { rowOf, asked } = await openPage({ rows: [row('Painter')] })
  await expect.element(rowOf('Painter')).toBeVisible()
  expect(asked).toEqual([])
})
