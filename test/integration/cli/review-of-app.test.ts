import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { writeText } from '../../fixtures/model-files.ts'
import { shellCall, torchZip } from '../../fixtures/pickles.ts'
import { setupCommand, type CommandHarness } from '../../support/command-harness.ts'
import { addFiles, chooseTeam, writeFiles } from '../../support/review.ts'

/** A command line with the data folder of an app, in which Alice has chosen a team. */
async function setup(): Promise<CommandHarness> {
  const harness = await setupCommand({ as: ALICE, settings: { review: 'when-needed' } })
  await chooseTeam(harness.app, ALICES_TEAM_ID)
  harness.processEnv['MODELFERRY_HOME'] = harness.home
  harness.cloud.forgetOperations()
  return harness
}

test('does not resume files in review, and says why', async () => {
  const cli = await setup()
  await addFiles(cli.app, await writeFiles(cli, 6))
  await cli.app.stop()
  cli.cloud.forgetOperations()
  const { code, err } = await cli.run('resume')
  expect([code, err]).toEqual([0, '6 uploads not resumed: they wait for approval in the app.\n'])
  expect(cli.asked()).not.toContain('presignModel')
  const status = await cli.run('status')
  expect(status.out).toContain('Uploads in review wait for approval in the app.')
  expect(status.out).not.toContain('modelferry resume')
  const json = await cli.run('status', '--json')
  expect(JSON.parse(json.out)).toMatchObject({ totals: { left: 6, review: 6, paused: 0 } })
})

test('sends a file in the review of an app that has ended as the command shows it', async () => {
  const cli = await setup()
  const [path = ''] = await writeFiles(cli, 6).then((paths) => addFiles(cli.app, paths).then(() => paths))
  const row = cli.app.rows().find(({ fileName }) => path.endsWith(fileName))
  await cli.app.calls.editTarget({
    id: row?.id ?? '',
    change: { modelPath: 'models/loras/edited.safetensors' },
  })
  await cli.app.stop()
  const planned = await cli.run('upload', '--dry-run', '--json', '--type', 'vae', path)
  const { code } = await cli.run('upload', '--type', 'vae', path)
  expect(code).toBe(0)
  expect(cli.cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path }) => model_path)).toEqual([
    planned.json()[0]?.['path'],
  ])
})

test('does not approve an unsafe file in the review of an app that has ended', async () => {
  const cli = await setup()
  const { path } = await writeText(join(cli.folder, 'files/bad.ckpt'), torchZip(shellCall))
  await addFiles(cli.app, [path])
  await cli.app.stop()
  expect((await cli.run('upload', '--yes', path)).code).toBe(1)
  cli.processEnv['MODELFERRY_REVIEW'] = 'never'
  expect((await cli.run('upload', path)).code).toBe(1)
  expect(cli.asked()).not.toContain('presignModel')
  const next = await cli.open()
  expect(next.rows()).toMatchObject([{ phase: 'review', failure: { code: 'file-dangerous' } }])
})
