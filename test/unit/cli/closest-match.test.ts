import { expect, test } from 'vitest'
import { closestMatch } from '../../../electron/cli/closest-match.ts'

const known = ['upload', 'resume', 'status', 'login', 'logout', 'teams']

test.each([
  ['uplaod', 'upload'],
  ['upload', 'upload'],
  ['resme', 'resume'],
  ['resumes', 'resume'],
  ['sta', 'status'],
  ['team', 'teams'],
  ['logn', 'login'],
])('matches %s to %s', (typed, meant) => {
  expect(closestMatch(typed, known)).toBe(meant)
})

test.each(['download', 'x', '', 'lo', 'help-me'])('matches %j to nothing', (typed) => {
  expect(closestMatch(typed, known)).toBeNull()
})
