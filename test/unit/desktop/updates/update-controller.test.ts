import { expect, test } from 'vitest'
import { UpdateError } from '../../../../electron/desktop/updates/update-errors.ts'
import { setup } from './update-controller-setup.ts'

const minuteMs = 60_000
const firstCheckDelayMs = minuteMs
const retryCheckDelayMs = 30 * minuteMs
const idleBeforeInstallMs = 5 * minuteMs

test('a failed check has a reason and is repeated sooner', async () => {
  const { updates, clock, pass } = setup({ checkError: new UpdateError('update-unreachable') })
  updates.start()
  await pass(firstCheckDelayMs)
  expect(updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-unreachable' } })
  expect(clock.waits()).toEqual([retryCheckDelayMs])
})

test('a newer version is downloaded but not installed while the window is visible', async () => {
  const { updates, calls, states, clock, pass } = setup()
  await updates.check()
  await pass(0)
  expect(states.map(({ kind }) => kind)).toEqual(['checking', 'found', 'downloading', 'downloading', 'ready'])
  expect(clock.waits()).toEqual([])
  expect(calls).not.toContain('install')
})

test('an update is installed after five idle minutes', async () => {
  const { fake, updates, calls, pass } = setup({ isBusy: true, isWindowVisible: false })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(calls).not.toContain('install')
  fake.isBusy = false
  updates.conditionsChanged()
  await pass(idleBeforeInstallMs - 1)
  fake.isWindowVisible = true
  updates.conditionsChanged()
  fake.isWindowVisible = false
  updates.conditionsChanged()
  await pass(idleBeforeInstallMs - 1)
  expect(calls).not.toContain('install')
  await pass(1)
  expect(calls.slice(-3)).toEqual(['prepare install', 'stop app', 'install'])
  expect(fake.intended).toBe('1.1.0')
})

test('the “ask” setting waits before download and installation', async () => {
  const { updates, calls, clock, pass } = setup({ updates: 'ask', isWindowVisible: false })
  expect(await updates.check()).toEqual({ kind: 'found', version: '1.1.0' })
  expect(calls).toEqual(['load', 'check'])
  expect(await updates.download()).toEqual({ kind: 'ready', version: '1.1.0' })
  expect(clock.waits()).toEqual([])
  await pass(idleBeforeInstallMs)
  expect(calls).not.toContain('install')
  await updates.install()
  expect(calls.slice(-2)).toEqual(['stop app', 'install'])
})

test('a requested installation stops running uploads first', async () => {
  const { updates, calls, pass, lines } = setup({ isBusy: true })
  await updates.check()
  await pass(0)
  await updates.install()
  expect(calls.slice(-2)).toEqual(['stop app', 'install'])
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['info', 'a newer version is available'],
    ['info', 'an update is being installed'],
  ])
})

test.each(['current', 'found'] as const)(
  'disabling updates while %s cancels the next check',
  async (kind) => {
    const { fake, updates, clock } = setup({
      updates: 'ask',
      newerVersion: kind === 'found' ? '1.1.0' : null,
    })
    updates.start()
    expect((await updates.check()).kind).toBe(kind)
    fake.updates = 'off'
    updates.settingsChanged()
    expect([updates.state(), clock.waits()]).toEqual([{ kind: 'resting' }, []])
  },
)

test('disabling updates keeps a ready update', async () => {
  const { fake, updates } = setup({ updates: 'ask' })
  await updates.check()
  await updates.download()
  fake.updates = 'off'
  updates.settingsChanged()
  expect(updates.state()).toEqual({ kind: 'ready', version: '1.1.0' })
})
