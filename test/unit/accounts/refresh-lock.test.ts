import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createLocks } from '../../../electron/accounts/refresh-lock.ts'
import { runningClock, standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

function setup(clock = runningClock()) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-locks-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const environment = createTestEnvironment(clock)
  return { folder, environment, locks: () => createLocks(join(folder, 'locks'), environment) }
}

test('runs work of the same name one after the other, other work concurrently', async () => {
  const { locks } = setup()
  const [ours, theirs] = [locks(), locks()]
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = ours('a', async () => {
    order.push('first begins')
    await gate.promise
    order.push('first ends')
  })
  const second = theirs('a', async () => order.push('second'))
  await theirs('b', async () => order.push('other'))
  gate.resolve()
  await Promise.all([first, second])
  expect(order).toEqual(['first begins', 'other', 'first ends', 'second'])
})

test.skipIf(process.platform === 'win32')(
  'only the user can open the folder of the locks, which exists or not',
  async () => {
    const { locks, folder } = setup()
    for (const _ of [1, 2]) await locks()('a', async () => {})
    expect(statSync(join(folder, 'locks')).mode & 0o777).toBe(0o700)
  },
)

test('releases a lock when the work ends or throws', async () => {
  const { locks } = setup()
  const ours = locks()
  await expect(ours('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await ours('a', async () => 'free')).toBe('free')
})

test('releases the lock of a killed process at once', async () => {
  const { locks, folder } = setup()
  const script = `import { createLocks } from ${JSON.stringify(import.meta.resolve('../../../electron/accounts/refresh-lock.ts'))}
    const ports = { timers: { after() {} }, log: { warn() {} } }
    void createLocks(process.argv[2], ports)('a', () => {
      process.stdout.write('held')
      return new Promise((resolve) => setTimeout(resolve, 1_000_000))
    })`
  const file = join(folder, 'holder.mjs')
  writeFileSync(file, script)
  const holder = spawn(process.execPath, [file, join(folder, 'locks')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  let isFree = false
  const waiting = locks()('a', async () => (isFree = true))
  expect(isFree).toBe(false)
  holder.kill('SIGKILL')
  await waiting
  expect(isFree).toBe(true)
})

test('runs without a lock when no lock file can be opened, and logs why', async () => {
  const { folder, environment } = setup(standingClock())
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  expect(await createLocks(join(file, 'locks'), environment)('a', async () => 'done')).toBe('done')
  expect(environment.lines).toEqual([
    {
      level: 'warn',
      message: 'could not open a lock file',
      facts: { error: expect.stringMatching(/ENOTDIR|EEXIST|ENOENT/) as string },
    },
  ])
})

test('does not wait for a damaged lock file, and logs why', async () => {
  const { folder, environment, locks } = setup(standingClock())
  await locks()('a', async () => {})
  const [name = ''] = readdirSync(join(folder, 'locks'))
  writeFileSync(join(folder, 'locks', name), 'x'.repeat(4096))
  const done = locks()('a', async () => 'done')
  expect(environment.clock.waits()).toEqual([])
  expect(await done).toBe('done')
  expect(environment.lines).toEqual([
    {
      level: 'warn',
      message: 'could not acquire a lock',
      facts: { error: expect.stringContaining('not a database') as string },
    },
  ])
})

test('waits for another process’s lock for longer than a refresh takes', async () => {
  const { environment, locks } = setup(standingClock())
  const gate = Promise.withResolvers<void>()
  const first = locks()('a', () => gate.promise)
  let isDone = false
  const second = locks()('a', async () => (isDone = true))
  for (let waitedMs = 0; waitedMs < 2 * (120_000 + 60_000) + 5_000; waitedMs += 50) {
    expect([isDone, environment.clock.waits()]).toEqual([false, [50]])
    environment.clock.advance(50)
    await Promise.resolve()
  }
  await second
  expect(environment.lines.map(({ message }) => message)).toEqual([
    'another process holds the lock; continuing without it',
  ])
  // Continuing without the lock has not released it for its owner.
  gate.resolve()
  await first
  expect(await locks()('a', async () => 'free')).toBe('free')
  expect(environment.clock.waits()).toEqual([])
})
