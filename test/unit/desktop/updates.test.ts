import { expect, test } from 'vitest'
import type { NoUpdates, UpdateState } from '../../../electron/contract/update.ts'
import { UpdateTrouble } from '../../../electron/desktop/update-trouble.ts'
import {
  checkAgainAfterMs,
  checkEveryMs,
  createUpdates,
  firstCheckAfterMs,
  idleForMs,
  type Updater,
} from '../../../electron/desktop/updates.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

interface World {
  updates: 'automatic' | 'ask' | 'off'
  updateOnQuit: boolean
  newer: string | null
  checkTrouble: UpdateTrouble | null
  downloadTrouble: UpdateTrouble | null
  installTrouble: UpdateTrouble | null
  busy: boolean
  seen: boolean
  off: NoUpdates | null
  intended: string | null
  readyTrouble: UpdateTrouble | null
  refused: string | null
  /** Somebody opens the window while it gets ready. */
  arrives: boolean
  /** Whether sign-ins are in the keychain. */
  kept: boolean
}

function setup(change: Partial<World> = {}) {
  const world: World = {
    ...{
      updates: 'automatic',
      updateOnQuit: false,
      newer: '1.1.0',
      busy: false,
      seen: true,
      off: null,
      intended: null,
    },
    ...{ checkTrouble: null, downloadTrouble: null, installTrouble: null, readyTrouble: null },
    ...{ refused: null, kept: true, arrives: false },
    ...change,
  }
  const done: string[] = []
  const told: UpdateState[] = []
  const clock = standingClock()
  const or = (trouble: UpdateTrouble | null) => {
    if (trouble) throw trouble
  }
  const updater: Updater = {
    async check() {
      done.push('check')
      or(world.checkTrouble)
      return world.newer
    },
    async download(onPercent) {
      done.push('download')
      onPercent(50)
      or(world.downloadTrouble)
    },
    async getReady() {
      done.push('get ready')
      or(world.readyTrouble)
      if (world.arrives) world.seen = true
    },
    async install() {
      done.push('install')
      or(world.installTrouble)
    },
    installOnQuit: (wanted) => void done.push(`on quit: ${wanted}`),
  }
  const updates = createUpdates({
    off: world.off,
    load: async () => {
      done.push('load')
      return updater
    },
    wishes: () => world,
    isBusy: () => world.busy,
    isSeen: () => world.seen,
    outlivesRestart: () => world.kept,
    prepare: async () => void done.push('prepare'),
    recover: () => void done.push('recover'),
    intended: { read: () => world.intended, write: (version) => (world.intended = version) },
    refused: { read: () => world.refused, write: (version) => (world.refused = version) },
    version: '1.0.0',
    tell: (state) => told.push(state),
    ...testPorts(clock),
  })
  /** Moves the clock and lets what it set off come to its end. */
  async function pass(ms: number) {
    clock.advance(ms)
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }
  return { world, updates, done, told, clock, pass }
}

test('nothing is loaded at the start; it looks after a while, and then once a day', async () => {
  const { updates, done, clock, pass } = setup({ newer: null })
  updates.start()
  expect(done).toEqual([])
  expect(clock.waits()).toEqual([firstCheckAfterMs])
  await pass(firstCheckAfterMs)
  expect(done).toEqual(['load', 'check'])
  expect(updates.state()).toEqual({ kind: 'current', checkedAtMs: clock.now() })
  expect(clock.waits()).toEqual([checkEveryMs])
  await pass(checkEveryMs)
  expect(done).toEqual(['load', 'check', 'check'])
})

test('a look that failed says why and is repeated sooner', async () => {
  const { updates, clock, pass } = setup({ checkTrouble: new UpdateTrouble('update-unreachable') })
  updates.start()
  await pass(firstCheckAfterMs)
  expect(updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-unreachable' } })
  expect(clock.waits()).toEqual([checkAgainAfterMs])
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
  await pass(idleForMs)
  expect(done).not.toContain('install')
  world.busy = false
  updates.turned()
  await pass(idleForMs - 1)
  world.seen = true
  updates.turned()
  world.seen = false
  updates.turned()
  await pass(idleForMs - 1)
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
  await pass(idleForMs)
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
  const { world, updates, pass } = setup({ downloadTrouble: new UpdateTrouble('update-damaged') })
  await updates.check()
  await pass(0)
  expect(updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-damaged' } })
  world.downloadTrouble = null
  expect(await updates.download()).toEqual({ kind: 'ready', version: '1.1.0' })
})

test('an update that can’t take this one’s place begins this one anew, which then says so', async () => {
  const { world, updates, done, pass } = setup({ installTrouble: new UpdateTrouble('update-not-installed') })
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
  const trouble = new UpdateTrouble('update-not-writable')
  const { world, updates, done, pass } = setup({ readyTrouble: trouble, seen: false })
  await updates.check()
  await pass(idleForMs)
  expect(done.slice(-1)).toEqual(['get ready'])
  expect(updates.state()).toMatchObject({ kind: 'failed', failure: { code: 'update-not-writable' } })
  expect([world.intended, world.refused]).toEqual([null, '1.1.0'])

  await updates.check()
  await pass(idleForMs)
  expect(updates.state()).toEqual({ kind: 'found', version: '1.1.0' })
  // Told to, it tries once more.
  world.readyTrouble = null
  await updates.download()
  await pass(idleForMs)
  expect(done.at(-1)).not.toBe('install')
  await updates.install()
  expect(done.slice(-3)).toEqual(['get ready', 'prepare', 'install'])
})

test('a version that didn’t take its place is not taken again and again at each start, a newer one is', async () => {
  const { world, updates, done, pass } = setup({ intended: '1.1.0', seen: false })
  await updates.check()
  await pass(idleForMs)
  expect([done, updates.state().kind]).toEqual([['load', 'check'], 'found'])
  world.newer = '1.2.0'
  await updates.check()
  await pass(idleForMs)
  expect(done.slice(-3)).toEqual(['get ready', 'prepare', 'install'])
  expect(setup({ refused: '1.0.0' }).world.refused).toBe(null)
})

test('somebody who comes while it gets ready is not interrupted', async () => {
  const { updates, done, pass } = setup({ seen: false, arrives: true })
  await updates.check()
  await pass(idleForMs)
  expect(done.at(-1)).toBe('get ready')
  expect(updates.state()).toEqual({ kind: 'ready', version: '1.1.0' })
})

test('while a sign-in lies in memory alone it waits to be told', async () => {
  const { world, updates, done, pass } = setup({ seen: false, kept: false })
  await updates.check()
  await pass(idleForMs)
  expect(done).not.toContain('get ready')
  world.kept = true
  updates.turned()
  await pass(idleForMs)
  expect(done.at(-1)).toBe('install')
})

test('turned off it looks only when told to, and turned on again it looks by itself', async () => {
  const { world, updates, done, clock, pass } = setup({ updates: 'off' })
  updates.start()
  expect(clock.waits()).toEqual([])
  expect(updates.state()).toEqual({ kind: 'resting' })
  expect(await updates.check()).toEqual({ kind: 'found', version: '1.1.0' })
  expect(done).toEqual(['load', 'check'])
  world.updates = 'automatic'
  updates.wished()
  await pass(0)
  expect(updates.state()).toEqual({ kind: 'ready', version: '1.1.0' })
})

test('what is ready is installed when the person quits, only where that is wanted', async () => {
  const { world, updates, done, pass } = setup({ updateOnQuit: true })
  await updates.check()
  await pass(0)
  expect(done.at(-1)).toBe('on quit: true')
  world.updateOnQuit = false
  updates.wished()
  await pass(0)
  expect(done.at(-1)).toBe('on quit: false')
})

test('an app that somebody else keeps up to date never looks', async () => {
  const { updates, done, clock } = setup({ off: 'package' })
  updates.start()
  expect(await updates.check()).toEqual({ kind: 'off', why: 'package' })
  expect([done, clock.waits()]).toEqual([[], []])
})
