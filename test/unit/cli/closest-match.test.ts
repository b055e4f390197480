import { expect, test } from 'vitest'
import { closestMatch } from '../../../electron/cli/closest-match.ts'

const known = ['upload', 'resume', 'status', 'login', 'logout', 'teams']

test.each([
  ['uplaod', 'upload'],
  ['upload', 'upload'],
  ['resme', 'resume'],
  ['rsme', 'resume'],
  ['resumes', 'resume'],
  ['resumexx', 'resume'],
  ['sta', 'status'],
  ['st', 'status'],
  ['team', 'teams'],
  ['logn', 'login'],
])('matches %s to %s', (typed, meant) => {
  expect(closestMatch(typed, known)).toBe(meant)
})

test.each(['download', 'x', '', 's', 'lo', 'help-me', 'rsm', 'resumexxx', 'staxxx'])(
  'matches %j to nothing',
  (typed) => {
    expect(closestMatch(typed, known)).toBeNull()
  },
)

test('compares thousands of long names with a typed one at once', () => {
  const names = Array.from({ length: 5_000 }, (_none, index) => `${'a'.repeat(190)}${index}.safetensors`)
  const typed = `${'a'.repeat(100)}b${'a'.repeat(80)}.safetensors`
  const began = process.cpuUsage()
  expect(closestMatch(typed, names)).toBeNull()
  const { user, system } = process.cpuUsage(began)
  // The whole tables would take more than ten seconds.
  expect(user + system).toBeLessThan(1_000_000)
})
