import { expect, test } from 'vitest'
import { UpdateError } from '../../../../electron/desktop/updates/update-errors.ts'
import { setup } from './update-controller-setup.ts'

const idleBeforeInstallMs = 5 * 60_000

test('a failed installation restarts the app, which then reports it', async () => {
  const { fake, updates, calls, pass } = setup({ installError: new UpdateError('update-not-installed') })
  await updates.check()
  await pass(0)
  await updates.install()
  expect(calls.slice(-3)).toEqual(['stop app', 'install', 'restart app'])
  const next = setup({ intended: fake.intended })
  expect(next.updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-not-installed' } })
  expect(next.fake.intended).toBe(null)
  expect(setup({ intended: '1.0.0' }).updates.state().kind).toBe('current')
})

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

test.for([{ isWindowVisible: true }, { areOthersUploading: true }])(
  'a window or another process during preparation prevents the installation (%o)',
  async (changedDuringPrepare) => {
    const { updates, calls, pass } = setup({ isWindowVisible: false, changedDuringPrepare })
    await updates.check()
    await pass(idleBeforeInstallMs)
    expect(calls.at(-1)).toBe('prepare install')
    expect(updates.state()).toEqual({ kind: 'ready', version: '1.1.0' })
  },
)

test('an automatic installation waits until no other process has uploads', async () => {
  const { fake, updates, calls, pass } = setup({ isWindowVisible: false, areOthersUploading: true })
  await updates.check()
  await pass(idleBeforeInstallMs)
  await pass(idleBeforeInstallMs)
  expect([calls.at(-1), updates.state().kind]).toEqual(['on quit: false', 'ready'])
  fake.areOthersUploading = false
  await pass(idleBeforeInstallMs)
  expect(calls.slice(-3)).toEqual(['prepare install', 'stop app', 'install'])
})

test('an update is not installed on quit while another process has uploads', async () => {
  const { fake, updates, calls, pass } = setup({ updateOnQuit: true })
  updates.quitRequested()
  expect(calls).toEqual([])
  await updates.check()
  await pass(0)
  fake.areOthersUploading = true
  updates.quitRequested()
  await pass(0)
  expect(calls.at(-1)).toBe('on quit: false')
  fake.areOthersUploading = false
  updates.quitRequested()
  await pass(0)
  expect(calls.at(-1)).toBe('on quit: true')
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

test('a failed installation is logged with its version and its cause', async () => {
  const error = new UpdateError('update-not-installed')
  const { updates, pass, lines } = setup({ installError: error })
  await updates.check()
  await pass(0)
  await updates.install()
  expect(lines.filter(({ level }) => level === 'error')).toEqual([
    {
      level: 'error',
      message: 'an update could not be installed',
      facts: { version: '1.1.0', error },
    },
  ])
})

test('an update that was not installed is logged at the next start', () => {
  expect(setup({ intended: '1.1.0' }).lines).toEqual([
    {
      level: 'error',
      message: 'an update was not installed',
      facts: { intendedVersion: '1.1.0', currentVersion: '1.0.0' },
    },
  ])
  expect(setup({ intended: '1.0.0' }).lines).toEqual([])
})

test.each(['1.0.0', '0.9.9', '0.10.0'])('an update to %s is not reported once 1.0.0 runs', (intended) => {
  const { fake, updates, lines } = setup({ intended })
  expect([updates.state().kind, fake.intended, fake.refused, lines]).toEqual(['current', null, null, []])
})

test('an installation without own updates reports no update that another one began', () => {
  const { fake, updates } = setup({ intended: '1.1.0', off: 'package' })
  expect([updates.state(), fake.intended]).toEqual([{ kind: 'off', why: 'package' }, null])
})

test('a failed check is logged with its cause', async () => {
  const error = new UpdateError('update-unreachable')
  const { updates, lines } = setup({ checkError: error })
  await updates.check()
  expect(lines).toEqual([{ level: 'warn', message: 'an update check or download failed', facts: { error } }])
})
