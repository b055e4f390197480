import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { createGroupCommits } from '../../../electron/journal/group-commits.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

function setup(answer: () => Result<void> = () => success(undefined)) {
  const clock = standingClock()
  const groups: (readonly string[])[] = []
  const put = createGroupCommits<string>({
    environment: testPorts(clock),
    write(changes) {
      groups.push(changes)
      return answer()
    },
  })
  return { clock, groups, put }
}

test('what comes alone is written at once', async () => {
  const { clock, groups, put } = setup()
  expect(await put('a')).toEqual(success(undefined))
  clock.advance(5)
  expect(await put('b')).toEqual(success(undefined))
  expect(groups).toEqual([['a'], ['b']])
})

test('what comes right after a flush waits for its fellows and is written with them', async () => {
  const { clock, groups, put } = setup()
  await put('a')
  const others = Promise.all([put('b'), put('c')])
  expect(groups).toEqual([['a']])
  clock.advance(5)
  expect([await others, groups]).toEqual([
    [success(undefined), success(undefined)],
    [['a'], ['b', 'c']],
  ])
})

test('nobody is told before the group is written, and all are told when it could not be', async () => {
  const full = failed(failure('journal-full'))
  const { clock, put } = setup(() => full)
  expect(await put('a')).toEqual(full)
  const told: string[] = []
  const others = ['b', 'c'].map((name) => put(name).then((written) => (told.push(name), written)))
  await Promise.resolve()
  expect(told).toEqual([])
  clock.advance(5)
  expect(await Promise.all(others)).toEqual([full, full])
})

test('a bug in writing reaches everybody in the group, and later groups are written', async () => {
  let works = false
  const { clock, put } = setup(() => {
    if (works) return success(undefined)
    throw new Error('bug')
  })
  await expect(put('a')).rejects.toThrow('bug')
  works = true
  const next = put('b')
  clock.advance(5)
  expect(await next).toEqual(success(undefined))
})

test('an idle group keeps no timer', async () => {
  const { clock, put } = setup()
  await put('a')
  clock.advance(5)
  expect(clock.waits()).toEqual([])
})
