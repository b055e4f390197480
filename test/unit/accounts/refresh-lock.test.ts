import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createLocks } from '../../../electron/accounts/refresh-lock.ts'
import { runningClock, testPorts } from '../../support/hand-clock.ts'

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-locks-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const ports = testPorts(runningClock())
  return { folder, ports, locks: () => createLocks(join(folder, 'locks'), ports) }
}

test('work of one name runs alone, work of another name beside it', async () => {
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

test('a lock ends with the work, however that ends', async () => {
  const { locks } = setup()
  const ours = locks()
  await expect(ours('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await ours('a', async () => 'free')).toBe('free')
})

test('the lock of a process that is killed is free at once', async () => {
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

test('where no lock can be had the work goes on, and the log says so', async () => {
  const { folder, ports } = setup()
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  expect(await createLocks(join(file, 'locks'), ports)('a', async () => 'done')).toBe('done')
  expect(ports.lines).toMatchObject([{ level: 'warn' }])
})
