import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { Operation } from '../../cloud/operations.ts'
import { sha256Of } from '../support/disk.ts'
import { expect, test } from '../support/fixtures.ts'
import { ask, drag, rowOf, signInByForm } from '../support/page-steps.ts'

const mebibyte = 1024 ** 2

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
