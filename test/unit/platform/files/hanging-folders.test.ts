import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createHangingFolders } from '../../../../electron/platform/files/hanging-folders.ts'
import { standingClock } from '../../../support/hand-clock.ts'

interface Call {
  readonly folder: string
  readonly returns: PromiseWithResolvers<string>
  readonly responded: () => void
}

const limitMs = 1_000
const probeEveryMs = 5 * 60_000

/** Calls for files of a folder, which the test ends. */
function setup() {
  const clock = standingClock()
  const { isHanging, withFolderTimeout } = createHangingFolders(clock.now)
  const calls: Call[] = []
  const call = (folder: string) =>
    withFolderTimeout(
      folder,
      (responded) => {
        const returns = Promise.withResolvers<string>()
        calls.push({ folder, returns, responded })
        return returns.promise
      },
      clock.timers,
      limitMs,
    )
  /** Makes calls that hang until the test ends them. */
  async function hang(...folders: readonly string[]): Promise<readonly Call[]> {
    const from = calls.length
    const pending = folders.map(call)
    clock.advance(limitMs)
    await Promise.all(pending)
    return calls.slice(from)
  }
  /** Whether a call for a folder is made; it returns at once. */
  async function isCalled(folder: string): Promise<boolean> {
    const { length } = calls
    const result = call(folder)
    calls[length]?.returns.resolve('found')
    return (await result) === 'found'
  }
  return { clock, calls, call, hang, isCalled, isHanging }
}

test('returns what is returned in time', async () => {
  const { clock, calls, call, isHanging } = setup()
  const found = call('/nas')
  calls[0]?.returns.resolve('found')
  expect([await found, isHanging('/nas'), clock.waits()]).toEqual(['found', false, []])
})

test.each([
  ['returns', (call: Call | undefined) => call?.returns.resolve('late')],
  ['fails', (call: Call | undefined) => call?.returns.reject(new Error('EIO'))],
])('makes no call for files of a folder in which one hangs, until it %s', async (_, end) => {
  const { calls, call, hang, isHanging } = setup()
  const [late] = await hang('/nas')
  expect([await call('/nas'), isHanging('/nas')]).toEqual([null, true])
  void call('/disk')
  expect(calls.map(({ folder }) => folder)).toEqual(['/nas', '/disk'])
  end(late)
  await expect.poll(() => isHanging('/nas')).toBe(false)
  void call('/nas')
  expect(calls.at(-1)?.folder).toBe('/nas')
})

test('makes no call for a folder before all that hang in it have returned', async () => {
  const { clock, hang, isCalled, isHanging } = setup()
  const [first, second] = await hang('/nas', '/nas')
  first?.returns.resolve('late')
  await nextTurn()
  expect([await isCalled('/nas'), isHanging('/nas')]).toEqual([false, true])
  second?.returns.resolve('late')
  await expect.poll(() => isHanging('/nas')).toBe(false)
  expect([await isCalled('/nas'), clock.waits()]).toEqual([true, []])
})

test('makes one call every five minutes for a folder in which calls never return', async () => {
  const { clock, call, hang, isCalled, isHanging } = setup()
  await hang('/nas')
  clock.advance(probeEveryMs - 1)
  expect(await isCalled('/nas')).toBe(false)
  clock.advance(1)
  const probe = hang('/nas')
  expect(await call('/nas')).toBeNull()
  expect(await probe).toHaveLength(1)
  expect(await isCalled('/nas')).toBe(false)
  clock.advance(probeEveryMs)
  expect([await isCalled('/nas'), isHanging('/nas')]).toEqual([true, false])
})

test('a call from before a folder responded again does not end the wait for a later one', async () => {
  const { clock, hang, isCalled, isHanging } = setup()
  const [before] = await hang('/nas')
  clock.advance(probeEveryMs)
  expect(await isCalled('/nas')).toBe(true)
  const [later] = await hang('/nas')
  before?.returns.resolve('late')
  await nextTurn()
  expect([await isCalled('/nas'), isHanging('/nas')]).toEqual([false, true])
  later?.returns.resolve('late')
  await expect.poll(() => isHanging('/nas')).toBe(false)
})

test('a folder still hangs if only a later call for it has returned late', async () => {
  const { clock, hang, isCalled, isHanging } = setup()
  const [first] = await hang('/nas')
  clock.advance(probeEveryMs)
  const [later] = await hang('/nas')
  later?.returns.resolve('late')
  await nextTurn()
  expect([await isCalled('/nas'), isHanging('/nas')]).toEqual([false, true])
  first?.returns.resolve('late')
  await expect.poll(() => isHanging('/nas')).toBe(false)
})

test('leaves one of the four threads free when it calls for folders that hang', async () => {
  const { clock, hang, isCalled } = setup()
  const [one] = await hang('/nas', '/share', '/usb')
  clock.advance(probeEveryMs)
  expect([await isCalled('/share'), await isCalled('/disk')]).toEqual([false, true])
  one?.returns.resolve('late')
  await expect.poll(() => isCalled('/nas')).toBe(true)
  expect(await isCalled('/share')).toBe(true)
})

test('a call that has returned late leaves room for one more', async () => {
  const { clock, hang, isCalled } = setup()
  const [one] = await hang('/nas', '/share', '/usb')
  one?.returns.resolve('late')
  await expect.poll(() => isCalled('/nas')).toBe(true)
  await hang('/nas')
  clock.advance(probeEveryMs)
  expect(await isCalled('/share')).toBe(false)
})

test('a call that fails in time shows that its folder responds', async () => {
  const { clock, calls, call, hang, isHanging } = setup()
  await hang('/nas')
  clock.advance(probeEveryMs)
  const failing = call('/nas')
  calls.at(-1)?.returns.reject(new Error('EIO'))
  await expect(failing).rejects.toThrow('EIO')
  expect(isHanging('/nas')).toBe(false)
})

test('a folder does not hang while the file system responds to a call that takes long', async () => {
  const { clock, calls, call, isCalled, isHanging } = setup()
  const found = call('/nas')
  calls[0]?.responded()
  clock.advance(limitMs)
  await expect.poll(() => clock.waits()).toEqual([limitMs])
  expect([await isCalled('/nas'), isHanging('/nas')]).toEqual([true, false])
  clock.advance(limitMs)
  expect([await found, isHanging('/nas')]).toEqual([null, true])
})
