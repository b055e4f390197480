import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { sha256Of } from '../support/disk.ts'
import { expect, test } from '../support/fixtures.ts'
import { ask, control, drag, rowOf, signIn } from '../support/page-steps.ts'

// More than both socket buffers hold, so that a held file is still being sent.
const largeBytes = 40_000_000

test('pauses and resumes a running upload', async ({ page, harness }) => {
  const held = harness.cloud.hold('put-object', 500_000)
  const path = await harness.file('loras/halted.safetensors', { sizeBytes: largeBytes })
  await drag(page, [path])
  await held.arrived
  await control(page, 'Pause', 'halted').click()
  await expect(rowOf(page, 'halted')).toContainText('Pausing, finishing 1 part')
  await rowOf(page, 'halted')
    .getByRole('button', { name: /^Stop now/ })
    .click()
  await expect(rowOf(page, 'halted')).toHaveAccessibleName(/Paused/)
  held.release()
  await control(page, 'Resume', 'halted').click()
  await expect(rowOf(page, 'halted')).toContainText('In the library')
  const [object] = await harness.cloud.objects()
  expect(await object?.sha256()).toBe(sha256Of(path))
})

test('finishes what is nearly sent before a pause, and shows the cost of stopping', async ({
  page,
  harness,
}) => {
  const held = harness.cloud.hold('put-object', 'answer')
  await drag(page, [await harness.file('loras/nearly there.safetensors')])
  await expect(rowOf(page, 'nearly there')).toContainText('Finishing')
  await page.getByRole('button', { name: 'Pause all' }).click()
  await expect(page.getByRole('heading', { name: 'Pausing, finishing 1 part' })).toBeVisible()
  const stop = rowOf(page, 'nearly there').getByRole('button', { name: /^Stop now/ })
  await expect(stop).toHaveAttribute('title', /^Stop now, \d.* would be sent again$/)
  held.release()
  await expect(rowOf(page, 'nearly there')).toContainText('In the library')
})

test('confirms the cancellation of a running upload, and leaves nothing in storage', async ({
  page,
  harness,
}) => {
  const held = harness.cloud.hold('put-object', 500_000)
  await drag(page, [await harness.file('loras/unwanted.safetensors', { sizeBytes: largeBytes })])
  await held.arrived
  await control(page, 'Cancel upload', 'unwanted').click()
  await page.getByRole('button', { name: 'Keep', exact: true }).click()
  await expect(rowOf(page, 'unwanted')).toContainText('Uploading')
  await control(page, 'Cancel upload', 'unwanted').click()
  await page
    .getByRole('group', { name: 'Cancel upload?' })
    .getByRole('button', { name: 'Cancel upload' })
    .click()
  await expect(page.getByText(/^Drop model files here/)).toBeVisible()
  held.release()
  await harness.cloud.ended('put-object')
  expect([await harness.cloud.objects(), harness.cloud.modelsOf(ALICES_TEAM_ID)]).toEqual([[], []])
})

test('restores the queue and its pause after a restart', async ({ app, harness }) => {
  await signIn(app.page)
  const held = harness.cloud.hold('put-object', 1)
  await drag(app.page, [await harness.file('loras/kept one.safetensors')])
  await held.arrived
  await app.page.getByRole('button', { name: 'Pause all' }).click()
  await drag(app.page, [await harness.file('vae/kept two.safetensors')])
  await expect(rowOf(app.page, 'kept two')).toBeVisible()
  const before = (await ask(app.page, 'snapshot')).rows.map(({ id, target, team }) => ({ id, target, team }))
  held.release()
  await app.kill()

  const { page } = await harness.start()
  await expect(page.getByRole('button', { name: 'Resume all' })).toBeVisible()
  const { rows, allPaused } = await ask(page, 'snapshot')
  expect([allPaused, rows.map(({ id, target, team }) => ({ id, target, team }))]).toEqual([true, before])
  await page.getByRole('button', { name: 'Resume all' }).click()
  for (const name of ['kept one', 'kept two']) await expect(rowOf(page, name)).toContainText('In the library')
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
})
