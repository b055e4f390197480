import { expect, test } from 'vitest'
import { UpdateError } from '../../../../electron/desktop/updates/update-errors.ts'
import { setup } from './update-controller-setup.ts'

const idleBeforeInstallMs = 5 * 60_000

test('a failed preparation does not stop the app and is not repeated', async () => {
  const error = new UpdateError('update-not-writable')
  const { fake, updates, calls, pass } = setup({ prepareError: error, isWindowVisible: false })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(calls.slice(-1)).toEqual(['prepare install'])
  expect(updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-not-writable' } })
  expect([fake.intended, fake.refused]).toEqual([null, '1.1.0'])

  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(updates.state()).toEqual({ kind: 'found', version: '1.1.0' })
  // A requested installation is tried once more.
  fake.prepareError = null
  await updates.download()
  await pass(idleBeforeInstallMs)
  expect(calls.at(-1)).not.toBe('install')
  await updates.install()
  expect(calls.slice(-3)).toEqual(['prepare install', 'stop app', 'install'])
})

test('a version that failed to install is skipped until a newer one', async () => {
  const { fake, updates, calls, pass } = setup({ intended: '1.1.0', isWindowVisible: false })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect([calls, updates.state().kind]).toEqual([['load', 'check'], 'found'])
  fake.newerVersion = '1.2.0'
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(calls.slice(-3)).toEqual(['prepare install', 'stop app', 'install'])
  expect(setup({ refused: '1.0.0' }).fake.refused).toBe(null)
})

test('a window that is shown during preparation prevents the installation', async () => {
  const { updates, calls, pass } = setup({
    isWindowVisible: false,
    changedDuringPrepare: { isWindowVisible: true },
  })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(calls.at(-1)).toBe('prepare install')
  expect(updates.state()).toEqual({ kind: 'ready', version: '1.1.0' })
})

test('no update is installed automatically while a sign-in is only in memory', async () => {
  const { fake, updates, calls, pass } = setup({ isWindowVisible: false, areSignInsSaved: false })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(calls).not.toContain('prepare install')
  fake.areSignInsSaved = true
  updates.conditionsChanged()
  await pass(idleBeforeInstallMs)
  expect(calls.at(-1)).toBe('install')
})

test('while commands wait, an update is installed only if the user confirms it', async () => {
  const { fake, updates, calls, pass } = setup({ isWindowVisible: false, areCommandsWaiting: true })
  await updates.check()
  await pass(idleBeforeInstallMs)
  updates.quitRequested()
  await expect.poll(() => calls.at(-1)).toBe('on quit: false')
  expect(await updates.install()).toMatchObject({ kind: 'ready' })
  expect(calls).not.toContain('prepare install')
  fake.isRestartConfirmed = true
  await updates.install()
  expect(calls.at(-1)).toBe('install')
})
