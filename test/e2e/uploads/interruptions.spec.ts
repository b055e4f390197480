import { ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import type { Operation } from '../../cloud/operations.ts'
import { sha256Of } from '../support/disk.ts'
import { expect, test } from '../support/fixtures.ts'
import { ask, drag, errorOf, pick, rowOf, signInByForm } from '../support/page-steps.ts'

const mebibyte = 1024 ** 2

test('waits after the session ends during an upload, and continues after sign-in', async ({
  page,
  harness,
}) => {
  const held = harness.cloud.hold('put-object', 'answer')
  await drag(page, [await harness.file('loras/waiting.safetensors')])
  await held.arrived
  harness.cloud.fail({ on: 'registerModel', how: 401, times: Infinity })
  harness.cloud.endSessions('alice@example.com')
  held.release()
  await expect(errorOf(page, 'You’re signed out')).toBeVisible()
  harness.cloud.clearFailures()
  await page.getByRole('grid').getByRole('button', { name: 'Sign in' }).click()
  await signInByForm(page)
  await expect(rowOf(page, 'waiting')).toContainText('In the library')
  expect(await harness.cloud.objects()).toHaveLength(1)
})

test('shows a viewer that uploads aren’t allowed, with the server’s message', async ({ app, harness }) => {
  await signInByForm(app.page, BOB)
  await pick(app.page, /^Team: /, 'Studio North')
  await expect(app.page.getByRole('button', { name: 'Team: Studio North' })).toBeVisible()
  await drag(app.page, [await harness.file('loras/not mine.safetensors')])
  const row = rowOf(app.page, 'not mine')
  await expect(errorOf(app.page, 'You can’t add models to Studio North')).toContainText('“forbidden”')
  await row.dblclick({ position: { x: 10, y: 10 } })
  const [{ failure } = {}] = (await ask(app.page, 'snapshot')).rows
  expect(failure?.serverMessage).toBeTruthy()
  await expect(app.page.getByRole('complementary')).toContainText(`“${failure?.serverMessage}”`)
  expect(harness.cloud.modelsOf(STUDIO_NORTH_ID)).toEqual([])
})

test('shows a lost connection on the row, and continues automatically', async ({ page, harness }) => {
  harness.cloud.fail({ on: 'put-object', how: 'cut', after: 1_000_000, times: Infinity })
  const path = await harness.file('loras/dropped line.safetensors', { sizeBytes: 3_000_000 })
  await drag(page, [path])
  await expect(rowOf(page, 'dropped line')).toContainText('Waiting for connection')
  harness.cloud.clearFailures()
  await expect(rowOf(page, 'dropped line')).toContainText('In the library')
  const [object, ...others] = await harness.cloud.objects()
  expect([await object?.sha256(), others]).toEqual([sha256Of(path), []])
})

test.describe('above the single upload limit', () => {
  test.use({
    cloudOptions: { partSizeBytes: 5 * mebibyte },
    settings: { singlePutLimitBytes: 5 * mebibyte, atOnce: 1 },
  })
  const partCount = 5
  const sizeBytes = (partCount - 1) * 5 * mebibyte + 12_345
  const storedParts = (operations: readonly Operation[]) =>
    operations.filter(({ name, status }) => name === 'put-part' && status === 200)

  test('sends only the missing parts after a kill', async ({ app, harness }) => {
    await signInByForm(app.page)
    const path = await harness.file('checkpoints/survivor.safetensors', { sizeBytes })
    harness.cloud.fail({ on: 'put-part', how: 'stall', skip: 2, times: Infinity })
    await drag(app.page, [path])
    // The page on the test host handles no bridge calls while it reads the paths of a drop.
    await expect(rowOf(app.page, 'survivor')).toBeVisible()
    const sent = async () => (await ask(app.page, 'snapshot')).rows[0]?.sentBytes ?? 0
    await expect.poll(sent).toBeGreaterThanOrEqual(5 * mebibyte + 12_345)
    await app.kill()
    const before = storedParts(harness.cloud.operations).map(({ partNumber }) => partNumber)
    harness.cloud.clearFailures()

    const { page } = await harness.start()
    await expect(rowOf(page, 'survivor')).toContainText('In the library')
    const numbers = storedParts(harness.cloud.operations).map(({ partNumber }) => partNumber ?? 0)
    expect(before).toHaveLength(2)
    expect(numbers.sort()).toEqual([1, 2, 3, 4, 5])
    const initiated = harness.cloud.operations.filter(({ name }) => name === 'initiateMultipart')
    const [object] = await harness.cloud.objects()
    expect([initiated.length, await object?.sha256()]).toEqual([1, sha256Of(path)])
    expect([await harness.cloud.unfinishedUploads(), harness.cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([
      [],
      1,
    ])
  })
})
