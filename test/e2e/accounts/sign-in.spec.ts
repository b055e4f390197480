import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { projectFolder } from '../../support/temp-project.ts'
import { filesWith } from '../support/disk.ts'
import { expect, test } from '../support/fixtures.ts'
import { drag, rowOf, signInByForm } from '../support/page-steps.ts'

test.describe('with a browser profile of its own', () => {
  test.use({ ownChromium: true })

  test('leaves nothing of an account in any file, also if the command line signs out', async ({
    app,
    harness,
  }) => {
    const { page } = app
    await signInByForm(page)
    await drag(page, [await harness.file('loras/zqquiet.safetensors')])
    await expect(rowOf(page, 'zqquiet')).toContainText('In the library')
    for (const view of ['Library', 'History'])
      await page.getByRole('button', { name: view, exact: true }).click()
    await expect(rowOf(page, 'zqquiet')).toBeVisible()
    // The model's file is the user's.
    const folders = ['home', 'person', 'tmp'].map((name) => join(harness.folder, name))
    const filesOfAccount = () =>
      folders.flatMap((folder) => filesWith(folder, ['zqquiet', ALICE.email, ALICE.id, ALICES_TEAM_ID]))
    expect(filesOfAccount()).not.toEqual([])
    const logout = spawn(process.execPath, [join(projectFolder, 'electron/cli/modelferry.js'), 'logout'], {
      env: harness.environment,
    })
    const [code] = (await once(logout, 'exit')) as [number]
    expect(code).toBe(0)
    await expect(page.getByRole('heading', { name: 'Modelferry' })).toBeVisible()
    await expect.poll(filesOfAccount).toEqual([])
    await signInByForm(page)
    await expect(rowOf(page, 'zqquiet')).toContainText('In the library')
  })
})
