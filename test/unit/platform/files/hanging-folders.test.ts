import { expect, test } from 'vitest'
import { isHanging, withFileTimeout } from '../../../../electron/platform/files/hanging-folders.ts'
import { standingClock } from '../../../support/hand-clock.ts'

/** Calls for files of a folder, which the test ends. */
function setup() {
  const clock = standingClock()
  const calls: { readonly path: string; readonly returns: PromiseWithResolvers<string> }[] = []
  const call = (path: string) =>
    withFileTimeout(
      path,
      () => {
        const returns = Promise.withResolvers<string>()
        calls.push({ path, returns })
        return returns.promise
      },
      clock.timers,
      1_000,
    )
  return { clock, calls, call }
}

test('returns what is returned in time', async () => {
  const { clock, calls, call } = setup()
  const found = call('/in-time/a')
  calls[0]?.returns.resolve('found')
  expect([await found, isHanging('/in-time'), clock.waits()]).toEqual(['found', false, []])
})

test.each([
  ['returns', (call: PromiseWithResolvers<string> | undefined) => call?.resolve('late')],
  ['fails', (call: PromiseWithResolvers<string> | undefined) => call?.reject(new Error('EIO'))],
])('makes no call for files of a folder in which one hangs, until it %s', async (ending, end) => {
  const { clock, calls, call } = setup()
  const [path, other] = [`/nas-${ending}/a`, `/nas-${ending}/b`]
  const late = call(path)
  clock.advance(1_000)
  expect(await late).toBeNull()
  expect([await call(other), isHanging(`/nas-${ending}`)]).toEqual([null, true])
  void call('/other-disk/a')
  expect(calls.map((one) => one.path)).toEqual([path, '/other-disk/a'])
  end(calls[0]?.returns)
  await expect.poll(() => isHanging(`/nas-${ending}`)).toBe(false)
  void call(other)
  expect(calls.at(-1)?.path).toBe(other)
})
