import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { partBytes, setupCommand } from '../../support/command-harness.ts'
import { startProgram, type Ended } from '../../support/command-line.ts'
import { commandLineFile } from '../../support/runner/test-programs.ts'

/** A copy of the built command line, whose files can be changed. */
function copyPrograms(): { launcher: string; programs: string; home: string } {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-changed-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const original = join(dirname(commandLineFile()), '../..')
  cpSync(original, folder, { recursive: true, verbatimSymlinks: true })
  return {
    launcher: join(folder, 'electron/cli/modelferry.js'),
    programs: join(folder, 'out/main'),
    home: join(folder, 'home'),
  }
}

const workerNames = ['upload-worker', 'hash-worker', 'inspect-worker', 'search-worker', 'watch-worker']

/** Runs `modelferry accounts` of a copy. */
function runCopy(change: (programs: string) => void): Promise<Ended> {
  const { launcher, programs, home } = copyPrograms()
  change(programs)
  return startProgram([process.execPath, launcher, 'accounts'], { MODELFERRY_HOME: home }).ended
}

test('starts with the worker threads that it was built with', async () => {
  expect(await runCopy(() => undefined)).toMatchObject({ code: 0 })
})

test.each(workerNames)('does not start if %s was changed after the build', async (name) => {
  const { code, err } = await runCopy((programs) =>
    appendFileSync(join(programs, `${name}.js`), '\nprocess.exit(0)\n'),
  )
  expect(code).toBe(1)
  expect(err).toContain(`files are damaged or were changed (${name}.js), so it didn’t start.`)
})

test('does not start if a worker thread is missing', async () => {
  const { code, err } = await runCopy((programs) => rmSync(join(programs, 'hash-worker.js')))
  expect([code, err]).toEqual([1, expect.stringContaining('(hash-worker.js)')])
})

test('uploads a file although an update replaces the worker threads after the start', async () => {
  const { cloud, processEnv, file } = await setupCommand()
  const path = await file('big.safetensors', { sizeBytes: 2 * partBytes })
  const { launcher, programs } = copyPrograms()
  const held = cloud.hold('getCurrentUser')
  const { ended } = startProgram([process.execPath, launcher, 'upload', '--yes', path], processEnv)
  await held.arrived
  for (const name of workerNames) appendFileSync(join(programs, `${name}.js`), '\n// of a newer version\n')
  held.release()
  expect(await ended).toMatchObject({ code: 0 })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})
