import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { createGroupCommits } from '../../../electron/journal/group-commits.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

function setup(answer: () => Result<void> | Promise<Result<void>> = () => success(undefined)) {
  const clock = standingClock()
  const groups: (readonly string[])[] = []
  const write = createGroupCommits<string>({
    environment: createTestEnvironment(clock),
    async write(changes) {
      groups.push(changes)
      return answer()
    },
  })
  return { clock, groups, write }
}

test('writes changes that follow a flush together', async () => {
  const { clock, groups, write } = setup()
  await write('a')
  const others = Promise.all([write('b'), write('c')])
  expect(groups).toEqual([['a']])
  clock.advance(5)
  expect([await others, groups]).toEqual([
    [success(undefined), success(undefined)],
    [['a'], ['b', 'c']],
  ])
})

test('resolves all changes of a group after it was written or failed', async () => {
  const full = failed(failure('journal-full'))
  const { clock, write } = setup(() => full)
  expect(await write('a')).toEqual(full)
  const resolved: string[] = []
  const others = ['b', 'c'].map((name) => write(name).then((written) => (resolved.push(name), written)))
  await Promise.resolve()
  expect(resolved).toEqual([])
  clock.advance(5)
  expect(await Promise.all(others)).toEqual([full, full])
})

test('an exception rejects all changes of a group but not later ones', async () => {
  let works = false
  const { clock, write } = setup(() => {
    if (works) return success(undefined)
    throw new Error('bug')
  })
  await expect(write('a')).rejects.toThrow('bug')
  works = true
  const next = write('b')
  clock.advance(5)
  expect(await next).toEqual(success(undefined))
})

test('collects changes while a group is being written', async () => {
  const answers = [Promise.withResolvers<Result<void>>(), Promise.withResolvers<Result<void>>()]
  const waiting = [...answers]
  const { clock, groups, write } = setup(() => waiting.shift()?.promise ?? success(undefined))
  const first = write('a')
  const others = [write('b'), write('c')]
  clock.advance(1_000)
  expect(groups).toEqual([['a']])
  answers[0]?.resolve(success(undefined))
  await first
  clock.advance(50)
  expect(groups).toEqual([['a'], ['b', 'c']])
  answers[1]?.resolve(success(undefined))
  expect(await Promise.all(others)).toEqual([success(undefined), success(undefined)])
})
