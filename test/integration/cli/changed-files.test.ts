import { execFile } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { commandLineFile } from '../../support/runner/test-programs.ts'

/** Runs `modelferry accounts` of a copy of the built command line. */
async function runCopy(change: (programs: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-changed-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const launcher = 'electron/cli/modelferry.js'
  const original = join(dirname(commandLineFile()), '../..')
  cpSync(original, folder, { recursive: true, verbatimSymlinks: true })
  change(join(folder, 'out/main'))
  const env = { ...process.env, MODELFERRY_HOME: join(folder, 'home') }
  return new Promise<{ code: number; err: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [join(folder, launcher), 'accounts'],
      { env },
      (_error, _out, err) => resolve({ code: child.exitCode ?? -1, err }),
    )
  })
}

test('starts with the worker threads that it was built with', async () => {
  expect(await runCopy(() => undefined)).toMatchObject({ code: 0 })
})

test.each(['upload-worker', 'hash-worker', 'inspect-worker', 'search-worker', 'watch-worker'])(
  'does not start if %s was changed after the build',
  async (name) => {
    const { code, err } = await runCopy((programs) =>
      appendFileSync(join(programs, `${name}.js`), '\nprocess.exit(0)\n'),
    )
    expect(code).toBe(1)
    expect(err).toContain(`files are damaged or were changed (${name}.js), so it didn’t start.`)
  },
)

test('does not start if a worker thread is missing', async () => {
  const { code, err } = await runCopy((programs) => rmSync(join(programs, 'hash-worker.js')))
  expect([code, err]).toEqual([1, expect.stringContaining('(hash-worker.js)')])
})
