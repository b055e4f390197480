import { expect, test } from 'vitest'
import { UpdateError } from '../../../../electron/desktop/updates/update-errors.ts'
import { idleBeforeInstallMs } from '../../../../electron/desktop/updates/update-controller.ts'
import { setup } from './update-controller-setup.ts'

test('an update that can’t take this one’s place begins this one anew, which then says so', async () => {
  const { world, updates, done, pass } = setup({ installTrouble: new UpdateError('update-not-installed') })
  await updates.check()
  await pass(0)
  await updates.install()
  expect(done.slice(-3)).toEqual(['prepare', 'install', 'recover'])
  const next = setup({ intended: world.intended })
  expect(next.updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-not-installed' } })
  expect(next.world.intended).toBe(null)
  expect(setup({ intended: '1.0.0' }).updates.state().kind).toBe('current')
})

test('what a shut folder or Squirrel refuses beforehand stops nothing, and is not tried again by itself', async () => {
  const trouble = new UpdateError('update-not-writable')
  const { world, updates, done, pass } = setup({ readyTrouble: trouble, seen: false })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(done.slice(-1)).toEqual(['get ready'])
  expect(updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-not-writable' } })
  expect([world.intended, world.refused]).toEqual([null, '1.1.0'])

  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(updates.state()).toEqual({ kind: 'found', version: '1.1.0' })
  // Told to, it tries once more.
  world.readyTrouble = null
  await updates.download()
  await pass(idleBeforeInstallMs)
  expect(done.at(-1)).not.toBe('install')
  await updates.install()
  expect(done.slice(-3)).toEqual(['get ready', 'prepare', 'install'])
})

test('a version that didn’t take its place is not taken again and again at each start, a newer one is', async () => {
  const { world, updates, done, pass } = setup({ intended: '1.1.0', seen: false })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect([done, updates.state().kind]).toEqual([['load', 'check'], 'found'])
  world.newer = '1.2.0'
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(done.slice(-3)).toEqual(['get ready', 'prepare', 'install'])
  expect(setup({ refused: '1.0.0' }).world.refused).toBe(null)
})

test('somebody who comes while it gets ready is not interrupted', async () => {
  const { updates, done, pass } = setup({ seen: false, arrives: true })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(done.at(-1)).toBe('get ready')
  expect(updates.state()).toEqual({ kind: 'ready', version: '1.1.0' })
})

test('while a sign-in lies in memory alone it waits to be told', async () => {
  const { world, updates, done, pass } = setup({ seen: false, kept: false })
  await updates.check()
  await pass(idleBeforeInstallMs)
  expect(done).not.toContain('get ready')
  world.kept = true
  updates.conditionsChanged()
  await pass(idleBeforeInstallMs)
  expect(done.at(-1)).toBe('install')
})

test('a failed installation is logged with its version and its cause', async () => {
  const trouble = new UpdateError('update-not-installed')
  const { updates, pass, lines } = setup({ installTrouble: trouble })
  await updates.check()
  await pass(0)
  await updates.install()
  expect(lines.filter(({ level }) => level === 'error')).toEqual([
    {
      ...{ level: 'error', message: 'an update could not be installed' },
      facts: { version: '1.1.0', error: trouble },
    },
  ])
})

test('an update that did not take its place is logged at the next start, one that did is not', () => {
  expect(setup({ intended: '1.1.0' }).lines).toEqual([
    {
      ...{ level: 'error', message: 'an update was not installed' },
      facts: { intendedVersion: '1.1.0', currentVersion: '1.0.0' },
    },
  ])
  expect(setup({ intended: '1.0.0' }).lines).toEqual([])
})

test('a check that failed is logged with its cause', async () => {
  const trouble = new UpdateError('update-unreachable')
  const { updates, lines } = setup({ checkTrouble: trouble })
  await updates.check()
  expect(lines).toEqual([
    { level: 'warn', message: 'an update check or download failed', facts: { error: trouble } },
  ])
})
