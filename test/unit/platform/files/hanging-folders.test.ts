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

test('leaves one of the four threads free when it calls for folders that hang', async () => {
  const { clock, hang, isCalled } = setup()
  const [one] = await hang('/nas', '/share', '/usb')
  clock.advance(probeEveryMs)
  expect([await isCalled('/share'), await isCalled('/disk')]).toEqual([false, true])
  one?.returns.resolve('late')
  await expect.poll(() => isCalled('/nas')).toBe(true)
  expect(await isCalled('/share')).toBe(true)
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
