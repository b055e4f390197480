import { expect, test } from 'vitest'
import { UpdateError } from '../../../../electron/desktop/updates/update-errors.ts'
import {
  retryCheckDelayMs,
  checkIntervalMs,
  firstCheckDelayMs,
  idleBeforeInstallMs,
} from '../../../../electron/desktop/updates/update-controller.ts'
import { setup } from './update-controller-setup.ts'

test('nothing is loaded at the start; it looks after a while, and then once a day', async () => {
  const { updates, done, clock, pass } = setup({ newer: null })
  updates.start()
  expect(done).toEqual([])
  expect(clock.waits()).toEqual([firstCheckDelayMs])
  await pass(firstCheckDelayMs)
  expect(done).toEqual(['load', 'check'])
  expect(updates.state()).toEqual({ kind: 'current', checkedAtMs: clock.now() })
  expect(clock.waits()).toEqual([checkIntervalMs])
  await pass(checkIntervalMs)
  expect(done).toEqual(['load', 'check', 'check'])
})

test('a look that failed says why and is repeated sooner', async () => {
  const { updates, clock, pass } = setup({ checkTrouble: new UpdateError('update-unreachable') })
  updates.start()
  await pass(firstCheckDelayMs)
  expect(updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-unreachable' } })
  expect(clock.waits()).toEqual([retryCheckDelayMs])
})

test('a newer version is fetched by itself, and waits while the window is seen', async () => {
  const { updates, done, told, clock, pass } = setup()
  await updates.check()
  await pass(0)
  expect(told.map(({ kind }) => kind)).toEqual(['checking', 'found', 'downloading', 'downloading', 'ready'])
  expect(clock.waits()).toEqual([])
  expect(done).not.toContain('install')
})

test('it installs once nothing is sent and nobody looks, for five minutes on end', async () => {
  const { world, updates, done, pass } = setup({ busy: true, seen: false })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(done).not.toContain('install')
  world.busy = false
  updates.conditionsChanged()
  await pass(idleBeforeInstallMs - 1)
  world.seen = true
  updates.conditionsChanged()
  world.seen = false
  updates.conditionsChanged()
  await pass(idleBeforeInstallMs - 1)
  expect(done).not.toContain('install')
  await pass(1)
  expect(done.slice(-3)).toEqual(['get ready', 'prepare', 'install'])
  expect(world.intended).toBe('1.1.0')
})

test('whoever wants to be asked is asked before the download and before the restart', async () => {
  const { updates, done, clock, pass } = setup({ updates: 'ask', seen: false })
  expect(await updates.check()).toEqual({ kind: 'found', version: '1.1.0' })
  expect(done).toEqual(['load', 'check'])
  expect(await updates.download()).toEqual({ kind: 'ready', version: '1.1.0' })
  expect(clock.waits()).toEqual([])
  await pass(idleBeforeInstallMs)
  expect(done).not.toContain('install')
  await updates.install()
  expect(done.slice(-2)).toEqual(['prepare', 'install'])
})

test('told to restart it does so with uploads running, which are stopped first', async () => {
  const { updates, done, pass } = setup({ busy: true })
  await updates.check()
  await pass(0)
  await updates.install()
  expect(done.slice(-2)).toEqual(['prepare', 'install'])
})

test('a download that failed can be asked for again', async () => {
  const { world, updates, pass } = setup({ downloadTrouble: new UpdateError('update-damaged') })
  await updates.check()
  await pass(0)
  expect(updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-damaged' } })
  world.downloadTrouble = null
  expect(await updates.download()).toEqual({ kind: 'ready', version: '1.1.0' })
})

test('turned off it looks only when told to, and turned on again it looks by itself', async () => {
  const { world, updates, done, clock, pass } = setup({ updates: 'off' })
  updates.start()
  expect(clock.waits()).toEqual([])
  expect(updates.state()).toEqual({ kind: 'resting' })
  expect(await updates.check()).toEqual({ kind: 'found', version: '1.1.0' })
  expect(done).toEqual(['load', 'check'])
  world.updates = 'automatic'
  updates.settingsChanged()
  await pass(0)
  expect(updates.state()).toEqual({ kind: 'ready', version: '1.1.0' })
})

test('what is ready is installed when the person quits, only where that is wanted', async () => {
  const { world, updates, done, pass } = setup({ updateOnQuit: true })
  await updates.check()
  await pass(0)
  expect(done.at(-1)).toBe('on quit: true')
  world.updateOnQuit = false
  updates.settingsChanged()
  await pass(0)
  expect(done.at(-1)).toBe('on quit: false')
})

test('an app that somebody else keeps up to date never looks', async () => {
  const { updates, done, clock } = setup({ off: 'package' })
  updates.start()
  expect(await updates.check()).toEqual({ kind: 'off', why: 'package' })
  expect([done, clock.waits()]).toEqual([[], []])
})

test('a check while one is under way, or while an update is fetched, ready or installed, asks nobody', async () => {
  const { updates, done, pass } = setup({ updates: 'ask' })
  const checks = () => done.filter((step) => step === 'check').length
  const checking = updates.check()
  expect(await updates.check()).toEqual({ kind: 'checking' })
  await checking
  const downloading = updates.download()
  expect(await updates.check()).toMatchObject({ kind: 'downloading' })
  await downloading
  expect(await updates.check()).toMatchObject({ kind: 'ready' })
  const installing = updates.install()
  expect(await updates.check()).toMatchObject({ kind: 'installing' })
  await installing
  await pass(0)
  expect(checks()).toBe(1)
})

test('a download or an installation without an update does nothing', async () => {
  const { updates, done } = setup({ checkTrouble: new UpdateError('update-unreachable') })
  await updates.install()
  expect(done).toEqual([])
  await updates.check()
  expect(await updates.download()).toMatchObject({ kind: 'failed', failure: { code: 'update-unreachable' } })
  expect(await updates.install()).toMatchObject({ kind: 'failed' })
  expect(done).toEqual(['load', 'check'])
})

test('the progress of a download is told once for each whole percent', async () => {
  const { updates, told, pass } = setup({ percents: [0.4, 1.2, 1.9, 2, 2, 99.9] })
  await updates.check()
  await pass(0)
  const percents = told.flatMap((state) => (state.kind === 'downloading' ? [state.percent] : []))
  expect(percents).toEqual([0, 1, 2, 99])
})

test('what happens at quitting is decided before the download and once more after it', async () => {
  const { updates, done, pass } = setup({ updateOnQuit: true })
  await updates.check()
  await pass(0)
  expect(done).toEqual(['load', 'check', 'on quit: true', 'download', 'on quit: true'])
})

test('a change of what holds an installation up starts no second wait', async () => {
  const { updates, clock, pass } = setup({ seen: false })
  await updates.check()
  await pass(0)
  updates.conditionsChanged()
  updates.conditionsChanged()
  expect(clock.waits()).toEqual([idleBeforeInstallMs])
})

test.each(['current', 'found'] as const)('turned off while %s, it rests and plans no check', async (kind) => {
  const { world, updates, clock } = setup({ updates: 'ask', newer: kind === 'found' ? '1.1.0' : null })
  updates.start()
  expect((await updates.check()).kind).toBe(kind)
  world.updates = 'off'
  updates.settingsChanged()
  expect([updates.state(), clock.waits()]).toEqual([{ kind: 'resting' }, []])
})

test('turned off while an update is ready, it keeps the update', async () => {
  const { world, updates } = setup({ updates: 'ask' })
  await updates.check()
  await updates.download()
  world.updates = 'off'
  updates.settingsChanged()
  expect(updates.state()).toEqual({ kind: 'ready', version: '1.1.0' })
})

test('turned on again, it plans one check and says that none has been made', () => {
  const { world, updates, clock } = setup({ updates: 'off' })
  world.updates = 'ask'
  updates.settingsChanged()
  updates.settingsChanged()
  expect(updates.state()).toEqual({ kind: 'current', checkedAtMs: null })
  expect(clock.waits()).toEqual([firstCheckDelayMs])
})
