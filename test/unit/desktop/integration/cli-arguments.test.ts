import { expect, test } from 'vitest'
import { commandWords } from '../../../../electron/desktop/integration/cli-arguments.ts'

test('an app that was started for a command knows its words', () => {
  const argv = [
    '/opt/Modelferry/modelferry',
    '--modelferry-command',
    '--disable-gpu',
    '--',
    'upload',
    '--',
    '-odd.gguf',
  ]
  expect(commandWords(argv)).toEqual(['upload', '--', '-odd.gguf'])
  expect(commandWords(['/x', '--modelferry-command', '--'])).toEqual([])
})

test('files, links and words behind the dashes never make it a command', () => {
  expect(commandWords(['/opt/Modelferry/modelferry'])).toBe(null)
  expect(commandWords(['/x', 'model.gguf'])).toBe(null)
  expect(commandWords(['/x', '--', '--modelferry-command'])).toBe(null)
  expect(commandWords(['/x', '--modelferry-command'])).toBe(null)
})
