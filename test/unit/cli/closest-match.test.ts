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

test.each(['uplaods', 'pulaod', 'uplaodd', 'xuplaod', 'ulpaod'])(
  'counts swapped neighbours as one of the two errors in %s',
  (typed) => {
    expect(closestMatch(typed, known)).toBe('upload')
  },
)

test.each(['uploxyz', 'pulaods', 'oplaud', 'ulpaodx', 'aplodu'])(
  'does not take other letters for swapped neighbours in %s',
  (typed) => {
    expect(closestMatch(typed, known)).toBeNull()
  },
)

test('prefers the name with the fewest errors', () => {
  expect(closestMatch('fluxx.gguf', ['flex.gguf', 'flux.gguf', 'floxx.gguf'])).toBe('flux.gguf')
})

test('matches a short name only if a letter of it is right', () => {
  expect(closestMatch('ab', ['cd'])).toBeNull()
  expect(closestMatch('ab', ['cd', 'ac'])).toBe('ac')
})

test('compares thousands of long names with a typed one at once', () => {
  const names = Array.from({ length: 5_000 }, (_none, index) => `${'a'.repeat(190)}${index}.safetensors`)
  const typed = `${'a'.repeat(100)}b${'a'.repeat(80)}.safetensors`
  const began = process.cpuUsage()
  expect(closestMatch(typed, names)).toBeNull()
  const { user, system } = process.cpuUsage(began)
  // The whole tables would take more than ten seconds.
  expect(user + system).toBeLessThan(1_000_000)
})
